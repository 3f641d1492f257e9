"""What the detectors of the simulated road report, and how they fail."""

from __future__ import annotations

import pytest

from trafficctl.evaluate.simulated_road import DAY_MS, MONDAY_MS, TRAP_M
from trafficctl.evaluate.simulated_sensors import (
    DEAD,
    LOST,
    OUT_OF_ORDER,
    WITHOUT_SPEED,
    MeasuredLane,
    messages,
)

MINUTE_MS = 60_000

# A vehicle each 10 s at 60 km/h.
STEADY = [(10.0 * n, 3.6 * TRAP_M / 60) for n in range(1, 8_640)]


def test_a_vehicle_occupies_the_loop_until_it_has_left_even_over_minutes() -> None:
    lane = MeasuredLane(1.0)
    lane.add(130.0, 7.0, 15.0)  # 105 s over the loop
    lane.add(131.0, 7.0, 15.0)  # it cannot come before the first has left

    minutes = [lane.reading("lane-1", n, 0, speed=True) for n in range(4)]
    assert [one.occupancy for one in minutes] == [0.583, 1.0, 0.183, 0.0]
    assert [one.vehicle_count for one in minutes] == [0, 0, 2, 0]
    assert [one.average_speed for one in minutes] == [None, None, 0.2, None]


def test_sensors_report_the_same_again_and_err_a_little() -> None:
    sent = list(messages(3, 0, STEADY))

    assert sent == list(messages(3, 0, STEADY))
    assert sent != list(messages(3, 1, STEADY))
    assert sent != list(messages(3, 0, STEADY, seed=1))
    readings = [one for _, some in sent for one in some]
    assert len(readings) / (3 * 1_440) == pytest.approx(1 - LOST, abs=0.01)
    speeds = [one.average_speed for one in readings if one.average_speed is not None]
    assert sum(speeds) / len(speeds) == pytest.approx(60, abs=4)
    assert max(speeds) - min(speeds) > 10
    assert sum(one.vehicle_count or 0 for one in readings) < len(STEADY)


def test_a_message_ends_with_its_minute_of_the_day() -> None:
    times = [at_ms for at_ms, _ in messages(3, 2, STEADY)]

    assert times[0] == MONDAY_MS + 2 * DAY_MS + MINUTE_MS
    assert times[-1] == MONDAY_MS + 3 * DAY_MS


def test_a_dead_sensor_sends_zeros_and_a_section_out_of_order_nothing() -> None:
    section, lane = DEAD
    dead = [
        (one.vehicle_count, one.average_speed, one.occupancy)
        for _, some in messages(section, 0, STEADY)
        for one in some
        if one.sensor_id == f"lane-{lane}"
    ]

    assert set(dead) == {(0, None, 0.0)}
    assert list(messages(OUT_OF_ORDER, 0, STEADY)) == []


def test_single_loops_measure_no_speed() -> None:
    readings = [one for _, some in messages(WITHOUT_SPEED, 0, STEADY) for one in some]

    assert {one.average_speed for one in readings} == {None}
    assert any(one.occupancy for one in readings)
