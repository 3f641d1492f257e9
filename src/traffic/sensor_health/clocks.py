"""Detect sensor clocks that are behind, by the receipt time of readings: pure.

Readings more than a minute ahead of receipt are rejected before (`in_future`).
"""

from __future__ import annotations

from ..segment.state import SensorState
from . import thresholds
from .suspects import Track


def update_lag(track: Track, sensor: SensorState, received_at: int) -> None:
    """Note how old the sensor's new reading was when it came; changes *track*.

    *received_at* (ms) is that of the segment's newest message, at most a sweep later
    than the reading's own. Readings that a device held back arrive less and less late,
    so their lag is not steady.
    """
    lag_ms = received_at - sensor.timestamp
    if lag_ms - sensor.interval_ms < thresholds.CLOCK_LAG_MS:
        track.lags = track.lag_s = track.lag_since = 0
        track.prompt = min(thresholds.CLOCK_RIGHT_SAMPLES, track.prompt + 1)
        return
    track.prompt = 0
    is_steady = abs(lag_ms - track.lag_s * 1000) <= thresholds.CLOCK_DRIFT_MS
    if track.lags and is_steady:
        track.lags += 1
        return
    track.lags, track.lag_s, track.lag_since = 1, lag_ms // 1000, track.sampled_at


def describe_lag(lag_s: int) -> str:
    """Return in words how far a clock is behind, with the time zone that suggests."""
    hours, minutes = divmod(round(lag_s / 60), 60)
    behind = f"{hours} h {minutes:02} min behind"
    zone_s = thresholds.ZONE_MS // 1000
    off_s = abs(lag_s - round(lag_s / zone_s) * zone_s)
    if off_s * 1000 > thresholds.CLOCK_DRIFT_MS:
        return behind
    hours, quarters = divmod(round(lag_s / zone_s), 4)
    zone = f"UTC-{hours:02}:{quarters * 15:02}"
    return f"{behind}: local time of {zone} sent as UTC?"
