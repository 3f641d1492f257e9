"""Traffic vehicle by vehicle: what a loop sees agrees with the state of the road."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest

from traffic.policy import EFFECTIVE_LENGTH_M
from trafficctl.metr_la import flow_per_lane, occupancy_of
from trafficctl.simulate.vehicles import (
    CAR_M,
    LOOP_M,
    STANDING_KMH,
    TRUCK_M,
    TRUCK_SHARE,
    LoopDetector,
    Traffic,
    TrafficAt,
)

HOUR_S = 3600
FREE_FLOW_KMH = 100.0
SPEEDS = [4.0, 12.0, 25.0, 50.0, 95.0]
INTERVALS_S = [1, 2, 5, 10, 30, 60]


class Told(NamedTuple):
    """One reading of a lane."""

    count: int
    speed: float | None
    occupancy: float


def steady(speed: float) -> TrafficAt:
    traffic = Traffic(speed, flow_per_lane(speed, FREE_FLOW_KMH))
    return lambda _second: traffic


def lane(state: TrafficAt, seed: int = 1) -> LoopDetector:
    return LoopDetector(state, Random(seed))  # noqa: S311 - a model, no secret


def told(made: LoopDetector, interval_s: int, until_s: int = HOUR_S) -> list[Told]:
    ends = range(interval_s, until_s + 1, interval_s)
    return [Told(*made.read(end)) for end in ends]


def space_mean(readings: list[Told]) -> float:
    moving = [one for one in readings if one.speed]
    return sum(one.count for one in moving) / sum(
        one.count / one.speed for one in moving if one.speed
    )


@pytest.mark.parametrize("speed", SPEEDS)
def test_many_lanes_show_the_flow_speed_and_occupancy_of_the_road(speed: float) -> None:
    seen = [Told(*lane(steady(speed), seed).read(HOUR_S)) for seed in range(40)]
    flow = flow_per_lane(speed, FREE_FLOW_KMH)

    assert sum(one.count for one in seen) / 40 == pytest.approx(flow, rel=0.03)
    assert space_mean(seen) == pytest.approx(speed, rel=0.03)
    assert sum(one.occupancy for one in seen) / 40 == pytest.approx(
        occupancy_of(flow, speed), rel=0.03
    )


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("interval_s", INTERVALS_S)
def test_readings_of_any_interval_show_the_same_vehicles(
    speed: float, interval_s: int
) -> None:
    whole = Told(*lane(steady(speed)).read(HOUR_S))
    parts = told(lane(steady(speed)), interval_s)

    assert sum(one.count for one in parts) == whole.count
    assert space_mean(parts) == pytest.approx(whole.speed)
    mean = sum(one.occupancy for one in parts) / len(parts)
    assert mean == pytest.approx(whole.occupancy)


def test_an_empty_second_has_no_vehicle_no_speed_and_no_occupancy() -> None:
    seconds = told(lane(steady(95.0)), 1)
    empty = [one for one in seconds if not one.occupancy]

    assert len(empty) > len(seconds) / 2
    assert {one for one in empty if not one.count} == {Told(0, None, 0.0)}
    assert all((one.speed is None) == (one.count == 0) for one in seconds)


def test_a_jam_has_empty_seconds_too() -> None:
    seconds = told(lane(steady(12.0)), 1)

    assert Told(0, None, 0.0) in seconds
    assert any(one.count == 0 and one.occupancy == 1 for one in seconds)


def test_a_slow_vehicle_covers_the_loop_over_several_seconds() -> None:
    seconds = told(lane(steady(4.0)), 1)
    before = [
        first.occupancy
        for first, second in pairwise(seconds)
        if second.count and second.speed and second.speed < 10
    ]

    assert before
    assert min(before) > 0  # it had come a second earlier at least


def test_a_standing_vehicle_covers_the_loop_for_as_long_as_it_stands() -> None:
    flowing = steady(50.0)

    def halted(second: float) -> Traffic:
        return Traffic(0.0, 0.0) if 600 <= second < 1200 else flowing(second)

    seconds = told(lane(halted), 1)

    assert set(seconds[660:1200]) == {Told(0, None, 1.0)}
    slowest = min(one.speed for one in seconds if one.speed)
    assert slowest < STANDING_KMH  # the one that stood says so when it leaves
    assert sum(one.count for one in seconds[1210:1810]) > 200


def test_a_road_that_stands_from_the_beginning_is_covered() -> None:
    assert set(told(lane(lambda _s: Traffic(0.0, 0.0)), 1)[60:]) == {Told(0, None, 1.0)}


def test_an_empty_road_is_not_covered() -> None:
    seen = Told(*lane(lambda _s: Traffic(100.0, 0.0)).read(HOUR_S))

    assert seen.count <= 5
    assert seen.occupancy < 0.01


def test_the_same_seed_makes_the_same_vehicles_and_another_makes_others() -> None:
    first, again, other = (lane(steady(50.0), seed) for seed in (1, 1, 2))

    assert told(first, 10) == (seen := told(again, 10))
    assert told(other, 10) != seen


def test_a_lane_looks_at_no_traffic_after_what_it_reads() -> None:
    asked: list[float] = []

    def state(second: float) -> Traffic:
        asked.append(second)
        return steady(25.0)(second)

    made = lane(state)
    for end in range(1, 600):
        made.read(end)
        assert max(asked) <= end


def test_vehicles_are_as_long_as_the_processor_takes_them_to_be() -> None:
    car, truck = sum(CAR_M) / 2, sum(TRUCK_M) / 2
    mean = LOOP_M + car * (1 - TRUCK_SHARE) + truck * TRUCK_SHARE

    assert mean == pytest.approx(EFFECTIVE_LENGTH_M, rel=0.01)
