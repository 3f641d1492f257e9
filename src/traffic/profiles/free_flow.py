"""The free-flow speed that a segment's quiet hours show, km/h."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from .day_records import UNKNOWN, quiet_of
from .usual_speeds import quantile

FREE_FLOW_SHARE = 0.85
FREE_FLOW_DAYS = 14
FEWEST_TENS = 18  # three hours of measured ten minutes
LARGEST_DIFFERENCE = 0.15


def learned_of(records: Sequence[bytes]) -> Optional[int]:
    """Return the 85th percentile of the days' quiet ten minutes, None for too few.

    Standing ten minutes, as in a closed road, are no free flow.
    """
    seen = [
        speed
        for record in records
        for speed in quiet_of(record)
        if speed not in (0, UNKNOWN)
    ]
    if len(seen) < FEWEST_TENS:
        return None
    return quantile(seen, FREE_FLOW_SHARE)


def differs(configured: float, learned: float) -> bool:
    """Whether the road file and the quiet hours differ by more than 15 %."""
    return abs(learned - configured) > LARGEST_DIFFERENCE * configured
