"""A sensor that says nothing to believe is found in time, and no other one is."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from traffic.sensor_health.thresholds import SUSPECT_KINDS

from .bounds import latest_detection_ms
from .street import EMPTY, SILENT_S, Device, Says, Street, Watch, same, traffic

FROZEN = same(vehicle_count=4, speed=47.3, occupancy=0.081)
COVERED = same(occupancy=1.0)


def flicker(seconds: float) -> dict[str, Any]:
    """Occupancy from nothing to all and back."""
    is_on = int(seconds) // 60 % 2
    return {"vehicle_count": 3, "speed": 40.0, "occupancy": 0.98 if is_on else 0.02}


def contrary(seconds: float) -> dict[str, Any]:
    """Covered all the time, at the speed of free flow."""
    n = int(seconds) // 60
    return {"vehicle_count": 9 + n % 3, "speed": 55.0 + n % 4, "occupancy": 0.97}


def flood(seconds: float) -> dict[str, Any]:
    """More vehicles than fit, by another number each time, in any interval."""
    n = int(seconds) // 60
    return {"vehicle_count": 900 + n % 7, "speed": 40.0 + n % 5, "occupancy": 0.3}


def one_speed(seconds: float) -> dict[str, Any]:
    """Counts and occupancy as ever, and one speed."""
    return {**traffic(seconds), "speed": 47.3}


def small_score(seconds: float) -> dict[str, Any]:
    """A congestion score of 0-1, in a jam."""
    n = int(seconds) // 20
    return {**traffic(seconds), "speed": 11.0 + n % 11, "score": 7}


BROKEN: dict[str, Says] = {
    "stuck": FROZEN,
    "stuck_speed": one_speed,
    "impossible": contrary,
    "impossible_flow": flood,
    "chatter": flicker,
    "unit": small_score,
}
# In files of their own.
ELSEWHERE = {
    *("no_hits", "lane_blocked", "locked_on"),
    *("clock", "effective_length", "lane_share"),
}


def broken(says: Says, start_s: float, end_s: float = math.inf) -> Says:
    """Ordinary traffic, but for that span."""
    return lambda at: says(at) if start_s <= at < end_s else traffic(at)


def watched(says: Says, beside: Says = traffic, **more: Any) -> Watch:
    return Watch(Street([Device("a", says=says, **more), Device("b", says=beside)]))


def test_each_kind_is_tried() -> None:
    assert set(BROKEN) | ELSEWHERE == set(SUSPECT_KINDS)


# Occupancy that leaps in less than a minute may be a red light.
CASES = [
    (kind, interval)
    for kind in BROKEN
    for interval in (20, 60, 150, 300)
    if kind != "chatter" or interval in (60, 300)
]


@pytest.mark.parametrize("phase", [0, 1, 59])
@pytest.mark.parametrize(("kind", "interval"), CASES)
def test_a_fault_is_found_within_its_bound(
    kind: str, interval: int, phase: int
) -> None:
    start = 3_000 + phase
    says = broken(BROKEN[kind], start)
    watch = watched(says, interval_s=interval, phase_s=phase)
    bound = latest_detection_ms(kind, interval * 1000, SILENT_S * 1000) / 1000

    watch.run(0, start)
    assert watch.told() == []
    watch.run(start // 60 * 60 + 60, start + bound)

    assert watch.open() == [f"sensor:s/a/{kind}"]
    assert watch.figures("SensorsSuspect", "SensorsSilent") == (1, 0)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_repaired_sensor_leaves_the_list_and_stays_off_it(kind: str) -> None:
    says = broken(BROKEN[kind], 3_000, 12_000)
    watch = watched(says).run(0, 12_000)
    assert watch.open() == [f"sensor:s/a/{kind}"]

    watch.run(12_060, 12_000 + 3_600)

    assert watch.open() == []
    assert watch.told() == ["opened sensor:s/a", "closed sensor:s/a"]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_few_good_readings_do_not_end_a_fault(kind: str) -> None:
    says = broken(BROKEN[kind], 3_000, 12_000)
    watch = watched(says).run(0, 12_000)

    watch.run(12_060, 12_060)

    assert watch.open() == [f"sensor:s/a/{kind}"]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_night_is_no_proof_of_repair(kind: str) -> None:
    says = broken(BROKEN[kind], 3_000, 12_000)
    night = broken(EMPTY, 12_000)
    watch = watched(lambda at: says(at) if at < 12_000 else EMPTY(at), night)
    watch.run(0, 20_000)

    assert watch.open() == [f"sensor:s/a/{kind}"]


def test_an_empty_road_at_night_is_no_fault() -> None:
    for says in (EMPTY, same(), same(speed=0.0), same(speed=0.0, occupancy=0.0)):
        assert watched(says, EMPTY).run(0, 12 * 3_600).told() == []


def test_a_sensor_has_one_such_fault_at_a_time() -> None:
    """A loop that is locked on also says the same all the time."""
    watch = watched(broken(COVERED, 3_000), EMPTY).run(0, 9 * 3_600)

    assert watch.told() == ["opened sensor:s/a"]


def test_a_sensor_that_falls_silent_is_not_stuck_for_that() -> None:
    device = Device("a", silences=[(600, 9_000)], says=FROZEN)
    watch = Watch(Street([device, Device("b")])).run(0, 9_000)

    assert watch.open() == ["sensor:s/a/silent"]


def test_a_leap_to_and_fro_is_chatter() -> None:
    assert watched(flicker).run(0, 1_200).open() == ["sensor:s/a/chatter"]


@pytest.mark.parametrize("interval", [1, 20, 60])
@pytest.mark.parametrize("filler", [0.0, None])
def test_cars_one_by_one_on_a_motorway_are_no_chatter(
    interval: int, filler: float | None
) -> None:
    """Some detectors send 0 km/h where no vehicle passed, others no speed."""

    def says(at: float) -> dict[str, Any]:
        luck = random.Random(int(at))  # noqa: S311 - made-up traffic guards no secret
        if luck.random() < 0.7:
            return {"vehicle_count": 0, "speed": filler, "occupancy": 0.0}
        speed = round(luck.gauss(125, 9), 1)
        return {"vehicle_count": 1, "speed": speed, "occupancy": None}

    watch = watched(says, interval_s=interval)

    assert watch.run(0, 8 * 3_600).told() == []


def test_a_fault_survives_a_lost_memory_until_it_is_disproved() -> None:
    watch = watched(broken(contrary, 600, 9_000)).run(0, 3_600)

    watch.forget()
    watch.run(3_660, 9_000)
    assert watch.told() == ["opened sensor:s/a"]
    watch.run(9_060, 12_000)

    assert watch.told() == ["opened sensor:s/a", "closed sensor:s/a"]


def test_since_is_when_it_began() -> None:
    watch = watched(broken(FROZEN, 3_000)).run(0, 9_000)

    (fault,) = watch.rows.values()
    assert (fault.since - fault.detected_at) // 1000 == -19 * 60


@pytest.mark.parametrize("seed", range(12))
def test_a_day_of_real_traffic_raises_nothing(seed: int) -> None:
    """Arrivals by chance, a quiet night, a rush hour, a jam, a red light."""
    luck = random.Random(seed)  # noqa: S311 - made-up traffic guards no secret
    interval = luck.choice([1, 20, 60, 300])

    def says(at: float) -> dict[str, Any]:
        hour = at / 3_600 % 24
        mean = (0.05 if hour < 5 else 15 if 7 < hour < 9 else 5) * interval / 60
        count = min(_arrivals(luck, mean), 1 + interval * 4_500 // 3_600)
        speed = max(2.0, luck.gauss(12 if 8 < hour < 8.5 else 48, 6))
        exact = count * 6.7 * 3.6 / speed / interval
        occupancy = min(0.97, round(exact, 3)) if interval > 1 else None
        return {
            "vehicle_count": count,
            "speed": round(speed) if count else None,
            "occupancy": occupancy,
        }

    lanes = [Device(name, interval_s=interval, says=says) for name in "ab"]
    watch = Watch(Street(lanes)).run(0, 86_400)

    assert watch.told() == []


def _arrivals(luck: random.Random, mean: float) -> int:
    """A number of Poisson's."""
    limit, product, count = math.exp(-mean), luck.random(), 0
    while product > limit:
        product *= luck.random()
        count += 1
    return count
