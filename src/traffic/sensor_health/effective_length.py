"""The effective length of vehicles, by a detector's count, speed and occupancy: pure.

PeMS calls it the g-factor: vehicle and detection zone together. One that is longer or
shorter than any traffic's shows a count, or an occupancy, that is wrong.
"""

from __future__ import annotations

from typing import Optional

import msgspec

from ..model import Road
from ..segment.state import SensorState
from . import thresholds
from .readings import free_flow_ratio, lanes_counted


class Length(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What is known of a sensor's effective length, window after window.

    Of the window that is being filled: *since* when (ms); of the readings in free flow,
    their ms (*watched*), *vehicles*, the ms for which these *covered* the detector, and
    those for which each metre of them should have (*pace*). Of full ones: the last
    one's *decimetres*, how many in a row were *odd*, since when, or *sound*.
    """

    since: int
    watched: int = 0
    vehicles: int = 0
    covered: int = 0
    pace: int = 0
    decimetres: int = 0
    odd: int = 0
    odd_since: int = 0
    sound: int = 0


def with_reading(
    before: Optional[Length], sensor: SensorState, road: Road, now_ms: int
) -> Optional[Length]:
    """Return what is known after the reading in *sensor*, seen at *now_ms*."""
    window = (
        _add_reading(before, sensor, now_ms) if _is_usable(sensor, road) else before
    )
    if window is None or window.vehicles < thresholds.LENGTH_VEHICLES:
        return window
    is_full = now_ms - window.since >= thresholds.LENGTH_MS
    return _close_window(window, road, now_ms) if is_full else window


def _is_usable(sensor: SensorState, road: Road) -> bool:
    """Whether it reports all three of vehicles so free that none stands on the loop."""
    is_whole = sensor.vehicle_count and sensor.speed and sensor.occupancy is not None
    is_free = free_flow_ratio(sensor, road) >= thresholds.LENGTH_SPEED_RATIO
    return (
        bool(is_whole and is_free)
        and sensor.interval_ms >= thresholds.LENGTH_INTERVAL_MS
    )


def _add_reading(before: Optional[Length], sensor: SensorState, now_ms: int) -> Length:
    known = Length(now_ms) if before is None else before
    count, speed, occupancy = sensor.vehicle_count, sensor.speed, sensor.occupancy
    return msgspec.structs.replace(
        known,
        watched=known.watched + sensor.interval_ms,
        vehicles=known.vehicles + (count or 0),
        covered=known.covered + round((occupancy or 0.0) * sensor.interval_ms),
        pace=known.pace + round((count or 0) * 3_600 / (speed or 1.0)),
    )


def _close_window(window: Length, road: Road, now_ms: int) -> Length:
    """Judge a full window, and begin the next."""
    expected = window.pace * road.effective_length_m
    covered_ms = max(window.covered, expected)
    if covered_ms < thresholds.LENGTH_OCCUPANCY * window.watched:
        return _next_window(
            window, now_ms
        )  # of a road nearly empty, whole percent say nothing
    length_m = window.covered / window.pace
    is_odd = _is_odd(length_m, road)
    since = window.odd_since if window.odd else window.since
    return msgspec.structs.replace(
        _next_window(window, now_ms),
        decimetres=round(length_m * 10),
        odd=window.odd + 1 if is_odd else 0,
        odd_since=since if is_odd else 0,
        sound=0 if is_odd else 1,
    )


def _next_window(window: Length, now_ms: int) -> Length:
    """Return an empty window; what the full ones have shown stays."""
    return msgspec.structs.replace(
        window, since=now_ms, watched=0, vehicles=0, covered=0, pace=0
    )


def _is_odd(length_m: float, road: Road) -> bool:
    """Whether no traffic is so long or so short."""
    usual_m = road.effective_length_m
    least_m = thresholds.LENGTH_SHORT * usual_m / lanes_counted(road)
    return not least_m <= length_m <= thresholds.LENGTH_LONG * usual_m
