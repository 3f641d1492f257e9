"""How soon each fault is found, by the thresholds in force."""

from __future__ import annotations

from typing import NamedTuple

from traffic.sensor_health.thresholds import (
    ABSENT_KINDS,
    BLOCKED_MS,
    BLOCKED_SAMPLES,
    CHATTER,
    CLOCK,
    CLOCK_MS,
    CLOCK_SAMPLES,
    DAY_S,
    EFFECTIVE_LENGTH,
    IMPOSSIBLE,
    IMPOSSIBLE_FLOW,
    LANE_BLOCKED,
    LANE_SHARE,
    LENGTH_MS,
    LENGTH_WINDOWS,
    LOCKED_ON,
    LOCKED_ON_MS,
    LOCKED_ON_SAMPLES,
    NO_HITS,
    ODD_RAISED,
    ODD_STEP,
    SHARE_DAYS,
    STUCK,
    STUCK_MS,
    STUCK_SAMPLES,
    STUCK_SPEED,
    STUCK_SPEED_SAMPLES,
    SWEEP_MS,
    UNIT,
    patience_ms,
)


class DetectionTime(NamedTuple):
    """How long, and by how many samples, a fault has to hold before it is raised."""

    ms: int
    samples: int


_ODD = DetectionTime(0, -(-ODD_RAISED // ODD_STEP))
DETECTION_TIMES = {
    STUCK: DetectionTime(STUCK_MS, STUCK_SAMPLES + 1),
    STUCK_SPEED: DetectionTime(0, STUCK_SPEED_SAMPLES),
    LOCKED_ON: DetectionTime(LOCKED_ON_MS, LOCKED_ON_SAMPLES),
    LANE_BLOCKED: DetectionTime(BLOCKED_MS, BLOCKED_SAMPLES + 1),
    IMPOSSIBLE: _ODD,
    IMPOSSIBLE_FLOW: _ODD,
    CHATTER: _ODD,
    NO_HITS: DetectionTime(0, 1),
    UNIT: _ODD,
    CLOCK: DetectionTime(CLOCK_MS, CLOCK_SAMPLES + 1),
}
# By windows of so long: the one in which a fault begins may still be sound.
WINDOWS = {
    EFFECTIVE_LENGTH: DetectionTime(LENGTH_MS, LENGTH_WINDOWS + 1),
    LANE_SHARE: DetectionTime(DAY_S * 1000, SHARE_DAYS + 1),
}


def latest_detection_ms(kind: str, interval_ms: int, silent_ms: int) -> int:
    """Return the longest time from a fault's beginning to the sweep that finds it.

    For a sensor that reports each *interval_ms*, always in the same way. A sample takes
    the longer of its interval and the sweep's; a reading waits for a sweep. A fault
    that is found by other lanes also takes the time until enough vehicles passed there;
    one that is found by windows takes until each of them is full.
    """
    if kind in ABSENT_KINDS:
        return patience_ms(interval_ms, silent_ms) + 2 * SWEEP_MS
    step_ms = max(interval_ms, SWEEP_MS)
    if kind in WINDOWS:
        window_ms, windows = WINDOWS[kind]
        full_ms = -(-window_ms // step_ms) * step_ms
        return windows * full_ms + interval_ms + 2 * SWEEP_MS
    span = DETECTION_TIMES[kind]  # a speed without a vehicle takes GHOST_MS before that
    found_ms = max(span.ms, span.samples * step_ms)
    if kind == STUCK:  # also by its speed, which is the same as well
        found_ms = min(found_ms, STUCK_SPEED_SAMPLES * step_ms)
    return found_ms + interval_ms + 2 * SWEEP_MS
