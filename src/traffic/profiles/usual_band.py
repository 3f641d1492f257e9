"""The usual speeds of a segment over some hours, as a chart draws them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple, Optional

from ..policy import MINUTE_MS
from .local_days import SLOT_MIN, SLOTS, date_of, kind_of, minute_of
from .profile_file import Profiles, is_stale
from .unusual import usual_of
from .usual_speeds import of_kind

NO_PROFILE, UNREADABLE, STALE = "no_profile", "unreadable", "stale"
FEW_DAYS = "few_days"  # of the kind of day
_SLOT_MS = SLOT_MIN * MINUTE_MS


class UsualBand(NamedTuple):
    """The low bound and the usual speed (km/h) at the middle of half hours (ms).

    *missing* is why they are unknown at the end of the hours asked for, if they are.
    """

    rows: Sequence[tuple[int, Optional[int], Optional[int]]] = ()
    missing: Optional[str] = None


def band_of(
    profiles: Profiles,
    segment_id: str,
    span_ms: tuple[int, int],
    ahead_ms: int,
    zone: tzinfo,
) -> UsualBand:
    """Return what is usual from the first to the last instant, and *ahead_ms* on.

    The rows begin and end outside of these hours, so that all of them lie between two.
    """
    first_ms, last_ms = span_ms
    if is_stale(profiles, date_of(last_ms, zone)):
        return UsualBand(missing=STALE)
    profile = profiles.usual.get(segment_id)
    if profile is None:
        return UsualBand(missing=FEW_DAYS)
    begin = _middle(first_ms, zone) - _SLOT_MS
    rows = [
        (at_ms, *_usual_at(profiles, profile, at_ms, zone))
        for at_ms in range(begin, last_ms + ahead_ms + _SLOT_MS, _SLOT_MS)
    ]
    _low, usual = _usual_at(profiles, profile, last_ms, zone)
    return UsualBand(rows, FEW_DAYS if usual is None else None)


def _middle(at_ms: int, zone: tzinfo) -> int:
    """Return the middle of the half hour that the clock shows."""
    into = minute_of(at_ms, zone) % SLOT_MIN
    return at_ms - at_ms % MINUTE_MS + (SLOT_MIN // 2 - into) * MINUTE_MS


def _usual_at(
    profiles: Profiles, profile: bytes, at_ms: int, zone: tzinfo
) -> tuple[Optional[int], Optional[int]]:
    part = of_kind(profile, kind_of(date_of(at_ms, zone), profiles.holidays))
    slot = minute_of(at_ms, zone) // SLOT_MIN
    usual = usual_of(part, slot)
    return (None, None) if usual is None else (part[SLOTS + slot], usual)
