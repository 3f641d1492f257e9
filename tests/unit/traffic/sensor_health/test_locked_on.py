"""A loop that is locked on is found; one on which a queue stands is not accused."""

from __future__ import annotations

import random
from typing import Any

import pytest

from traffic.sensor_health.thresholds import LOCKED_ON_DOUBTFUL_MS

from .bounds import latest_detection_ms
from .street import EMPTY, SILENT_S, Device, Says, Street, Watch
from .test_lanes import busy, street
from .test_suspects import COVERED, FROZEN, broken

START, HOUR = 3_000, 3_600
LONG_S = LOCKED_ON_DOUBTFUL_MS // 1000
ACCUSED = ["sensor:s/lane-1/locked_on"]


def then(says: Says, end_s: float = float("inf")) -> Says:
    """Busy traffic, but for that span."""
    return lambda at: says(at) if START <= at < end_s else busy(at)


def kinds(watch: Watch) -> list[str]:
    """Kind of each fault that was opened, in their order."""
    return [fault.kind for fault in watch.rows.values()]


@pytest.mark.parametrize("phase", [0, 1, 59])
@pytest.mark.parametrize("interval", [60, 150, 300])
def test_it_is_found_within_its_bound_while_vehicles_pass_beside_it(
    interval: int, phase: int
) -> None:
    watch = street(then(COVERED), interval=interval)
    for device in watch.street.devices:
        device.phase_s = phase
    bound = latest_detection_ms("locked_on", interval * 1000, SILENT_S * 1000) / 1000

    watch.run(0, START + 1_740)
    assert "locked_on" not in kinds(watch)
    watch.run(START + 1_800, START + bound)

    assert watch.open() == ACCUSED
    assert watch.figures("SensorsSuspect") == (1,)


@pytest.mark.parametrize("passes", [1, 2, 4])
def test_it_is_found_as_soon_beside_lanes_that_have_a_red_light(passes: int) -> None:
    """Vehicles pass in so many of five minutes."""

    def light(at: float) -> dict[str, Any]:
        return busy(at) if int(at) // 60 % 5 < passes else EMPTY(at)

    watch = street(then(COVERED), light, light).run(0, START + 40 * 60)

    assert watch.open() == ACCUSED


def test_a_queue_beside_one_that_hardly_moves_is_not_accused_before_twenty_passed() -> (
    None
):
    """One vehicle in five minutes."""

    def creeps(at: float) -> dict[str, Any]:
        speed = 2.0 + at // 300 % 3
        return {"vehicle_count": 1, "speed": speed, "occupancy": 0.9}

    watch = street(then(COVERED), then(creeps), then(creeps), interval=300)
    watch.run(0, START + 90 * 60)
    assert watch.told() == []

    watch.run(START + 90 * 60, START + 110 * 60)

    assert watch.open() == ACCUSED


@pytest.mark.parametrize("covered", [(1, 1, 0), (1, 0, 1), (1, 1, 1), (0, 1, 1)])
def test_a_queue_behind_a_full_closure_accuses_nobody(covered: tuple[int, ...]) -> None:
    """It stands on some loops, and between two vehicles on others."""
    end = START + 12 * HOUR
    lanes = [then(COVERED if one else EMPTY, end) for one in covered]

    assert street(*lanes).run(0, end + HOUR).told() == []


def test_a_lane_that_stood_first_is_not_accused_when_all_stand() -> None:
    """Vehicles passed beside it for 25 minutes, and again when the queue went."""
    end = START + 3 * HOUR

    def beside(at: float) -> dict[str, Any]:
        return EMPTY(at) if START + 1_500 <= at < end - 120 else busy(at)

    watch = street(then(COVERED, end), beside, beside).run(0, end + HOUR)

    assert set(kinds(watch)) == {"lane_blocked"}


@pytest.mark.parametrize("beside", [(EMPTY,), (EMPTY, EMPTY), (FROZEN,)])
def test_where_nothing_passes_it_is_found_after_four_hours(
    beside: tuple[Says, ...],
) -> None:
    watch = street(then(COVERED), *map(then, beside))

    watch.run(0, START + LONG_S - 60)
    assert "locked_on" not in kinds(watch)
    watch.run(START + LONG_S, START + LONG_S + 180)

    assert "sensor:s/lane-1/locked_on" in watch.open()


@pytest.mark.parametrize("interval", [1, 20, 60, 300])
def test_a_sensor_alone_is_found_after_four_hours(interval: int) -> None:
    lone = Device("lane-1", says=broken(COVERED, START), interval_s=interval)
    watch = Watch(Street([lone]))

    watch.run(0, START + LONG_S - 60)
    assert watch.told() == []
    watch.run(START + LONG_S, START + LONG_S + 2 * interval + 180)

    assert watch.open() == ["segment:s/no_figures", *ACCUSED]


def test_it_is_over_after_three_readings_without_cover_even_at_night() -> None:
    end = 9_000
    others = [broken(EMPTY, end)] * 2
    watch = street(lambda at: (COVERED if at < end else EMPTY)(at), *others)
    watch.run(0, end + 60)
    assert watch.open() == ACCUSED

    watch.run(end + 120, end + 120)

    assert watch.open() == []


def stop_line(red: range, seed: int = 1, cycle_s: int = 60) -> Says:
    """A loop with a queue in every red, and vehicles in every green."""

    def says(at: float) -> dict[str, Any]:
        if int(at) % cycle_s in red:
            return COVERED(at)
        luck = random.Random(int(at) * 10 + seed)  # noqa: S311 - made-up traffic guards no secret
        count = int(luck.random() < 0.5)
        speed = round(luck.gauss(30, 5), 1) if count else None
        cover = 0.7 if count else round(luck.random() * 0.4, 2)
        return {"vehicle_count": count, "speed": speed, "occupancy": cover}

    return says


RED = range(35)
IN_RED = 20  # each sweep comes so long after the cycle began


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_stop_lines_in_step_with_the_sweep_are_not_accused(lanes: int) -> None:
    """Of readings of a second, each sweep sees one, always in the red."""
    devices = [
        Device(f"lane-{n}", says=stop_line(RED, n), interval_s=1) for n in range(lanes)
    ]

    watch = Watch(Street(devices)).run(IN_RED, 8 * HOUR)

    assert watch.told() == []


def test_a_turning_lane_in_step_with_the_sweep_is_not_accused_in_a_rush_hour() -> None:
    """Its green comes when the others have red, and no sweep sees it."""
    turning, through = stop_line(range(40), 1), stop_line(range(40, 60), 2)
    devices = [
        Device("turn", says=turning, interval_s=1),
        Device("through", says=through, interval_s=1),
    ]

    watch = Watch(Street(devices)).run(IN_RED, 3 * HOUR)

    assert watch.told() == []
