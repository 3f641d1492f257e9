"""What a sweep saw of a faulty sensor, in words: pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from ..segment.state import SensorState
from . import thresholds
from .clocks import describe_lag
from .suspects import Track

PERCENT = "occupancy in percent?"


def detail_of(kind: str, track: Track, sensor: SensorState) -> Optional[str]:
    """Return what goes with the kind of a fault; None where the kind says it all."""
    return _DETAILS[kind](track, sensor) if kind in _DETAILS else None


def _clock(track: Track, _: SensorState) -> str:
    return describe_lag(track.lag_s)


def _unit(_: Track, sensor: SensorState) -> str:
    if sensor.reports_percent:
        return PERCENT
    if sensor.score is None:
        return "congestion score sent as 0-1?"
    at = "" if sensor.speed is None else f" at {sensor.speed:.0f} km/h"
    return f"congestion score {sensor.score / 10:g}{at}: sent as 0-1?"


def _passed(track: Track, _: SensorState) -> str:
    return f"{track.missed:,} vehicles passed on the median other lane"


def _speed(track: Track, _: SensorState) -> Optional[str]:
    if track.counted_speed is None:
        return None
    return f"{track.counted_speed / 10:g} km/h each time"


def _flow(track: Track, sensor: SensorState) -> Optional[str]:
    if sensor.vehicle_count is None:
        return None
    flow = sensor.vehicle_count * 3_600_000 / max(sensor.interval_ms, 1)
    total = ", never fewer than before: a running total?" if track.rises > 1 else ""
    return f"{flow:,.0f} vehicles an hour{total}"


def _length(track: Track, _: SensorState) -> Optional[str]:
    if track.length is None:
        return None
    return f"vehicles of {track.length.decimetres / 10:g} m, detector included"


def _share(track: Track, _: SensorState) -> Optional[str]:
    if track.day is None:
        return None
    last, least, most = track.day.last, track.day.least, track.day.most
    return f"{last:,} vehicles a day, {least:,} to {most:,} before"


_DETAILS: dict[str, Callable[[Track, SensorState], Optional[str]]] = {
    thresholds.CLOCK: _clock,
    thresholds.UNIT: _unit,
    thresholds.NO_HITS: _passed,
    thresholds.LANE_BLOCKED: _passed,
    thresholds.STUCK_SPEED: _speed,
    thresholds.IMPOSSIBLE_FLOW: _flow,
    thresholds.EFFECTIVE_LENGTH: _length,
    thresholds.LANE_SHARE: _share,
}
