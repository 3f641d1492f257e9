"""A closed lane that was dismissed stays so until it counts vehicles again."""

from __future__ import annotations

import pytest

from .street import EMPTY, Says, Watch
from .test_days import BEGIN, BOUND, DAY, FAST, SLOW, but, counting, run
from .test_days import street as days_of
from .test_lanes import START, dead, street
from .test_suspects import COVERED

HOUR = 3_600


def dismissed(watch: Watch, at_s: float) -> Watch:
    """Dismiss all that stands open, half a minute before the next sweep."""
    for fault_id, fault in list(watch.rows.items()):
        if fault.standing == "open":
            watch.dismiss(fault_id, at_s + 30)
    return watch


def closed(says: Says, end_s: float) -> Watch:
    """Three lanes, the first of which is closed for that time, and dismissed."""
    watch = street(dead(says, end_s)).run(0, START + HOUR)
    return dismissed(watch, START + HOUR)


@pytest.mark.parametrize(
    ("says", "kind"), [(EMPTY, "no_hits"), (COVERED, "lane_blocked")]
)
def test_a_closed_lane_is_not_listed_again(says: Says, kind: str) -> None:
    minutes = 60 if kind == "no_hits" else 10
    watch = street(dead(says)).run(0, START + 60 * minutes)
    assert watch.open() == [f"sensor:s/lane-1/{kind}"]

    dismissed(watch, START + 60 * minutes)
    watch.run(START + 60 * minutes + 60, START + 24 * HOUR)

    assert watch.told() == ["opened sensor:s/lane-1"]
    assert watch.figures("SensorsKnown", "SensorsSuspect") == (2, 0)


def test_a_lane_that_is_open_again_is_judged_again() -> None:
    reopened, ends = START + 12 * HOUR, START + 13 * HOUR
    watch = closed(EMPTY, reopened)
    watch.run(START + HOUR + 60, reopened - 60)
    assert watch.figures("SensorsKnown") == (2,)

    watch.run(reopened, ends)
    assert watch.figures("SensorsKnown") == (3,)
    assert [fault.standing for fault in watch.rows.values()] == [None]
    watch.street.devices[0].says = EMPTY
    watch.run(ends + 60, ends + HOUR)

    assert watch.open() == ["sensor:s/lane-1/no_hits"]


def test_a_dismissed_lane_that_falls_silent_is_not_listed() -> None:
    watch = closed(EMPTY, float("inf"))
    watch.street.devices[0].silences = [(START + 2 * HOUR, float("inf"))]

    watch.run(START + HOUR + 60, START + 4 * HOUR)

    assert watch.open() == []
    assert watch.figures("SensorsSilent") == (0,)


def test_a_lane_whose_share_was_dismissed_stays_so_while_it_is_closed() -> None:
    until = BEGIN + BOUND
    lane = counting(SLOW, but(0.2, BEGIN))
    watch = run(days_of([lane, counting(FAST, seed=2)]), 0, until)
    assert watch.open() == ["sensor:s/lane-1/lane_share"]
    watch.street.devices[0].says = lambda at: {**lane(at), "vehicle_count": 0}

    dismissed(watch, until * DAY)
    run(watch, until + 0.01, until + 3)

    assert watch.told() == ["opened sensor:s/lane-1"]
