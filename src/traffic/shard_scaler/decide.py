"""How many shards the stream of readings should have: a pure decision.

Capacity first: going up needs a few minutes of evidence, going down a whole quiet
hour, and no step down is taken that AWS's budget of changes could not take back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from ..timestamps import MINUTE_S
from .history import DAY_S, History, changes_left, doublings

# What one shard takes in, AWS's limit.
SHARD_RECORDS_S = 1_000
SHARD_BYTES_S = 1_048_576

# Shares of the shards' capacity, 0-1.
UP_SHARE = 0.70  # the mean of the newest minutes: time to double before it is full
SUDDEN_SHARE = 0.85  # a single minute: no time to wait for others
TROUBLED_SHARE = (
    0.35  # below it, throttles and delay have causes that shards don't cure
)
DOWN_SHARE = 0.50  # of the halved stream, in the busiest minute of a quiet hour

NEWEST_MINUTES = 3
FRESH_S = 300  # CloudWatch is a minute or two late; later than this, it is silent
QUIET_S = 3_600
QUIET_MINUTES = 54  # known ones of a quiet hour: the newest are late, one may be lost
LATE_MS = 10_000  # the promise is to show a reading within 10 s
SPARE_CHANGES = 1  # kept for a person


@dataclass(frozen=True)
class Minute:
    """A minute of the stream from *at_s* on: what came in, and how late it was read.

    *age_ms* is the processor's greatest iterator age; None if it did not run.
    """

    at_s: int
    records: float
    size: float  # bytes
    throttled: float = 0  # records refused
    age_ms: float | None = None

    @property
    def demand(self) -> float:
        """How many shards would have been full with what came in."""
        return max(self.records / SHARD_RECORDS_S, self.size / SHARD_BYTES_S) / MINUTE_S


@dataclass(frozen=True)
class Seen:
    """The stream as it is now, and its known minutes, oldest first."""

    shards: int
    minutes: Sequence[Minute]
    status: str = "ACTIVE"
    mode: str = "PROVISIONED"


@dataclass(frozen=True)
class Bounds:
    """Fewest and most shards that the deployment allows."""

    least: int
    most: int


@dataclass(frozen=True)
class Scale:
    """Change the number of shards."""

    target: int
    reason: str


@dataclass(frozen=True)
class Hold:
    """Leave it; *held_back* when more shards were wanted and may not be had.

    *hot* when records are refused although the shards have room on the whole.
    """

    reason: str
    held_back: bool = False
    hot: bool = False


Decision = Union[Scale, Hold]


def decide(seen: Seen, history: History, now_s: int, bounds: Bounds) -> Decision:
    """Return what to do; *history* already holds the count that is seen."""
    if seen.mode != "PROVISIONED":
        return Hold(f"the stream is {seen.mode}: Kinesis chooses its shards")
    if seen.status != "ACTIVE":
        return Hold(f"the stream is {seen.status}")
    if seen.shards < bounds.least:
        return _up("fewer than KinesisShardCount", seen, history, now_s, bounds)
    recent_s = now_s - FRESH_S - NEWEST_MINUTES * MINUTE_S
    newest = [m for m in seen.minutes if m.at_s > recent_s][-NEWEST_MINUTES:]
    if not newest or newest[-1].at_s <= now_s - FRESH_S:
        return Hold(f"no metrics of the last {FRESH_S // MINUTE_S} minutes")
    reason = _why_up(newest, seen.shards, history)
    if reason:
        return _up(reason, seen, history, now_s, bounds)
    trouble = _trouble(newest, seen.shards, history)
    return trouble or _down(seen, history, now_s, bounds)


def share(seen: Seen) -> float | None:
    """Return the share of the capacity in use in the newest known minute."""
    return seen.minutes[-1].demand / seen.shards if seen.minutes else None


def _why_up(newest: Sequence[Minute], shards: int, history: History) -> str | None:
    last = newest[-1].demand / shards
    mean = _mean(newest) / shards
    if mean >= UP_SHARE:
        return f"{mean:.0%} in use"
    if last >= SUDDEN_SHARE:
        return f"{last:.0%} in use in the newest minute"
    if max(mean, last) < TROUBLED_SHARE:
        return None
    if _throttled_since(newest, history):
        return f"records refused at {last:.0%} in use"
    if _is_behind(newest):
        return f"the processor is behind at {mean:.0%} in use"
    return None


def _trouble(newest: Sequence[Minute], shards: int, history: History) -> Hold | None:
    """Return why nothing is done about throttles or delay: shards are not the cause."""
    in_use = f"{newest[-1].demand / shards:.0%} in use"
    if _throttled_since(newest, history):
        return Hold(f"records refused at {in_use}: a hot shard or bursts", hot=True)
    if _is_behind(newest):
        return Hold(f"the processor is behind at {in_use}: it is slow, not the shards")
    return None


def _throttled_since(newest: Sequence[Minute], history: History) -> bool:
    """Whether records were refused in a minute that had all of today's shards."""
    return any(m.throttled > 0 and m.at_s >= history[-1].at_s for m in newest)


def _is_behind(newest: Sequence[Minute]) -> bool:
    late = [m.age_ms is not None and m.age_ms > LATE_MS for m in newest]
    return len(late) == NEWEST_MINUTES and all(late)


def _mean(newest: Sequence[Minute]) -> float:
    return sum(minute.demand for minute in newest) / len(newest)


def _up(
    reason: str, seen: Seen, history: History, now_s: int, bounds: Bounds
) -> Decision:
    target = min(bounds.most, 2 * seen.shards)
    if target <= seen.shards:
        return Hold(f"{reason}, at KinesisMaxShardCount {bounds.most}", held_back=True)
    if changes_left(history, now_s) == 0:
        return Hold(f"{reason}, no change left in 24 h", held_back=True)
    return Scale(target, reason)


def _down(seen: Seen, history: History, now_s: int, bounds: Bounds) -> Decision:
    target = max(bounds.least, -(-seen.shards // 2))
    if target >= seen.shards:
        return Hold("at KinesisShardCount")
    unquiet = _unquiet(seen, history, now_s, target)
    if unquiet:
        return Hold(unquiet)
    if history[0].at_s > now_s - DAY_S:
        return Hold("changes before this day's memory are unknown: none goes down")
    needed = doublings(target, bounds.most) + SPARE_CHANGES
    if changes_left(history, now_s) - 1 < needed:
        return Hold(f"{needed} changes are kept for the way up from {target} shards")
    return Scale(target, "a quiet hour")


def _unquiet(seen: Seen, history: History, now_s: int, target: int) -> str | None:
    """Return what speaks against *target* in the last hour, None if nothing does."""
    if history[-1].at_s > now_s - QUIET_S:
        return "changed within the hour"
    hour = [minute for minute in seen.minutes if minute.at_s >= now_s - QUIET_S]
    if len(hour) < QUIET_MINUTES:
        return f"metrics of only {len(hour)} minutes of the last hour"
    if any(minute.throttled > 0 for minute in hour):
        return "records refused within the hour"
    if any(minute.age_ms is not None and minute.age_ms > LATE_MS for minute in hour):
        return "the processor was behind within the hour"
    busiest = max(minute.demand for minute in hour) / target
    if busiest > DOWN_SHARE:
        return f"{busiest:.0%} of {target} shards within the hour"
    return None
