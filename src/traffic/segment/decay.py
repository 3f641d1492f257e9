"""How readings lose weight with age in the live sums."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Optional

from ..policy import (
    DECAY_INTERVALS,
    DECAY_S,
    MINUTE_MS,
    PASSING_DECAYS,
    PASSING_INTERVALS,
)

_WHOLE = 1000  # the weight of a reading at the end of the minute


def is_passing(moved_age_ms: int, decay_s: int) -> bool:
    """Whether vehicles pass now, if the last one passed so long ago."""
    return moved_age_ms <= PASSING_DECAYS * decay_s * 1000


def is_passing_sensor(age_ms: int, vehicles: Optional[int], interval_ms: int) -> bool:
    """Whether the *vehicles* of a sensor's newest reading, so old, still pass."""
    return bool(vehicles) and age_ms <= PASSING_INTERVALS * interval_ms


@lru_cache(maxsize=4096)  # segments report the same instants
def weight_in(at: int, minute: int, decay_s: int) -> int:
    """Return the weight of a reading of instant *at* (ms) in the sums of a *minute*."""
    end_ms = (minute + 1) * MINUTE_MS
    return int(_WHOLE * math.exp((at - end_ms) / (decay_s * 1000)))


def decay_s_of(interval_ms: int) -> int:
    """Return how fast the live sums decay where sensors have that interval."""
    return max(DECAY_S, round(DECAY_INTERVALS * interval_ms / 1000))
