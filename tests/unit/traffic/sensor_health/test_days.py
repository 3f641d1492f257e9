"""A lane that counts fewer or more vehicles than on all days, alone, is found."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from traffic.sensor_health.daily_counts import Day, judge_day

from .bounds import latest_detection_ms
from .lanes import demand
from .street import SILENT_S, Device, Says, Street, Watch

STEP_S = 900
HOUR, DAY = 3_600, 86_400
Factor = Callable[[float], float]  # of what a lane counts on an ordinary day


class Use:
    """A lane's vehicles an hour at most, by day, at night and on a Sunday."""

    def __init__(self, most: float, night: float = 1.0, weekend: float = 0.5) -> None:
        self.most, self.night, self.weekend = most, night, weekend

    def flow(self, at: float) -> float:
        hour, day = at / HOUR % 24, int(at // DAY) % 7
        wake = min(1.0, demand(hour) / 0.3)
        share = wake + self.night * (1 - wake)
        return self.most * demand(hour) * share * (self.weekend if day > 4 else 1.0)


SLOW, FAST = Use(700, night=2.0), Use(900, night=0.2)
TURN = Use(250, weekend=0.1)  # into a school
BUSES = Use(40, weekend=0.7)


def always(_: float) -> float:
    return 1.0


def but(factor: float, first: float, end: float = math.inf) -> Factor:
    """Another use of a lane, or a sensor that miscounts, from day to day."""
    return lambda at: factor if first * DAY <= at < end * DAY else 1.0


def counting(use: Use, factor: Factor = always, days: int = 24, seed: int = 1) -> Says:
    """A sensor that counts and nothing else."""
    luck = random.Random(seed)  # noqa: S311 - made-up traffic guards no secret
    said = []
    for at in range(0, days * DAY, STEP_S):
        mean = use.flow(at) * factor(at) * STEP_S / HOUR
        count = max(0, round(luck.gauss(mean, math.sqrt(mean))))
        said.append({"vehicle_count": count, "speed": None, "occupancy": None})
    return lambda at: said[int(at) // STEP_S]


def street(lanes: Iterable[Says]) -> Watch:
    devices = [
        Device(f"lane-{n}", says=says, interval_s=STEP_S)
        for n, says in enumerate(lanes, 1)
    ]
    return Watch(Street(devices))


def run(watch: Watch, first: float, end: float) -> Watch:
    """Sweep through days; the readings come between the sweeps."""
    return watch.run(first * DAY + 60, end * DAY - 60, STEP_S)


BEGIN = 8.4  # the day in which the sensor begins to miscount
BOUND = latest_detection_ms("lane_share", STEP_S * 1000, SILENT_S * 1000) / 1000 / DAY


@pytest.mark.parametrize("factor", [0.2, 2.5])
@pytest.mark.parametrize("others", [(FAST,), (FAST, TURN), (SLOW, FAST, BUSES)])
def test_a_lane_that_miscounts_is_found_within_three_days_and_nobody_else_is(
    factor: float, others: tuple[Use, ...]
) -> None:
    beside = [counting(use, seed=n) for n, use in enumerate(others, 2)]
    watch = street([counting(SLOW, but(factor, BEGIN)), *beside])

    run(watch, 0, BEGIN)
    assert watch.told() == []
    run(watch, BEGIN, BEGIN + BOUND)

    assert watch.open() == ["sensor:s/lane-1/lane_share"]
    (fault,) = watch.rows.values()
    assert str(fault.detail).endswith(" before")
    assert watch.figures("SensorsSuspect") == (1,)


def test_a_lane_that_miscounts_is_found_though_it_also_sends_percent() -> None:
    miscounts = counting(SLOW, but(0.2, BEGIN))
    watch = street(
        [lambda at: {**miscounts(at), "percent": True}, counting(FAST, seed=2)]
    )

    run(watch, 0, BEGIN + BOUND)

    assert watch.open() == ["sensor:s/lane-1/lane_share"]


def test_it_is_over_within_two_days_of_its_repair() -> None:
    watch = street([counting(SLOW, but(0.2, BEGIN, 14)), counting(FAST, seed=2)])
    run(watch, 0, 14)
    assert watch.open() == ["sensor:s/lane-1/lane_share"]

    run(watch, 14, 16.1)

    assert watch.told() == ["opened sensor:s/lane-1", "closed sensor:s/lane-1"]


def test_its_neighbours_are_not_accused_while_it_lasts_nor_after_it() -> None:
    lanes = [counting(FAST, but(0.2, BEGIN, 16)), counting(SLOW, seed=2)]

    watch = run(street([*lanes, counting(TURN, seed=3)]), 0, 24)

    assert {fault.subject for fault in watch.rows.values()} == {"s/lane-1"}


@pytest.mark.parametrize("seed", range(4))
def test_lanes_of_any_use_are_not_accused_in_three_weeks(seed: int) -> None:
    """Trucks, a fast lane that is empty at night, buses, a lane to a school."""
    uses = (SLOW, FAST, TURN, BUSES)
    lanes = [counting(use, seed=10 * seed + n) for n, use in enumerate(uses)]

    assert run(street(lanes), seed * 0.3, 22).told() == []


@pytest.mark.parametrize("factor", [0.02, 0.3, 3.0])
def test_a_road_that_is_closed_or_busier_for_days_accuses_no_lane(
    factor: float,
) -> None:
    lanes = [
        counting(use, but(factor, 9.2, 13.7), seed=n)
        for n, use in enumerate((SLOW, FAST, TURN))
    ]

    assert run(street(lanes), 0, 22).told() == []


@pytest.mark.parametrize(("begin", "end"), [(9.9, 10.25), (9.0, 10.0)])
def test_a_lane_that_is_closed_for_a_night_or_a_day_is_not_accused(
    begin: float, end: float
) -> None:
    closed = but(0.1, begin, end)
    lanes = [counting(SLOW, closed), counting(FAST, seed=2), counting(TURN, seed=3)]

    assert run(street(lanes), 0, 14).told() == []


def test_a_lane_beside_one_that_has_fallen_silent_is_held_against_nobody() -> None:
    """The road is closed, and nobody else is left to say so."""
    road = [counting(SLOW, but(0.1, 9.1)), counting(FAST, but(0.1, 9.1), seed=2)]
    watch = street(road)
    watch.street.devices[1].silences.append((8.9 * DAY, math.inf))

    run(watch, 0, 13)

    assert watch.open() == ["sensor:s/lane-2/silent"]


def test_a_sensor_alone_is_held_against_nobody() -> None:
    watch = run(street([counting(SLOW, but(0.2, BEGIN))]), 0, 14)

    assert watch.told() == []
    assert watch.memory.tracks["s"]["lane-1"].day is None


def test_nobody_is_judged_in_the_first_week() -> None:
    watch = street([counting(SLOW, but(0.2, 3)), counting(FAST, seed=2)])

    assert run(watch, 0, 14).told() == []


def test_a_lane_that_was_closed_is_not_held_against_its_sensor_when_it_opens() -> None:
    closed = counting(SLOW, but(0.0, BEGIN, 12))

    watch = run(street([closed, counting(FAST, seed=2)]), 0, 18)

    assert {fault.kind for fault in watch.rows.values()} == {"no_hits"}
    assert watch.open() == []


def test_a_lane_of_another_use_is_learned_anew_once_it_was_dismissed() -> None:
    watch = street([counting(SLOW, but(0.2, BEGIN)), counting(FAST, seed=2)])
    run(watch, 0, 12)
    (fault,) = watch.rows.values()

    watch.dismiss(fault.fault_id, 12 * DAY)
    run(watch, 12, 24)

    assert watch.open() == []


def last(vehicles: int, **more: Any) -> Day:
    """A lane of 1,000 to 2,000 vehicles a day, and its last day."""
    return Day(last=vehicles, **{"days": 7, "least": 1_000, "most": 2_000, **more})


@pytest.mark.parametrize(
    ("day", "odd"),
    [
        (last(500), 0),
        (last(499), 1),
        (last(4_000), 0),
        (last(4_001), 1),
        (last(0, least=199, most=300), 0),  # too few to tell from chance
        (last(0, least=200, most=300), 1),
        (last(199, least=1, most=2), 0),
        (last(200, least=1, most=2), 1),
        (last(0, days=6), 0),
    ],
)
def test_a_day_is_odd_below_half_of_the_least_or_above_twice_the_most(
    day: Day, odd: int
) -> None:
    assert judge_day(day, True, 0).odd == odd
    assert judge_day(day, False, 0).odd == 0


@pytest.mark.parametrize(
    ("vehicles", "expected"),
    [(799, False), (800, True), (2_500, True), (2_501, False)],
)
def test_other_lanes_are_as_usual_within_a_quarter(
    vehicles: int, expected: bool
) -> None:
    day = last(vehicles)

    assert day.is_usual(36 * HOUR * 1000) is expected
    assert not day.is_usual(36 * HOUR * 1000 + 1)


def test_the_least_and_the_most_of_seven_days_are_known_on_the_eighth() -> None:
    day = told(Day(), 900, 1_000, 1_100, 1_200, 1_000, 400, 300)
    assert not day.is_known

    day = told(day, 1_000)

    assert (day.is_known, day.least, day.most) == (True, 300, 1_200)


def test_a_day_is_learned_only_when_the_next_one_is_not_odd() -> None:
    """A fault that begins in the evening halves a day before it shows."""
    day = told(last(1_500, pending=1_500), 600, 300)
    assert (day.odd, day.least) == (1, 1_000)

    day = told(last(1_500, pending=1_500), 600, 1_500)
    assert (day.odd, day.least) == (0, 600)


def test_a_road_of_another_use_is_learned_anew_after_a_week() -> None:
    day = last(1_500, pending=1_500)
    for _ in range(6):
        day = judge_day(msgspec.structs.replace(day, last=300), False, 0)
    assert (day.least, day.most, day.days) == (1_000, 2_000, 7)

    day = told(judge_day(msgspec.structs.replace(day, last=300), False, 0), *[310] * 7)

    assert (day.least, day.most, day.days) == (300, 310, 7)


def test_nothing_is_learned_while_a_fault_lasts() -> None:
    faulty = last(400, odd=2, odd_since=1)

    assert judge_day(faulty, False, 0) == faulty
    assert judge_day(faulty, True, 0).least == 1_000
    assert judge_day(last(900, odd=2, odd_since=1), True, 0).sound == 1


def told(day: Day, *counts: int) -> Day:
    """What is known after more days, on each of which the other lanes were as ever."""
    for count in counts:
        day = judge_day(msgspec.structs.replace(day, last=count), True, 0)
    return day
