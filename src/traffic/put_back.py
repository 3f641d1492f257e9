"""Readings that redrive puts back, into the minutes that miss them."""

from __future__ import annotations

from typing import Any

from .enrich import score_of
from .folded import Work
from .policy import MINUTE_MS
from .state import is_in_gap
from .windows import Window


def aside(work: Work, minute: int, sensor_id: str, at: int) -> Window:
    """Return where a reading that was put back is summed: in its row, and at once.

    An open minute is marked as one that has a row already, to be merged with.
    """
    windows = work.state.windows
    if minute >= max(windows, default=minute) - 1:
        windows.setdefault(minute, Window()).late = 1
    return work.restored.give(minute, sensor_id, at)


def is_missing(work: Work, reading: Any, at: int) -> bool:
    """Whether a reading put back is in a gap, or in a minute without ordinary ones."""
    work.settle()
    minute, folded, is_gap = at // MINUTE_MS, work.folded, is_in_gap(work.state, at)
    is_open = work.state.windows.get(minute)
    if not is_gap and (
        minute in folded.late
        or (is_open is not None and is_open.readings)
        or any(one == minute for one, _ in folded.closed)
    ):
        return False
    return work.restored.takes(minute, reading.sensor_id, at, is_gap)


def restore(work: Work, reading: Any, at: int) -> None:
    """Put a reading back into its minute; the present has gone on without it."""
    count, score = reading.vehicle_count, reading.congestion_score
    speed, occupancy = reading.average_speed, reading.occupancy
    if score is None:
        score = score_of(count, speed, occupancy, work.road.free_flow_speed)
    interval = reading.interval
    span_ms = work.default_interval_ms if interval is None else int(interval * 1000)
    window = aside(work, at // MINUTE_MS, reading.sensor_id, at)
    window.add_all([(count, speed, occupancy, span_ms, int(score * 10 + 0.5))])
    work.folded.accepted += 1
