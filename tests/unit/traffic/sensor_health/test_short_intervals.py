"""Lanes that report more often than a sweep looks are judged like all others."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from traffic.sensor_health.last_heard import ScannedSegment

from ..segment.builders import message, reading, records
from .bounds import latest_detection_ms
from .loops import flowing, from_to, loop
from .street import EMPTY, SILENT_S, Device, Says, Street, Watch
from .test_locked_on import ACCUSED, IN_RED, LONG_S, RED, kinds, stop_line
from .test_suspects import COVERED
from .world import World

START, HOUR = 3_000, 3_600
SHORT = [1, 10, 30]


@functools.cache
def lane(seed: int, interval: int, end_s: int, flow: float = 900.0) -> Says:
    return loop(flowing(50.0, flow), end_s, from_to(1, 0), interval, seed)


def beside(
    says: Says, interval: int, end_s: int, lanes: int = 2, kind: type[Street] = Street
) -> Watch:
    """Lanes that flow; what the first one says differs from START on."""
    own = lane(1, interval, end_s)
    first = Device(
        "lane-1",
        says=lambda at: says(at) if at >= START else own(at),
        interval_s=interval,
    )
    others = [
        Device(f"lane-{n}", says=lane(n, interval, end_s), interval_s=interval)
        for n in range(2, 2 + lanes)
    ]
    return Watch(kind([first, *others]))


@pytest.mark.parametrize("interval", SHORT)
def test_a_blocked_lane_among_flowing_ones_is_told_within_minutes(
    interval: int,
) -> None:
    end = START + 45 * 60
    watch = beside(COVERED, interval, end)
    bound = latest_detection_ms("lane_blocked", interval * 1000, SILENT_S * 1000) / 1000

    watch.run(0, START + 180)
    assert watch.told() == []
    watch.run(START + 240, START + bound)
    assert watch.open() == ["sensor:s/lane-1/lane_blocked"]

    watch.run(START + bound // 60 * 60 + 60, end)
    assert watch.open() == ACCUSED


@pytest.mark.parametrize("interval", SHORT)
def test_a_dead_lane_among_flowing_ones_is_found(interval: int) -> None:
    """15 vehicles a minute pass beside it: 100 in 7 minutes, 20 times 15 in 20."""
    end = START + 30 * 60
    watch = beside(EMPTY, interval, end).run(0, START + 6 * 60)
    assert watch.told() == []

    watch.run(START + 7 * 60, end)

    assert watch.open() == ["sensor:s/lane-1/no_hits"]


@pytest.mark.parametrize("interval", SHORT)
def test_lanes_of_any_flow_are_not_accused(interval: int) -> None:
    end = 12 * HOUR if interval > 1 else 4 * HOUR
    devices = [
        Device(f"{flow}", says=lane(flow, interval, end, flow), interval_s=interval)
        for flow in (20, 150, 900, 1_500)
    ]

    assert Watch(Street(devices)).run(0, end).told() == []


def test_a_bus_each_quarter_of_an_hour_is_enough() -> None:
    end = 12 * HOUR
    bus = {"vehicle_count": 1, "speed": 41.0, "occupancy": 0.3}
    devices = [
        Device("bus", says=lambda at: bus if at % 900 == 10 else EMPTY(at)),
        *(Device(f"lane-{n}", says=lane(n, 10, end)) for n in range(2)),
    ]
    for device in devices:
        device.interval_s = 10

    assert Watch(Street(devices)).run(0, end).told() == []


@pytest.mark.parametrize("red", [range(40), range(35, 60)])
def test_a_lane_with_green_only_between_the_sweeps_is_not_dead(red: range) -> None:
    """Its loop lies behind the stop line, so it is empty in the red."""

    def says(at: float) -> dict[str, Any]:
        return EMPTY(at) if int(at) % 60 in red else stop_line(range(0))(at)

    devices = [
        Device("turn", says=says, interval_s=1),
        Device("through", says=lane(2, 1, 3 * HOUR), interval_s=1),
    ]

    assert Watch(Street(devices)).run(red[0] + 10, 3 * HOUR).told() == []


@pytest.mark.parametrize(
    ("broken_s", "kind"), [(20 * 60, "lane_blocked"), (40 * 60, "locked_on")]
)
def test_a_repaired_loop_that_each_sweep_sees_in_the_red_is_off_the_list_again(
    broken_s: int, kind: str
) -> None:
    end = START + broken_s
    light = stop_line(RED)
    own = Device(
        "lane-1",
        says=lambda at: COVERED(at) if START <= at < end else light(at),
        interval_s=1,
    )
    other = Device("lane-2", says=lane(2, 1, end + 1_200), interval_s=1)
    watch = Watch(Street([own, other])).run(IN_RED, end)
    assert watch.open() == [f"sensor:s/lane-1/{kind}"]

    watch.run(end - end % 60 + 60 + IN_RED, end + 1_200)

    assert watch.open() == []


def test_a_dismissed_lane_is_back_once_it_counts_between_the_sweeps() -> None:
    end = START + 30 * 60

    def says(at: float) -> dict[str, Any]:
        is_green = 30 <= int(at) % 60 < 50 and (at < START or at >= end)
        return stop_line(range(0))(at) if is_green else EMPTY(at)

    own = Device("lane-1", says=says, interval_s=1)
    others = [
        Device(f"lane-{n}", says=lane(n, 1, end + 600), interval_s=1) for n in (2, 3)
    ]
    watch = Watch(Street([own, *others])).run(0, end)
    (fault_id,) = watch.rows
    watch.dismiss(fault_id, end)
    watch.run(end + 60, end + 600)

    assert watch.rows[fault_id].standing is None


@pytest.mark.parametrize("interval", [10, 60])
def test_a_lane_that_few_use_is_off_the_list_after_three_vehicles(
    interval: int,
) -> None:
    """A bus every ten minutes, beside 100 vehicles in that time."""
    end = START + 9 * HOUR
    bus = {"vehicle_count": 1, "speed": 41.0, "occupancy": 0.3}

    def says(at: float) -> dict[str, Any]:
        is_bus = at % 600 == 0 and not START <= at < end
        return bus if is_bus else EMPTY(at)

    others = [
        Device(
            f"lane-{n}", says=lane(n, interval, end + HOUR, 600), interval_s=interval
        )
        for n in (2, 3)
    ]
    own = Device("bus", says=says, interval_s=interval)
    watch = Watch(Street([own, *others])).run(0, end)
    assert watch.open() == ["sensor:s/bus/no_hits"]

    watch.run(end + 60, end + HOUR)

    assert watch.open() == []


class Former(Street):
    """Its state is that of a version which did not store when a lane last counted."""

    def seen(self, at_s: float) -> list[ScannedSegment]:
        seen = super().seen(at_s)
        for one in seen:
            for sensor in one.state.sensors.values():
                sensor.counted_at = 0
        return seen


def test_a_state_of_a_former_version_shows_a_locked_loop_after_four_hours() -> None:
    end = START + LONG_S + 180
    watch = beside(COVERED, 20, end, kind=Former).run(0, START + LONG_S - 60)
    assert kinds(watch) == []

    watch.run(START + LONG_S, end)

    assert watch.open() == ACCUSED


def test_the_processor_keeps_what_a_sweep_needs_to_see_a_blocked_lane() -> None:
    """From readings of a second to the fault, through both functions."""
    world, first = World("s"), 1
    says = {f"lane-{n}": lane(n, 1, 900) for n in (1, 2, 3)}
    for minute in range(13):
        for at in range(60 * minute, 60 * minute + 60):
            is_blocked = at >= 240
            readings = [
                {
                    **_reading(
                        name,
                        at,
                        COVERED(at) if name == "lane-1" and is_blocked else one(at),
                    )
                }
                for name, one in says.items()
            ]
            batch = records(
                message(*readings, received=at + 1), segment="s", first=first
            )
            assert not world.process(batch)["batchItemFailures"]
            first += 1
        world.sweep(60 * minute + 62)
        if minute < 7:
            assert world.open() == []

    assert world.open() == ["sensor:s/lane-1/lane_blocked"]


def _reading(name: str, at: int, values: dict[str, Any]) -> dict[str, Any]:
    return reading(
        name,
        at,
        count=values["vehicle_count"],
        speed=values["speed"],
        occupancy=values["occupancy"],
        interval=1,
    )
