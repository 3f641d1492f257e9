"""What a sweep saw of a faulty sensor, in words: pure."""

from __future__ import annotations

from typing import Optional

from ..state import Slot
from . import limits
from .clocks import words_of
from .samples import Track

PERCENT = "occupancy in percent?"


def detail_of(kind: str, track: Track, slot: Slot) -> Optional[str]:
    """Return what goes with the kind of a fault; None where the kind says it all."""
    if kind == limits.CLOCK:
        return words_of(track.lag_s)
    if kind == limits.UNIT:
        return _unit(slot)
    if kind in (limits.NO_HITS, limits.LANE_BLOCKED):
        return f"{track.missed:,} vehicles passed on the median other lane"
    if kind == limits.STUCK_SPEED:
        return f"{(track.counted_speed or 0) / 10:g} km/h each time"
    if kind == limits.IMPOSSIBLE_FLOW:
        return _flow(track, slot)
    return None


def _unit(slot: Slot) -> str:
    if slot.percent:
        return PERCENT
    score = (slot.score or 0) / 10
    return f"congestion score {score:g} at {slot.speed or 0:.0f} km/h: told as 0-1?"


def _flow(track: Track, slot: Slot) -> str:
    flow = (slot.vehicle_count or 0) * 3_600_000 / max(slot.interval_ms, 1)
    total = ", never fewer than before: a running total?" if track.rises > 1 else ""
    return f"{flow:,.0f} vehicles an hour{total}"
