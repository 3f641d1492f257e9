"""How many shards the stream of readings should have: a pure decision.

Capacity comes first: scaling up takes a few minutes of evidence, scaling down a whole
quiet hour, and only if AWS's daily limit of changes leaves enough to scale up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from ..timestamps import MINUTE_S
from .history import DAY_S, History, changes_left, doublings

# Write limits of one shard (AWS).
SHARD_RECORDS_S = 1_000
SHARD_BYTES_S = 1_048_576

# Shares of the shards' capacity, 0-1.
UP_SHARE = 0.70  # mean of the newest minutes: leaves time to double
SUDDEN_SHARE = 0.85  # in a single minute: no time to wait for more
TROUBLED_SHARE = (
    0.35  # below it, throttles and delay have causes that shards don't cure
)
DOWN_SHARE = 0.50  # of the halved stream, in the busiest minute of a quiet hour

NEWEST_MINUTES = 3
FRESH_S = 300  # CloudWatch lags a minute or two; older metrics count as missing
QUIET_S = 3_600
QUIET_MINUTES = 54  # with metrics in a quiet hour: the newest are late, one may be lost
LATE_MS = 10_000  # readings are on the map within 10 s
SPARE_CHANGES = 1  # reserved for the operator


@dataclass(frozen=True)
class Minute:
    """A minute of the stream from *at_s* on: its load, and how late it was processed.

    *age_ms* is the processor's maximum iterator age, None if it did not run.
    """

    at_s: int
    records: float
    size: float  # bytes
    throttled: float = 0  # records refused
    age_ms: float | None = None

    @property
    def demand(self) -> float:
        """The number of shards that the load would have filled."""
        return max(self.records / SHARD_RECORDS_S, self.size / SHARD_BYTES_S) / MINUTE_S


@dataclass(frozen=True)
class StreamState:
    """The stream now, and its minutes with metrics, oldest first."""

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
    """Keep the shards; *held_back* if the scaler wants more than it is allowed.

    *hot* if records are throttled although the shards have capacity on average.
    """

    reason: str
    held_back: bool = False
    hot: bool = False


ScalingDecision = Union[Scale, Hold]


def decide(
    state: StreamState, history: History, now_s: int, bounds: Bounds
) -> ScalingDecision:
    """Return what to do; *history* already includes the current count."""
    if state.mode != "PROVISIONED":
        return Hold(f"the stream is {state.mode}: Kinesis chooses its shards")
    if state.status != "ACTIVE":
        return Hold(f"the stream is {state.status}")
    if state.shards < bounds.least:
        return _scale_up("fewer than KinesisShardCount", state, history, now_s, bounds)
    recent_s = now_s - FRESH_S - NEWEST_MINUTES * MINUTE_S
    newest = [m for m in state.minutes if m.at_s > recent_s][-NEWEST_MINUTES:]
    if not newest or newest[-1].at_s <= now_s - FRESH_S:
        return Hold(f"no metrics of the last {FRESH_S // MINUTE_S} minutes")
    reason = _reason_to_grow(newest, state.shards, history)
    if reason:
        return _scale_up(reason, state, history, now_s, bounds)
    trouble = _reason_to_wait(newest, state.shards, history)
    return trouble or _scale_down(state, history, now_s, bounds)


def share(state: StreamState) -> float | None:
    """Return the share of the capacity in use in the newest known minute."""
    return state.minutes[-1].demand / state.shards if state.minutes else None


def _reason_to_grow(
    newest: Sequence[Minute], shards: int, history: History
) -> str | None:
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


def _reason_to_wait(
    newest: Sequence[Minute], shards: int, history: History
) -> Hold | None:
    """Return Hold for throttles or delay that more shards would not fix."""
    in_use = f"{newest[-1].demand / shards:.0%} in use"
    if _throttled_since(newest, history):
        return Hold(f"records refused at {in_use}: a hot shard or bursts", hot=True)
    if _is_behind(newest):
        return Hold(f"the processor is behind at {in_use}: it is slow, not the shards")
    return None


def _throttled_since(newest: Sequence[Minute], history: History) -> bool:
    """Whether records were throttled since the last change of the shards."""
    return any(m.throttled > 0 and m.at_s >= history[-1].at_s for m in newest)


def _is_behind(newest: Sequence[Minute]) -> bool:
    late = [m.age_ms is not None and m.age_ms > LATE_MS for m in newest]
    return len(late) == NEWEST_MINUTES and all(late)


def _mean(newest: Sequence[Minute]) -> float:
    return sum(minute.demand for minute in newest) / len(newest)


def _scale_up(
    reason: str, state: StreamState, history: History, now_s: int, bounds: Bounds
) -> ScalingDecision:
    target = min(bounds.most, 2 * state.shards)
    if target <= state.shards:
        return Hold(f"{reason}, at KinesisMaxShardCount {bounds.most}", held_back=True)
    if changes_left(history, now_s) == 0:
        return Hold(f"{reason}, no change left in 24 h", held_back=True)
    return Scale(target, reason)


def _scale_down(
    state: StreamState, history: History, now_s: int, bounds: Bounds
) -> ScalingDecision:
    target = max(bounds.least, -(-state.shards // 2))
    if target >= state.shards:
        return Hold("at KinesisShardCount")
    unquiet = _reason_to_keep(state, history, now_s, target)
    if unquiet:
        return Hold(unquiet)
    if history[0].at_s > now_s - DAY_S:
        return Hold("changes before this day's memory are unknown: none goes down")
    needed = doublings(target, bounds.most) + SPARE_CHANGES
    if changes_left(history, now_s) - 1 < needed:
        return Hold(f"{needed} changes are kept for the way up from {target} shards")
    return Scale(target, "a quiet hour")


def _reason_to_keep(
    state: StreamState, history: History, now_s: int, target: int
) -> str | None:
    """Return why the last hour rules out *target*, None if it does not."""
    if history[-1].at_s > now_s - QUIET_S:
        return "changed within the hour"
    hour = [minute for minute in state.minutes if minute.at_s >= now_s - QUIET_S]
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
