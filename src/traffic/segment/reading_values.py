"""The values of a reading that are summed, according to its sensor's traits."""

from __future__ import annotations

from typing import Any, Optional

from ..model import Road
from ..policy import STANDING_OCCUPANCY
from .measures import pace_of_cover
from .state import SensorState
from .windows import Summand, tenths_of


def reading_values(
    sensor: SensorState, reading: Any, at: int, span_ms: int, road: Road
) -> Summand:
    """Return the summand of a reading of *at* (ms); updates the sensor's traits.

    If a sensor counts vehicles but reports no speed, the pace is estimated from
    occupancy.
    """
    count, speed, occupancy = (
        reading.vehicle_count,
        reading.average_speed,
        reading.occupancy,
    )
    tenths = tenths_of(reading.congestion_score)
    if count and speed == 0 and _is_hardly_covered(occupancy):
        speed = None  # they did pass, so 0 is no measurement
    if count:
        sensor.has_counted, sensor.estimates_speed = (
            True,
            speed is None and occupancy is not None,
        )
    elif speed and not sensor.has_counted:
        count = None  # a probe that sends a count of 0
    sensor.is_plain = (
        sensor.has_counted and not sensor.estimates_speed and not sensor.percent_at
    )
    if occupancy is None:
        return count, speed, None, span_ms, tenths, 0.0
    if occupancy > 1:
        sensor.percent_at, sensor.is_plain = at, False
    if sensor.is_percent(at):
        return count, speed, None, span_ms, tenths, 0.0
    cover = 0.0
    if sensor.estimates_speed and not speed:
        cover = pace_of_cover(occupancy * span_ms, road.effective_length_m)
    return count, speed, occupancy, span_ms, tenths, cover


def _is_hardly_covered(occupancy: Optional[float]) -> bool:
    """Whether a detector is covered, but not as by standing vehicles."""
    return occupancy is not None and occupancy < STANDING_OCCUPANCY
