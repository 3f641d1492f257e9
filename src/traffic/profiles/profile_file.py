"""The profiles of all segments in one file, built from the files of finished days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, tzinfo
from typing import Annotated, Optional

import msgspec

from ..policy import MINUTE_MS
from .day_file import DayFile
from .free_flow import FREE_FLOW_DAYS, learned_of
from .local_days import KINDS, SLOT_MIN, date_of, kind_of, minute_of
from .unusual import LEFT_AFTER_MIN, bound_of, expected_of, usual_of
from .usual_speeds import FEWEST_DAYS, PROFILE_BYTES, of_kind, profile_of

PROFILE_DAYS = 35
STALE_DAYS = 3
_LAYOUT = 1
_Profile = Annotated[
    bytes, msgspec.Meta(min_length=PROFILE_BYTES, max_length=PROFILE_BYTES)
]


class Profiles(msgspec.Struct, frozen=True, array_like=True, tag=_LAYOUT):
    """The usual speeds and the learned free-flow speed (km/h) of each segment.

    *days* are the dates learned from, each with its number of segments; *holidays* are
    those that count as Sundays. All are dates of the time zone named *zone*.
    """

    zone: str
    holidays: list[date]
    days: dict[date, int]
    usual: dict[str, _Profile]
    free_flow: dict[str, int]


class Outlook(msgspec.Struct, frozen=True):
    """What is usual on a segment now, and what to expect, km/h.

    *bound* is the ten-minute mean below which traffic is unusual, *expected* the speed
    in so many minutes; it needs the present one.
    """

    usual: int
    bound: Optional[float]
    expected: dict[int, int]


class UsualNow(msgspec.Struct, frozen=True):
    """What is usual on each segment in a half hour of a kind of day, km/h."""

    profiles: Profiles
    kind: int
    slot: int

    def usual(self, segment_id: str) -> Optional[int]:
        """Return the usual speed, None if too little is known."""
        part = self._part(segment_id)
        return None if part is None else usual_of(part, self.slot)

    def bound(self, segment_id: str) -> Optional[float]:
        """Return the speed below which ten minutes are unusual, None if unknown."""
        part = self._part(segment_id)
        return None if part is None else bound_of(part, self.slot)

    def _part(self, segment_id: str) -> Optional[bytes]:
        profile = self.profiles.usual.get(segment_id)
        return None if profile is None else of_kind(profile, self.kind)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Profiles).decode


def build(days: Sequence[DayFile], zone: str, holidays: Collection[date]) -> Profiles:
    """Return the profiles of the last `PROFILE_DAYS` of *days*, in any order."""
    ordered = sorted(days, key=lambda one: one.day)[-PROFILE_DAYS:]
    segments = sorted({segment for one in ordered for segment in one.records})
    usual, free_flow = {}, {}
    for segment in segments:
        known = [one for one in ordered if segment in one.records]
        records = [(kind_of(one.day, holidays), one.records[segment]) for one in known]
        usual[segment] = profile_of(records)
        learned = learned_of(
            [
                one.records[segment]
                for one in ordered[-FREE_FLOW_DAYS:]
                if segment in one.records
            ]
        )
        if learned is not None:
            free_flow[segment] = learned
    return Profiles(
        zone,
        sorted(holidays),
        {one.day: len(one.records) for one in ordered},
        usual,
        free_flow,
    )


def pack(profiles: Profiles) -> bytes:
    """Return *profiles* as bytes, the same for the same days."""
    return _encode(profiles)


def unpack(packed: bytes) -> Profiles:
    """Return what `pack` wrote; raises ValueError for anything else."""
    try:
        return _decode(packed)
    except msgspec.MsgspecError as error:
        raise ValueError(f"profiles: {error}") from error


def usual_at(profiles: Profiles, at_ms: int, zone: tzinfo) -> Optional[UsualNow]:
    """Return what is usual at an instant, None if the profiles are stale.

    *zone* is that of `Profiles.zone`.
    """
    on = date_of(at_ms, zone)
    if is_stale(profiles, on):
        return None
    kind, slot = kind_of(on, profiles.holidays), minute_of(at_ms, zone) // SLOT_MIN
    return UsualNow(profiles, kind, slot)


def outlook(
    profiles: Profiles,
    segment_id: str,
    at_ms: int,
    zone: tzinfo,
    speed: Optional[float],
) -> Optional[Outlook]:
    """Return what is usual on a segment at an instant, None if too little is known.

    *zone* is that of `Profiles.zone`, *speed* the present mean, None if nothing passes.
    A stale profile knows nothing.
    """
    known = usual_at(profiles, at_ms, zone)
    usual = None if known is None else known.usual(segment_id)
    if known is None or usual is None:
        return None
    profile, minute = profiles.usual[segment_id], minute_of(at_ms, zone)
    part = of_kind(profile, known.kind)
    expected = {}
    for ahead_min in LEFT_AFTER_MIN:
        later = _part(profiles, profile, at_ms + ahead_min * MINUTE_MS, zone)
        guess = expected_of(part, later, minute, ahead_min, speed)
        if guess is not None:
            expected[ahead_min] = round(guess)
    return Outlook(usual, known.bound(segment_id), expected)


def _part(profiles: Profiles, profile: bytes, at_ms: int, zone: tzinfo) -> bytes:
    return of_kind(profile, kind_of(date_of(at_ms, zone), profiles.holidays))


def is_stale(profiles: Profiles, on: date) -> bool:
    """Whether the last day with measurements is too long ago, or there is none."""
    newest = newest_measured(profiles)
    return newest is None or (on - newest).days > STALE_DAYS


def newest_measured(profiles: Profiles) -> Optional[date]:
    """Return the last day with measurements, None if there is none."""
    return max(_measured(profiles), default=None)


def _measured(profiles: Profiles) -> Sequence[date]:
    return [day for day, segments in profiles.days.items() if segments]


def missing_days(profiles: Profiles) -> Mapping[str, int]:
    """Return how many more days of each kind are needed before it says anything."""
    kinds = [kind_of(day, profiles.holidays) for day in _measured(profiles)]
    return {
        name: FEWEST_DAYS - kinds.count(kind)
        for kind, name in enumerate(KINDS)
        if kinds.count(kind) < FEWEST_DAYS
    }
