"""When a speed is unusual, and which one to expect soon. Speeds in km/h."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from .day_records import UNKNOWN
from .local_days import SLOT_MIN, SLOTS

LEFT_AFTER_MIN = {15: 0.85, 30: 0.65, 60: 0.35}  # of a deviation from the usual

# How far below the usual a speed is unusual: the lowest of the three counts.
BELOW_LOW_KMH = 6.0
BELOW_USUAL_KMH = 12.0
USUAL_SHARE = 0.8


def usual_of(profile: bytes, slot: int) -> Optional[int]:
    """Return the usual speed in a half hour, of the profile of one kind of day.

    None if too little is known.
    """
    speed = profile[slot]
    return None if speed == UNKNOWN else speed


def bound_of(profile: bytes, slot: int) -> Optional[float]:
    """Return the speed below which ten minutes are unusual, None if unknown.

    The least usual speed of the half hour and both neighbours counts, so that a peak
    that comes early or lasts longer is usual.
    """
    near = [profile[(slot + shift) % SLOTS] for shift in (-1, 0, 1)]
    low = profile[SLOTS + slot]
    if UNKNOWN in (*near, low):
        return None
    usual = min(near)
    return min(low - BELOW_LOW_KMH, usual - BELOW_USUAL_KMH, USUAL_SHARE * usual)


def turned(is_unusual: bool, below: Sequence[Optional[bool]]) -> bool:
    """Return whether traffic is unusual, two in a row turn it on, two off.

    *below* is whether each of the last two ten-minute means, of which one begins five
    minutes after the other, is below the bound; None if that is unknown.
    """
    if all(below):
        return True
    return is_unusual and any(below)


def expected_of(
    present: bytes, later: bytes, minute: int, ahead_min: int, speed: Optional[float]
) -> Optional[float]:
    """Return the speed to expect *ahead_min* (15, 30 or 60) minutes from now.

    It is the usual speed then, and what is usually left of the present deviation.
    *present* is the profile of the kind of day that *minute* is in, *later* that of the
    kind of day then. None if the usual is unknown, or no vehicle passes now.
    """
    here, there = _usual_at(present, minute), _usual_at(later, minute + ahead_min)
    if here is None or there is None or speed is None:
        return None
    return max(0.0, there + LEFT_AFTER_MIN[ahead_min] * (speed - here))


def _usual_at(profile: bytes, minute: int) -> Optional[float]:
    """Return the usual speed at a minute of the day, between the middles of slots."""
    place, rest = divmod(minute - SLOT_MIN // 2, SLOT_MIN)
    before, after = profile[place % SLOTS], profile[(place + 1) % SLOTS]
    if UNKNOWN in (before, after):
        return None
    return before + (after - before) * rest / SLOT_MIN
