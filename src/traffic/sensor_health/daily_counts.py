"""A lane's vehicles day by day, against its own days before: pure.

Lanes differ too much for one bound on their shares: a bus or turn lane carries a few
percent, a passing lane nearly nothing at night. But each is used alike from day to day.
"""

from __future__ import annotations

from typing import Optional

import msgspec

from . import thresholds


class Day(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What is known of a lane's days; a day is 24 h of readings.

    Of the running day: seconds *watched* and *vehicles* so far. Then the vehicles of
    the *last* full day, which was *closed_at* (ms), and of the one that is *pending*,
    still to be learned. Of how many *days* the *least* and the *most* vehicles are
    known, a week at most. How many days in a row were *odd*, since when (ms), *sound*,
    or *strange* on all lanes.
    """

    watched: int = 0
    vehicles: int = 0
    last: int = 0
    closed_at: int = 0
    pending: Optional[int] = None
    days: int = 0
    least: int = 0
    most: int = 0
    odd: int = 0
    odd_since: int = 0
    sound: int = 0
    strange: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the running day is over."""
        return self.watched >= thresholds.DAY_S

    @property
    def is_known(self) -> bool:
        """Whether it has been watched for a week."""
        return self.days >= thresholds.WEEK_DAYS

    def is_usual(self, now_ms: int) -> bool:
        """Whether its last day was like those before, and not long ago."""
        is_new = now_ms - self.closed_at <= thresholds.SHARE_NEW_MS
        return is_new and self.is_known and not self._is_outside(thresholds.SHARE_USUAL)

    @property
    def is_beyond(self) -> bool:
        """Whether its last day was far from all before, and chance can't explain it."""
        is_many = max(self.last, self.least) >= thresholds.SHARE_VEHICLES
        return self.is_known and is_many and self._is_outside(thresholds.SHARE_RATIO)

    def _is_outside(self, ratio: float) -> bool:
        return self.last * ratio < self.least or self.last > self.most * ratio


def with_reading(before: Optional[Day], count: int, interval_ms: int) -> Day:
    """Return what is known after a reading of that many vehicles."""
    known = Day() if before is None else before
    covered_ms = max(interval_ms, thresholds.SWEEP_MS)
    return msgspec.structs.replace(
        known,
        watched=known.watched + covered_ms // 1000,
        vehicles=known.vehicles + round(count * covered_ms / interval_ms),
    )


def close_day(day: Day, now_ms: int) -> Day:
    """Return *day* once it is full; the next begins."""
    last = round(day.vehicles * thresholds.DAY_S / day.watched)
    return msgspec.structs.replace(
        day, watched=0, vehicles=0, last=last, closed_at=now_ms
    )


def judge_day(day: Day, is_alone: bool, now_ms: int) -> Day:
    """Return *day*, just closed, with what it says of the lane.

    *is_alone* says that most other lanes were used as ever; else the road is, and after
    a week of that its lanes are learned again. A day is learned once the next one is
    not far from all before either, since a fault may begin in it.
    """
    if not day.is_beyond:
        updated = day if day.pending is None else _with_learned_day(day, day.pending)
        return msgspec.structs.replace(
            updated, pending=day.last, odd=0, odd_since=0, sound=1, strange=0
        )
    updated = msgspec.structs.replace(day, pending=None, sound=0)
    if is_alone:
        since = day.odd_since if day.odd else now_ms - thresholds.DAY_S * 1000
        return msgspec.structs.replace(
            updated, odd=day.odd + 1, odd_since=since, strange=0
        )
    if day.odd >= thresholds.SHARE_DAYS:
        return updated
    if day.strange + 1 >= thresholds.WEEK_DAYS:
        return Day(last=day.last, closed_at=day.closed_at, pending=day.last)
    return msgspec.structs.replace(updated, odd=0, odd_since=0, strange=day.strange + 1)


def _with_learned_day(day: Day, vehicles: int) -> Day:
    """Return *day* with a day of so many vehicles among the lane's days."""
    return msgspec.structs.replace(
        day,
        days=min(thresholds.WEEK_DAYS, day.days + 1),
        least=min(day.least, vehicles) if day.days else vehicles,
        most=max(day.most, vehicles),
    )
