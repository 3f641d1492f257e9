"""The limits within which a reading takes the fast path of the fold."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Optional

from ..model import Road
from ..policy import GAP_INTERVALS, PLATOON_VEHICLES
from .state import stale_after_ms
from .validation import MS_PER_VEHICLE, SLOW_KMH


class FastPath(NamedTuple):
    """Limits of readings that follow one of an *interval* in free traffic.

    They have the same *interval* (s, or *span_ms*), and report a score only if
    *is_scored*. Their sensor's newest reading is at most *stale_after_ms* old; its
    latest step is a gap if longer than *gap_after_ms*. They count at most *max_count*
    vehicles, at *min_speed* km/h or more, and their score is below *score_limit*.
    """

    interval: Optional[float]
    span_ms: int
    is_scored: bool
    stale_after_ms: int
    gap_after_ms: int
    max_count: int
    min_speed: float
    score_limit: float


NO_FAST_PATH = FastPath(None, 0, False, 0, 0, 0, 0.0, 0.0)


def low_speed(road: Road, high: int) -> float:
    """Return a speed (km/h) from which on the score stays below *high* (tenths).

    0 if free flow is unknown: then speed gives no score.
    """
    if road.free_flow_speed is None:
        return 0.0
    return 1.001 * road.free_flow_speed * (1 - high / 1000)  # a margin for rounding


@lru_cache(maxsize=64)  # sensors have few intervals
def fast_path_of(
    interval: Optional[float], span_ms: int, is_scored: bool, low_kmh: float, high: int
) -> FastPath:
    """Return the limits where traffic is free at *low_kmh* and above.

    Scores below *high* (tenths) are calm.
    """
    return FastPath(
        interval,
        span_ms,
        is_scored,
        stale_after_ms=stale_after_ms(span_ms),
        gap_after_ms=int(GAP_INTERVALS * span_ms),
        max_count=max(PLATOON_VEHICLES, span_ms // MS_PER_VEHICLE),
        min_speed=SLOW_KMH if is_scored else max(SLOW_KMH, low_kmh),
        score_limit=(high - 0.501) / 10 if is_scored else 0.0,  # a margin for rounding
    )
