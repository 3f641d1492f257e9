"""The profile of a segment: 48 usual speeds and 48 lower bounds for each kind of day.

Usual is the median over the days of a kind, the bound the 5 % quantile of their lowest
ten-minute means in the half hour and both neighbours. Fewer than three days of a kind
say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from .day_records import UNKNOWN, lows_of, median, medians_of
from .local_days import KINDS, SLOTS

FEWEST_DAYS = 3
LOW_SHARE = 0.05
KIND_BYTES = 2 * SLOTS
PROFILE_BYTES = KIND_BYTES * len(KINDS)


def profile_of(
    days: Sequence[tuple[int, bytes]], fewest_days: int = FEWEST_DAYS
) -> bytes:
    """Return the profile of a segment from its days, each with its kind.

    Only the set of days matters, not their order.
    """
    records = [
        [record for kind, record in days if kind == one] for one in range(len(KINDS))
    ]
    return b"".join(_of_kind(some, fewest_days) for some in records)


def _of_kind(records: Sequence[bytes], fewest_days: int) -> bytes:
    if len(records) < fewest_days:
        return bytes([UNKNOWN]) * KIND_BYTES
    by_slot = list(zip(*map(medians_of, records)))
    lows_by_slot = list(zip(*map(lows_of, records)))
    mids, lows = bytearray(), bytearray()
    for slot in range(SLOTS):
        seen = [speed for speed in by_slot[slot] if speed != UNKNOWN]
        near = [
            speed
            for shift in (-1, 0, 1)
            for speed in lows_by_slot[(slot + shift) % SLOTS]
            if speed != UNKNOWN
        ]
        known = len(seen) >= fewest_days
        mids.append(round(median(seen)) if known else UNKNOWN)
        lows.append(quantile(near, LOW_SHARE) if known else UNKNOWN)
    return bytes(mids + lows)


def quantile(values: Sequence[int], share: float) -> int:
    """Return the value that a *share* (0-1) of *values* lies below, the lesser of two.

    Of fewer than 21 values, the 5 % quantile is the least.
    """
    ranked = sorted(values)
    return ranked[int(share * (len(ranked) - 1))]


def of_kind(profile: bytes, kind: int) -> bytes:
    """Return the part of a profile for one kind of day."""
    return profile[kind * KIND_BYTES : (kind + 1) * KIND_BYTES]
