"""What readings of free traffic are like: nearly all that come, one after the other."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Optional

from ..policy import (
    GAP_INTERVALS,
    PLATOON_VEHICLES,
    STALE_AFTER_INTERVALS,
    STALE_AFTER_MS,
)
from .validation import MS_PER_VEHICLE, SLOW_KMH


class Like(NamedTuple):
    """What readings are like that are expected after one of an *interval*.

    They have the same *interval* (s, or *span_ms*), and a score of their own only if it
    *is_scored*. The newest reading of their sensor is *patience_ms* old or less; its
    latest step is a gap if longer than *reach_ms*. They count *most* vehicles or fewer,
    at *slowest* km/h or more, and their score is below *highest*.
    """

    interval: Optional[float]
    span_ms: int
    is_scored: bool
    patience_ms: int
    reach_ms: int
    most: int
    slowest: float
    highest: float


NONE = Like(None, 0, False, 0, 0, 0, 0.0, 0.0)


@lru_cache(maxsize=64)  # sensors have few intervals
def like_of(
    interval: Optional[float], span_ms: int, is_scored: bool, low_kmh: float, high: int
) -> Like:
    """Return what is expected where traffic is free at *low_kmh*, and scores below
    *high* (tenths) are calm."""
    return Like(
        interval,
        span_ms,
        is_scored,
        patience_ms=max(STALE_AFTER_MS, STALE_AFTER_INTERVALS * span_ms),
        reach_ms=int(GAP_INTERVALS * span_ms),
        most=max(PLATOON_VEHICLES, span_ms // MS_PER_VEHICLE),
        slowest=SLOW_KMH if is_scored else max(SLOW_KMH, low_kmh),
        highest=(high - 0.5) / 10 if is_scored else 0.0,
    )
