"""Whatever the traffic, the calm fold and the fold have the same result."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.model import Road

from .builders import ROAD, message, reading
from .test_calm_fold import HOUR, NO_FREE_FLOW, SENSORS, STEP, by_calm_fold, folded
from .test_laws import by_law

_SPELLS: dict[str, dict[str, Any]] = {
    "free": {},
    "near the threshold": {"speed": 50.0, "congestion_score": 49.94},
    "jam": {"speed": 9.0, "congestion_score": 80},
    "queue": {"count": 0, "speed": None, "occupancy": 0.9},
    "empty": {"count": 0, "speed": None},
}
_ODD: list[dict[str, Any]] = [
    *({"count": count} for count in (0, 1, 41, 42, 5_000)),
    *({"speed": speed} for speed in (None, 0, 12.4, 49.99, 50.06, 66.66, 250)),
    *({"occupancy": share} for share in (None, 0, 0.12345, 0.3, 2)),
    *({"congestion_score": score} for score in (None, 0, 12.25, 49.95, 50, 80)),
    {"interval": 20},
    {"interval": None},
    {"count": None, "speed": 80},
    {"count": None, "speed": None},
]
_LAGS = (-25 * HOUR, -61, -20, -10, -0.5, 0.5, 10, 61)
_PAUSES = (-10, 0, 0.5, 20, 60, 100, 200, HOUR, 100 * HOUR)


def street(chance: Random) -> list[bytes]:
    """Messages of a street: jams come and go, sensors lag, pause, change and lie."""
    at, made = chance.choice([0.0, HOUR - 100.0, HOUR - 10.0]), list[bytes]()
    names = SENSORS[: chance.randint(1, 3)]
    some = chance.sample(list(_SPELLS), chance.randint(1, 3))
    devices = chance.choice([["u"], ["u"], ["u", "v"]])
    rarely = chance.choice([0, 0, 0.02, 0.1])
    for _ in range(chance.randint(2, 8)):
        usual = {"interval": chance.choice([STEP, STEP, STEP, 20, 60]), "count": 12}
        usual.update(chance.choice([{}, {"occupancy": 0.1}, {"congestion_score": 20}]))
        usual.update(_SPELLS[chance.choice(["free", *some])])
        for _ in range(chance.randint(1, 12)):
            readings = []
            for name in chance.sample(names, chance.choice([1, *[len(names)] * 3])):
                odd = chance.choice(_ODD) if chance.random() < rarely else {}
                lag = chance.choice(_LAGS) if chance.random() < rarely else 0
                one = reading(name, at + lag, **{**usual, **odd})
                readings.append({k: v for k, v in one.items() if v is not None})
            made.append(message(*readings, device_id=chance.choice(devices)))
            if chance.random() < rarely:
                made.append(chance.choice(made[-3:]))  # the device repeats itself
            at += chance.choice(_PAUSES) if chance.random() < rarely else STEP
    return made


@settings(by_law, max_examples=400)
@given(st.randoms(use_true_random=True), st.sampled_from([ROAD, ROAD, NO_FREE_FLOW]))
def test_both_folds_agree_wherever_both_can_be_used(chance: Random, road: Road) -> None:
    """Whatever the traffic, however it is cut into batches, and if some come again."""
    stream, at, packed = street(chance), 0, None
    while at < len(stream):
        start = max(0, at - chance.choice([0, 0, 0, 2]))
        at += chance.choice([1, 2, 4, 8])
        part, first = stream[start:at], 1 + start
        by_calm_fold(packed, *part, first=first, road=road)
        packed = folded(*part, packed=packed, first=first, road=road)
