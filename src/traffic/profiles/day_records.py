"""A finished day of a segment in 144 bytes.

48 medians and 48 lowest of the ten-minute mean speeds of each half hour, then the 48
ten-minute means of the quiet hours, all in km/h.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from .bins import DayBins
from .local_days import SLOTS, LocalDay

UNKNOWN = 255
FASTEST = 254
QUIET_SLOTS = (*range(42, SLOTS), *range(10))  # 21 to 5 o'clock
TENS = 3  # of a half hour
RECORD_BYTES = 2 * SLOTS + TENS * len(QUIET_SLOTS)


def median(values: Sequence[float]) -> float:
    """Return the middle of *values*, between the two middle ones of an even number.

    As in `statistics`, which takes long to load.
    """
    ranked = sorted(values)
    half = len(ranked) // 2
    return (ranked[half] + ranked[-1 - half]) / 2


def record_of(bins: DayBins, day: LocalDay) -> bytes:
    """Return the record of one segment's day."""
    by_slot: list[list[float]] = [[] for _ in range(SLOTS)]
    for slot, speed in zip(day.slots(), bins.speeds(each=2)):
        if speed is not None:
            by_slot[slot].append(speed)
    mids = [packed(median(seen) if seen else None) for seen in by_slot]
    lows = [packed(min(seen, default=None)) for seen in by_slot]
    quiet = [
        packed(speed)
        for slot in QUIET_SLOTS
        for speed in _padded(by_slot[slot])  # an hour that clocks repeat counts once
    ]
    return bytes((*mids, *lows, *quiet))


def _padded(seen: Sequence[float]) -> Sequence[Optional[float]]:
    return (*seen, None, None, None)[:TENS]


def packed(speed: Optional[float]) -> int:
    """Return a speed in whole km/h, UNKNOWN for none."""
    return UNKNOWN if speed is None else min(FASTEST, round(speed))


def medians_of(record: bytes) -> bytes:
    """Return the 48 medians."""
    return record[:SLOTS]


def lows_of(record: bytes) -> bytes:
    """Return the 48 lowest ten-minute means."""
    return record[SLOTS : 2 * SLOTS]


def quiet_of(record: bytes) -> bytes:
    """Return the ten-minute means of the quiet hours."""
    return record[2 * SLOTS :]
