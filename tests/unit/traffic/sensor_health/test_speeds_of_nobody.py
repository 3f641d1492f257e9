"""A speed that a sensor reports without ever counting a vehicle is found."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as with_fields

from traffic.sensor_health.last_heard import ScannedSegment
from traffic.sensor_health.thresholds import GHOST_MS

from .bounds import latest_detection_ms
from .street import Device, Street, Watch
from .test_suspects import broken, watched


def ghosts(seconds: float) -> dict[str, Any]:
    """A speed, another each time, and never a vehicle."""
    return {"vehicle_count": 0, "speed": 30.0 + seconds % 7, "occupancy": 0.0}


@pytest.mark.parametrize("interval", [20, 60, 300])
def test_a_speed_of_nobody_is_impossible_after_half_an_hour_of_counting(
    interval: int,
) -> None:
    watch = watched(broken(ghosts, 3_000), interval_s=interval)
    step = max(interval, 60)
    counted = math.ceil(GHOST_MS / 1000 / step) * step
    bound = latest_detection_ms("impossible", interval * 1000, 0) / 1000

    watch.run(0, 3_000 + counted - step)
    assert watch.told() == []
    watch.run(3_000 + counted, 3_000 + counted + bound)

    assert watch.open() == ["sensor:s/a/impossible"]


@pytest.mark.parametrize("interval", [1, 20])
def test_a_sensor_alone_is_known_to_have_counted_nobody_between_two_sweeps(
    interval: int,
) -> None:
    watch = Watch(Street([Device("a", says=ghosts, interval_s=interval)]))

    watch.run(0, 1_740)
    assert watch.told() == []
    watch.run(1_800, 1_800 + 5 * 60)

    assert watch.open() == ["segment:s/no_figures", "sensor:s/a/impossible"]


class LeftOut(Street):
    """All its sensors are left out, so their vehicles are not the segment's."""

    def seen(self, at_s: float) -> list[ScannedSegment]:
        seen = super().seen(at_s)
        for one in seen:
            one.state.moved_at = 0
            one.state.windows.clear()
            for sensor in one.state.sensors.values():
                sensor.counted_at = 0  # as an earlier version stored it
        names = frozenset(device.name for device in self.devices)
        return [
            replace(one, stored=with_fields(one.stored, suspects=names)) for one in seen
        ]


@pytest.mark.parametrize(("kind", "lanes"), [(Street, 1), (Street, 2), (LeftOut, 1)])
def test_a_speed_held_between_sweeps_that_see_no_vehicle_is_no_fault(
    kind: type[Street], lanes: int
) -> None:
    """In 19 of 20 seconds none passes, and of each minute one second is seen."""

    def says(at: float) -> dict[str, Any]:
        luck = random.Random(int(at))  # noqa: S311 - made-up traffic guards no secret
        return {
            "vehicle_count": int(luck.random() < 0.05),
            "speed": 40.0 + int(at) // 20 % 11,
            "occupancy": None,
        }

    devices = [Device(name, says=says, interval_s=1) for name in "ab"[:lanes]]

    assert Watch(kind(devices)).run(0, 12 * 3_600).told() == []


def test_a_speed_held_between_two_vehicles_is_no_fault() -> None:
    def holds(at: float) -> dict[str, Any]:
        is_seen = int(at) // 60 % 20 == 0
        return {"vehicle_count": int(is_seen), "speed": 40 + at % 3, "occupancy": 0.01}

    assert watched(holds).run(0, 6 * 3_600).told() == []
