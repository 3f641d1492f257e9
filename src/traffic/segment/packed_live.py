"""Live traffic of a segment, from its packed state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from .decay import is_passing, is_passing_sensor
from .live import CurrentTraffic
from .packed_state import FRESH, PackedState, values_of


def reporting_in(packed: PackedState) -> int:
    """Return the number of sensors whose newest reading is current."""
    number, flags = len(packed.names), packed.flags
    if isinstance(flags, int):
        return number * (flags & FRESH)
    return sum([flag & FRESH for flag in flags])


def traffic_of(packed: PackedState, suspects: frozenset[str]) -> CurrentTraffic:
    """Return the live traffic, without that of *suspects*."""
    number, flags, scores = len(packed.names), packed.flags, packed.scores
    if suspects or not isinstance(flags, int):
        rows = zip(packed.names, values_of(flags, number), values_of(scores, number))
        of_fresh = [
            score for name, flag, score in rows if flag & FRESH and name not in suspects
        ]
    else:
        of_fresh = values_of(scores, number) if flags & FRESH else []
    own = [score for score in of_fresh if score is not None]
    passing = is_passing(packed.clock - packed.moved_at, packed.decay_s) or any(
        is_passing_sensor(*row) for row in _fresh_readings(packed, suspects)
    )
    return CurrentTraffic(packed.live, passing, len(of_fresh), own)


def _fresh_readings(
    packed: PackedState, suspects: frozenset[str]
) -> Iterator[tuple[int, Optional[int], int]]:
    """Yield age (ms), vehicles as `SensorState` has them, and interval (ms)."""
    columns = packed.flags, packed.ages, packed.counts, packed.speeds, packed.intervals
    rows = zip(packed.names, *(values_of(one, len(packed.names)) for one in columns))
    for name, flags, age_ms, count, speed, interval_ms in rows:
        if flags & FRESH and name not in suspects:
            yield age_ms, speed if count is None else count, interval_ms
