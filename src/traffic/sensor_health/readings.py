"""What one reading says about its sensor, whatever came before it: pure."""

from __future__ import annotations

from typing import Optional

from ..model import Road
from ..policy import SLOWEST_PACE_KMH, STANDING_OCCUPANCY
from ..segment.state import SensorState
from . import thresholds


def is_probe(sensor: SensorState) -> bool:
    """Whether it reports the speed of vehicles that it never counts."""
    return sensor.vehicle_count is None or (
        not sensor.has_counted
        and not sensor.vehicle_count
        and sensor.speed is not None
        and sensor.speed >= SLOWEST_PACE_KMH
    )


def is_empty(sensor: SensorState) -> bool:
    """Whether it says nothing but that the road is empty."""
    return not sensor.vehicle_count and not sensor.occupancy and not sensor.speed


def is_covered(sensor: SensorState) -> bool:
    """Whether the detector was covered all the time, and counted no vehicle."""
    occupancy = sensor.occupancy
    return (
        not sensor.vehicle_count
        and occupancy is not None
        and occupancy >= thresholds.LOCKED_OCCUPANCY
    )


def is_impossible(sensor: SensorState, road: Road) -> bool:
    """Whether no traffic whatever could make a detector say this."""
    count, speed, occupancy = sensor.vehicle_count, sensor.speed, sensor.occupancy
    if not count:
        return count is not None and _is_uncounted(sensor)
    if speed is None or occupancy is None:
        return False
    if not occupancy:
        unseen = thresholds.expected_occupancy(count, speed, sensor.interval_ms)
        return unseen >= thresholds.UNSEEN_OCCUPANCY
    is_fast = free_flow_ratio(sensor, road) >= thresholds.COVERED_SPEED_RATIO
    return occupancy >= thresholds.COVERED_OCCUPANCY and is_fast


def _is_uncounted(sensor: SensorState) -> bool:
    return (
        sensor.occupancy is not None
        and sensor.interval_ms >= thresholds.UNCOUNTED_INTERVAL_MS
        and thresholds.UNCOUNTED_OCCUPANCY <= sensor.occupancy < STANDING_OCCUPANCY
    )


def is_over_flow(sensor: SensorState, road: Road) -> bool:
    """Whether more vehicles were counted than fit on the lane.

    One vehicle is granted: it may have stood on the edge of the interval.
    """
    is_long = sensor.interval_ms >= thresholds.LONG_INTERVAL_MS
    most = thresholds.LANE_FLOW_LONG if is_long else thresholds.LANE_FLOW
    return _flow(sensor) >= most * lanes_counted(road)


def lanes_counted(road: Road) -> int:
    """Return how many lanes a sensor may count: where there is one, a carriageway's."""
    return 1 if road.known and road.lanes > 1 else thresholds.CARRIAGEWAY_LANES


def free_flow_ratio(sensor: SensorState, road: Road) -> float:
    """Return its speed as a share of free flow, 0 where either is unknown."""
    return _ratio(sensor.speed or 0.0, road.free_flow_speed, 0.0)


def is_over_lane(sensor: SensorState) -> bool:
    """Whether it counts more than one lane carries for long."""
    return _flow(sensor) >= thresholds.LANE_FLOW_LONG


def _flow(sensor: SensorState) -> float:
    return ((sensor.vehicle_count or 0) - 1) * 3_600_000 / max(sensor.interval_ms, 1)


def is_speed_loose(sensor: SensorState, road: Road) -> bool:
    """Whether the mean speed of so many vehicles can't well stay the same for long.

    It can in a jam that creeps, in whole km/h over many minutes, and where the few who
    travel at free flow are all reported as the highest speed that the detector knows.
    """
    speed, interval_ms = sensor.speed, sensor.interval_ms
    if speed is None or speed < thresholds.STUCK_SPEED_KMH:
        return False
    if interval_ms >= thresholds.LONG_INTERVAL_MS and speed == round(speed):
        return False
    is_free = free_flow_ratio(sensor, road) >= 1
    return not is_free or _flow(sensor) >= thresholds.BUSY_FLOW


def is_small_score(sensor: SensorState, road: Road) -> bool:
    """Whether its own score says 0-1, and its speed that the road is congested."""
    if not sensor.vehicle_count or sensor.speed is None or sensor.score is None:
        return False
    ratio = _ratio(sensor.speed, road.free_flow_speed, 1.0)
    return (
        0 < sensor.score <= thresholds.UNIT_SCORE
        and ratio < thresholds.UNIT_SPEED_RATIO
    )


def _ratio(speed: float, free_flow: Optional[float], unknown: float) -> float:
    return speed / free_flow if free_flow else unknown
