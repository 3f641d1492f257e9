"""Where traffic is unusually slow, with or without an alert: pure.

Which segments are unusual is stored in one row, and each sweep judges it again: the
live speed says which segments may have turned, their last minutes whether they have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ..policy import MINUTE_MS
from ..profiles.bins import DayBins
from ..profiles.profile_file import UsualNow
from ..profiles.unusual import turned
from ..segment.alerts import NONE
from .incident import Incident, OpenAlert, has_left

BIN_MINUTES = 5
LOOK_BACK_MINUTES = 3 * BIN_MINUTES  # two means of ten minutes, five minutes apart
CLOSES_AFTER_MINUTES = 1  # a minute is written when a reading of the next one comes
FRESH_MS = 15 * MINUTE_MS
MOST_LOOKED_UP = 1000  # in a sweep; the next one takes others
MOST_UNUSUAL = 2000  # the row has room for their ids
# An incident is unusual with this many unusual segments at once, or one that has been
# for LONG_MS (docs/explanation/incidents.md has the measurement).
MANY = 2
LONG_MS = 30 * MINUTE_MS


@dataclass(frozen=True)
class UnusualRow:
    """The segments where traffic is unusual, and since when (ms). 0: never written."""

    since: Mapping[str, int] = field(default_factory=dict)
    version: int = 0


class LiveSpeed(NamedTuple):
    """The speed of a segment (km/h, None if nothing passes) and its event time (ms)."""

    speed: Optional[float]
    observed_at: int


class HistoryMinute(NamedTuple):
    """What passed a segment in a minute, counted from the epoch; speed in km/h."""

    minute: int
    vehicles: float
    speed: Optional[float]


def first_minute(now_ms: int) -> int:
    """Return the first of the minutes that a judgement at *now_ms* needs."""
    return now_ms // MINUTE_MS - CLOSES_AFTER_MINUTES - LOOK_BACK_MINUTES


def doubted(
    row: UnusualRow, speeds: Mapping[str, LiveSpeed], usual: UsualNow, now_ms: int
) -> list[str]:
    """Return the segments whose live speed says otherwise than the row."""
    return sorted(
        name
        for name in speeds.keys() | row.since.keys()
        if _is_below(speeds.get(name), usual.bound(name), now_ms) != (name in row.since)
    )


def _is_below(live: Optional[LiveSpeed], bound: Optional[float], now_ms: int) -> bool:
    if live is None or live.speed is None or bound is None:
        return False
    return live.speed < bound and now_ms - live.observed_at <= FRESH_MS


def to_look_up(segments: Sequence[str], now_ms: int) -> Sequence[str]:
    """Return those to look up in this sweep, others each minute."""
    start = now_ms // MINUTE_MS * MOST_LOOKED_UP % max(len(segments), 1)
    return (*segments[start:], *segments[:start])[:MOST_LOOKED_UP]


def judged(
    row: UnusualRow,
    minutes: Mapping[str, Iterable[HistoryMinute]],
    usual: UsualNow,
    now_ms: int,
) -> dict[str, int]:
    """Return the segments that are unusual, and since when (ms).

    *minutes* are the last ones of the segments that may have turned; the others stay
    as they are, unless nothing is known of them any more.
    """
    since = {one: at for one, at in row.since.items() if usual.bound(one) is not None}
    for name, some in minutes.items():
        below = _below(some, usual.bound(name), first_minute(now_ms))
        if turned(name in since, below):
            since.setdefault(name, now_ms)
        else:
            since.pop(name, None)
    oldest = sorted(since.items(), key=lambda one: (one[1], one[0]))
    return dict(oldest[:MOST_UNUSUAL])


def _below(
    minutes: Iterable[HistoryMinute], bound: Optional[float], first: int
) -> Sequence[Optional[bool]]:
    """Return whether the last two ten-minute means are below the bound."""
    bins = DayBins(LOOK_BACK_MINUTES // BIN_MINUTES)
    for one in minutes:
        place = (one.minute - first) // BIN_MINUTES
        if 0 <= place < LOOK_BACK_MINUTES // BIN_MINUTES:
            bins.add(place, one.vehicles, one.speed, None)
    means = (bins.speed(0, 2), bins.speed(1, 3))
    return [None if mean is None or bound is None else mean < bound for mean in means]


def with_unusual(
    alerts: Collection[OpenAlert],
    since: Mapping[str, int],
    standing: Iterable[Incident],
    now_ms: int,
) -> list[OpenAlert]:
    """Return the alerts, and one of no level for each other unusual segment.

    A segment that is or was lately in an incident stays the member that it is there, so
    that two sweeps write the same.
    """
    held = {
        name: member.opened_at
        for one in sorted(standing, key=lambda one: one.age, reverse=True)
        if not one.is_over
        for name, member in one.members.items()
        if not has_left(member, now_ms)
    }
    alerted = {one.segment_id for one in alerts}
    return [
        *alerts,
        *(
            OpenAlert(name, held.get(name, at), NONE)
            for name, at in since.items()
            if name not in alerted
        ),
    ]


def is_unusual(segments: Iterable[str], since: Mapping[str, int], now_ms: int) -> bool:
    """Whether an incident of these segments is unusual."""
    times = [since[name] for name in segments if name in since]
    return len(times) >= MANY or any(now_ms - at >= LONG_MS for at in times)
