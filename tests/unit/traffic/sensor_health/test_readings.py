"""What one reading says about its sensor, and what it leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from traffic.model import Road
from traffic.segment.state import SensorState
from traffic.sensor_health.readings import is_impossible, is_over_flow

from .street import ROAD, newest, same, traffic
from .test_suspects import small_score, watched


def test_occupancy_in_percent_is_told_by_the_next_sweep() -> None:
    def percent(at: float) -> dict[str, Any]:
        return {**traffic(at), "occupancy": None, "percent": at >= 600}

    watch = watched(percent).run(0, 660)

    assert watch.open() == ["sensor:s/a/unit"]
    (fault,) = watch.rows.values()
    assert fault.detail == "occupancy in percent?"


def test_a_score_of_its_own_that_fits_its_speed_is_no_fault() -> None:
    def fits(at: float) -> dict[str, Any]:
        jam = 3_000 < at < 9_000
        said = {**small_score(at), "score": 700} if jam else traffic(at)
        return {"score": 0, **said}

    assert watched(fits).run(0, 12_000).told() == []


def test_a_probe_is_no_detector() -> None:
    """It tells speeds without ever counting, at night the same one for hours."""
    for count in (None, 0):
        probe = same(vehicle_count=count, speed=48.0, counts=False)

        assert watched(probe).run(0, 12 * 3_600).told() == []


def test_a_running_total_of_a_carriageway_is_found() -> None:
    """It stays below what six lanes carry, and never falls."""
    road = Road(known=True)

    def total(at: float) -> dict[str, Any]:
        return {**traffic(at), "vehicle_count": min(455, int(at) // 60)}

    watch = watched(total)
    watch.street.road = road
    watch.run(0, 2 * 3_600)

    assert watch.open() == ["sensor:s/a/impossible_flow"]
    (fault,) = watch.rows.values()
    assert str(fault.detail).endswith("never fewer than before: a running total?")


def test_a_cap_of_speeds_at_free_flow_and_a_creeping_jam_are_no_fault() -> None:
    for speed, occupancy in ((62.0, 0.01), (5.0, 0.3)):
        capped = {"speed": speed, "occupancy": occupancy}

        assert (
            watched(lambda at, c=capped: {**traffic(at), **c}).run(0, 9_000).told()
            == []
        )


def slot(
    count: int = 0,
    speed: float | None = None,
    occupancy: float | None = None,
    interval: float = 60,
) -> SensorState:
    return newest(0, count, speed, occupancy, int(interval * 1000))


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (slot(), False),
        (slot(0, 0.0), False),
        (slot(0, 45.0), False),  # many hold the last speed, for a while
        (slot(0, None, 0.2), False),  # a vehicle may stand across the interval's end
        (slot(0, None, 0.2, 300), True),  # but not a minute of five, uncounted
        (slot(0, None, 0.5, 300), False),  # that is a queue
        (slot(1, 100.0, 0.0), False),  # too little to be seen
        (slot(20, 40.0, 0.0), True),  # these would have covered it for 12 s
        (slot(20, 40.0, 0.2), False),
        (slot(20, 58.0, 1.0), True),  # covered all the time at free flow
        (slot(20, 8.0, 1.0), False),  # a queue that crawls
        (slot(20, 40.0, None), False),
    ],
)
def test_what_no_traffic_could_say_is_impossible(
    reading: SensorState, expected: bool
) -> None:
    assert is_impossible(reading, ROAD) is expected


@pytest.mark.parametrize(
    ("count", "interval", "lanes", "expected"),
    [
        (39, 30, 3, True),  # IRIS: from 38 in 30 s, and one on the edge
        (38, 30, 3, False),
        (2, 1, 3, False),
        (3, 1, 3, True),
        (100, 30, 1, False),  # a station that counts the whole carriageway
        (400, 30, 1, True),
    ],
)
def test_what_no_lane_could_carry_is_chatter(
    count: int, interval: float, lanes: int, expected: bool
) -> None:
    road = Road(lanes=lanes, known=True)

    assert is_over_flow(slot(count, 40.0, 0.1, interval), road) is expected
