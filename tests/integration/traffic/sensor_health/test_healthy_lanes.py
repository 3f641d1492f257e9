"""Of 195 healthy detectors none is accused in three days."""

from __future__ import annotations

import random

import pytest

from tests.unit.traffic.segment.builders import ms
from tests.unit.traffic.sensor_health.lanes import readings
from traffic.model import Road, StoredSegment
from traffic.segment.state import WorkingState
from traffic.sensor_health.judge import judge
from traffic.sensor_health.last_heard import ScannedSegment
from traffic.sensor_health.memory import Memory, pack

HOURS = 72


# All 65 segments at 60 s take minutes: run once by hand, they accused nobody either.
@pytest.mark.parametrize(("step_s", "segments"), [(60, 4), (300, 65)])
def test_no_healthy_lane_is_accused(step_s: int, segments: int) -> None:
    luck = random.Random(step_s)  # noqa: S311 - made-up traffic guards no secret
    accused = []
    for number in range(segments):
        free = luck.choice([50.0, 80.0, 100.0])
        road = Road(lanes=3, free_flow_speed=free, known=True)
        busy, stored = luck.uniform(0.6, 1.2), StoredSegment(f"s{number}", road=road)
        memory, end_s = Memory(), HOURS * 3_600
        for at, slots in enumerate(readings(luck, road, busy, step_s, end_s)):
            now_ms = ms(at * step_s)
            seen = ScannedSegment(
                stored, WorkingState(now_ms, sensors=slots), now_ms, now_ms
            )
            made = judge([seen], [], memory, now_ms, 300_000)
            memory = made.memory
            accused += [(fault.fault_id, fault.detail) for fault in made.opened]

        assert len(pack(memory)) < 200 * len(slots)

    assert accused == []
