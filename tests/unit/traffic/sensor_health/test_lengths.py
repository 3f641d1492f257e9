"""A loop whose count does not fit its occupancy is found, and no healthy one is."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from traffic.model import Road
from traffic.sensor_health.effective_length import Length, with_reading

from ..segment.builders import ms
from .bounds import latest_detection_ms
from .lanes import readings
from .loops import flowing, from_to, loop
from .street import EMPTY, ROAD, SILENT_S, Device, Says, Street, Watch, newest, same

START = 5_000
HOUR = 3_600
FEW, MANY = 0.2, 3.0  # vehicles counted for each that passes


def street(says: Says, interval: int = 60, end_s: int = 8 * HOUR) -> Watch:
    beside = loop(flowing(), end_s, step_s=interval, seed=2)
    lanes = {"lane-1": says, "lane-2": beside}
    return Watch(
        Street([Device(n, says=one, interval_s=interval) for n, one in lanes.items()])
    )


def miscounting(ratio: float, end_s: float = math.inf, interval: int = 60) -> Says:
    return loop(flowing(), 8 * HOUR, from_to(ratio, START, end_s), interval)


@pytest.mark.parametrize("ratio", [FEW, MANY])
@pytest.mark.parametrize("interval", [20, 60, 150, 300])
def test_a_loop_that_counts_one_in_five_or_each_thrice_is_found_within_its_bound(
    ratio: float, interval: int
) -> None:
    watch = street(miscounting(ratio, interval=interval), interval)
    bound = latest_detection_ms("effective_length", interval * 1000, SILENT_S * 1000)

    watch.run(0, START + HOUR)
    assert watch.told() == []
    watch.run(START + HOUR + 60, START + bound / 1000)

    assert watch.open() == ["sensor:s/lane-1/effective_length"]
    assert watch.figures("SensorsSuspect") == (1,)


@pytest.mark.parametrize(("ratio", "low", "high"), [(FEW, 28, 38), (MANY, 1.9, 2.5)])
def test_the_fault_says_how_long_the_vehicles_would_be(
    ratio: float, low: float, high: float
) -> None:
    watch = street(miscounting(ratio)).run(0, START + 4 * HOUR)

    (fault,) = watch.rows.values()
    length, _, rest = str(fault.detail).removeprefix("vehicles of ").partition(" m")
    assert low < float(length) < high
    assert rest == ", detector included"
    assert ms(START - HOUR) <= fault.since <= ms(START + HOUR)


def test_a_loop_that_counts_every_vehicle_is_never_accused() -> None:
    assert (
        street(loop(flowing(), 24 * HOUR), end_s=24 * HOUR).run(0, 24 * HOUR).told()
        == []
    )


@pytest.mark.parametrize("ratio", [FEW, MANY])
def test_it_is_over_two_windows_after_its_repair_and_no_sooner(ratio: float) -> None:
    end = START + 4 * HOUR
    watch = street(miscounting(ratio, end)).run(0, end + 600)
    assert watch.open() == ["sensor:s/lane-1/effective_length"]

    watch.run(end + 660, end + 2 * HOUR + 120)

    assert watch.told() == ["opened sensor:s/lane-1", "closed sensor:s/lane-1"]


def test_a_night_is_no_proof_of_repair() -> None:
    end = START + 4 * HOUR
    says = miscounting(FEW)

    watch = street(lambda at: says(at) if at < end else EMPTY(at), end_s=9 * HOUR)
    watch.run(0, end + 3 * HOUR)

    assert watch.open() == ["sensor:s/lane-1/effective_length"]


def test_it_survives_a_lost_memory_until_it_is_disproved() -> None:
    end = START + 4 * HOUR
    watch = street(miscounting(MANY, end)).run(0, end)

    watch.forget()
    watch.run(end + 60, end + HOUR - 60)
    assert watch.open() == ["sensor:s/lane-1/effective_length"]
    watch.run(end + HOUR, end + HOUR + 180)

    assert watch.open() == []


def test_what_a_stuck_sensor_repeats_is_not_held_against_it_later() -> None:
    """4 vehicles at 58 km/h and 30 % are 72 m long; then the card is restarted."""
    frozen = same(vehicle_count=4, speed=58.0, occupancy=0.3)
    well = loop(flowing(), 8 * HOUR)

    watch = street(lambda at: frozen(at) if at < 5 * HOUR else well(at))
    watch.run(0, 8 * HOUR)

    assert {fault.kind for fault in watch.rows.values()} == {"stuck"}


def length_of(
    occupancy: float,
    speed: float = 60.0,
    count: int = 10,
    road: Road = ROAD,
    interval_s: int = 60,
    hours: float = 2.05,
) -> Length | None:
    """What is known after so long of one reading."""
    known = None
    slot = newest(0, count, speed, occupancy, interval_s * 1000)
    for number in range(int(hours * HOUR / interval_s)):
        known = with_reading(known, slot, road, number * interval_s * 1000)
    return known


LONG = Road(lanes=3, free_flow_speed=60.0, known=True, effective_length_m=12.0)
STATION = Road(lanes=1, free_flow_speed=60.0, known=True)


@pytest.mark.parametrize(
    ("occupancy", "road", "odd"),
    [
        (0.180, ROAD, 0),  # 18 m: lorries, bumper to bumper
        (0.181, ROAD, 2),
        (0.027, ROAD, 0),  # 2.7 m
        (0.026, ROAD, 2),
        (0.181, LONG, 0),  # a road that buses alone use
        (0.325, LONG, 2),
        (0.005, STATION, 0),  # it may count six lanes
        (0.004, STATION, 2),
    ],
)
def test_the_bounds_are_0_4_and_2_7_lengths_of_the_road(
    occupancy: float, road: Road, odd: int
) -> None:
    known = length_of(occupancy, road=road)

    assert known is not None
    assert (known.odd, known.sound) == (odd, int(not odd))
    assert known.decimetres == round(occupancy * 1_000)


@pytest.mark.parametrize(
    "told",
    [
        {"speed": 47.9},  # under 80 % of free flow vehicles may stand on the loop
        {"road": Road(lanes=3, known=True)},  # free flow is not known
        {"interval_s": 9},
        {"count": 0},
    ],
)
def test_what_says_nothing_about_lengths_is_left_aside(told: dict[str, Any]) -> None:
    assert length_of(0.4, **told) is None


def test_a_window_takes_an_hour_and_60_vehicles() -> None:
    def is_full(interval_s: int, readings: int) -> bool:
        hours = readings * interval_s / HOUR
        known = length_of(0.4, count=1, interval_s=interval_s, hours=hours)
        return known is not None and known.decimetres > 0

    assert [is_full(60, n) for n in (60, 61)] == [False, True]
    assert [is_full(120, n) for n in (59, 60)] == [False, True]


def test_a_road_that_is_nearly_empty_says_nothing() -> None:
    """One vehicle in five minutes, told as no cover at all."""
    known = length_of(0.0, count=1, interval_s=60, hours=10)

    assert known is not None
    assert (known.odd, known.sound, known.decimetres) == (0, 0, 0)


@pytest.mark.parametrize("told", [math.floor, math.ceil])
@pytest.mark.parametrize("step_s", [60, 300])
def test_occupancy_in_whole_percent_accuses_nobody(told: Any, step_s: int) -> None:
    luck = random.Random(step_s)  # noqa: S311 - made-up traffic guards no secret
    road = Road(lanes=3, free_flow_speed=100.0, known=True)
    known: dict[str, Length | None] = {}
    odd = 0
    for at, slots in enumerate(readings(luck, road, 0.6, step_s, 48 * HOUR)):
        for name, slot in slots.items():
            count, speed, share = slot.vehicle_count, slot.speed, slot.occupancy or 0.0
            coarse = newest(0, count, speed, told(share * 100) / 100, step_s * 1000)
            known[name] = with_reading(
                known.get(name), coarse, road, at * step_s * 1000
            )
            odd += (known[name] or Length(0)).odd

    assert odd == 0
    assert all(one is not None and one.sound for one in known.values())
