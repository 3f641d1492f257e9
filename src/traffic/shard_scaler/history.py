"""The shard counts that the stream has had, and since when.

The history is stored in a tag of the stream, so it is deleted with the stream, like
AWS's limit. It records observed counts, never requested ones: a change whose response
was lost, a manual one and one by CloudFormation are all recorded the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DAY_S = 86_400
CHANGES_A_DAY = 10  # UpdateShardCount, per stream and rolling 24 h
_MOST_CHARS = 256  # of a tag's value


@dataclass(frozen=True)
class ShardCount:
    """Open shards of the stream, first observed at *at_s* (seconds since the epoch)."""

    at_s: int
    shards: int


History = tuple[ShardCount, ...]  # oldest first


def read(tag: str) -> History:
    """Return the history of a tag, an empty one if the tag is invalid."""
    try:
        counts = [_count(entry) for entry in tag.split()]
    except ValueError:
        return ()
    return tuple(sorted(counts, key=lambda count: count.at_s))


def _count(entry: str) -> ShardCount:
    at_s, shards = (int(number) for number in entry.split(":"))
    if shards < 1:
        raise ValueError(entry)
    return ShardCount(at_s, shards)


def text(history: History) -> str:
    """Return the tag for *history*, without its oldest part if it is too long."""
    text = " ".join(f"{count.at_s}:{count.shards}" for count in history)
    if len(text) <= _MOST_CHARS:
        return text
    return text[-_MOST_CHARS:].partition(" ")[2]


def with_count(history: History, shards: int, now_s: int) -> History:
    """Return *history* with the current count, without entries older than a day."""
    history = tuple(count for count in history if count.at_s <= now_s)
    if not history or history[-1].shards != shards:
        history = (*history, ShardCount(now_s, shards))
    older = [count for count in history if count.at_s <= now_s - DAY_S]
    return (*older[-1:], *history[len(older) :])


def changes_left(history: History, now_s: int) -> int:
    """Return how many changes AWS still allows in these 24 hours; 0 or more.

    A jump by more than a factor of two counts as several changes.
    """
    used = sum(
        doublings(*sorted((before.shards, after.shards)))
        for before, after in pairs(history)
        if after.at_s > now_s - DAY_S
    )
    return max(0, CHANGES_A_DAY - used)


def pairs(history: History) -> Sequence[tuple[ShardCount, ShardCount]]:
    """Return each change as the counts before and after."""
    return list(zip(history, history[1:]))


def doublings(low: int, high: int) -> int:
    """Return the minimum number of changes from *low* to *high* shards."""
    steps = 0
    while low < high:
        low, steps = low * 2, steps + 1
    return steps
