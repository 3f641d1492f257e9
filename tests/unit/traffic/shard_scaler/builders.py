"""Streams to decide about, in the words of the rules."""

from __future__ import annotations

from traffic.shard_scaler.decide import Bounds, Minute, StreamState
from traffic.shard_scaler.history import DAY_S, History, ShardCount

NOW_S = 1_800_000_000
BOUNDS = Bounds(2, 32)
LONG_AGO_S = NOW_S - 3 * DAY_S


def minute(
    ago: int, demand: float, throttled: float = 0, age_ms: float = 300
) -> Minute:
    """The minute that began so many minutes *ago*, its records filling *demand*."""
    at_s = NOW_S - 60 * ago
    return Minute(at_s, 60_000 * demand, 6_000 * demand, throttled, age_ms)


def hour(demand: float, throttled: float = 0, age_ms: float = 300) -> list[Minute]:
    """An hour alike in each minute, the last two of them not known yet."""
    return [minute(ago, demand, throttled, age_ms) for ago in range(60, 2, -1)]


def stream(
    shards: int, demand: float, throttled: float = 0, age_ms: float = 300
) -> StreamState:
    """A stream after an hour alike in each minute."""
    return StreamState(shards, hour(demand, throttled, age_ms))


def always(shards: int) -> History:
    """The history of a stream that nobody changed for days."""
    return (ShardCount(LONG_AGO_S, shards),)


def changes(*counts: int, minutes_ago: int = 90) -> History:
    """A history through *counts*, one of each minute, the last *minutes_ago*."""
    last_s = NOW_S - 60 * minutes_ago
    first = ShardCount(LONG_AGO_S, counts[0])
    later = enumerate(reversed(counts[1:]))
    return (
        first,
        *reversed([ShardCount(last_s - 60 * i, count) for i, count in later]),
    )
