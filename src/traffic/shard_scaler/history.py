"""What the shard scaler remembers of its stream: the counts it has had, and since when.

The memory is one tag of the stream, so it lives and ends with the stream, as AWS's
limit does. Only what was *seen* is noted, never what was asked for: a change whose
answer was lost, one by hand and one by CloudFormation are all seen in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DAY_S = 86_400
CHANGES_A_DAY = 10  # UpdateShardCount, per stream and rolling 24 h
_MOST_CHARS = 256  # of a tag's value


@dataclass(frozen=True)
class Count:
    """Open shards of the stream, seen first at *at_s* (seconds since the epoch)."""

    at_s: int
    shards: int


History = tuple[Count, ...]  # oldest first; the first one is where memory begins


def read(tag: str) -> History:
    """Return the history in a tag; one that cannot be read is no history."""
    try:
        counts = [_count(entry) for entry in tag.split()]
    except ValueError:
        return ()
    return tuple(sorted(counts, key=lambda count: count.at_s))


def _count(entry: str) -> Count:
    at_s, shards = (int(number) for number in entry.split(":"))
    if shards < 1:
        raise ValueError(entry)
    return Count(at_s, shards)


def text(history: History) -> str:
    """Return the tag that holds *history*, its newest part if all is too long."""
    told = " ".join(f"{count.at_s}:{count.shards}" for count in history)
    if len(told) <= _MOST_CHARS:
        return told
    return told[-_MOST_CHARS:].partition(" ")[2]


def with_seen(history: History, shards: int, now_s: int) -> History:
    """Return *history* after a look at the stream, less what no longer matters."""
    history = tuple(count for count in history if count.at_s <= now_s)
    if not history or history[-1].shards != shards:
        history = (*history, Count(now_s, shards))
    older = [count for count in history if count.at_s <= now_s - DAY_S]
    return (*older[-1:], *history[len(older) :])


def changes_left(history: History, now_s: int) -> int:
    """Return how many changes AWS still allows in these 24 hours; 0 or more.

    A jump by more than a factor of two was several changes, made unseen.
    """
    made = sum(
        doublings(*sorted((before.shards, after.shards)))
        for before, after in pairs(history)
        if after.at_s > now_s - DAY_S
    )
    return max(0, CHANGES_A_DAY - made)


def pairs(history: History) -> Sequence[tuple[Count, Count]]:
    """Return each change as what was before and what came."""
    return list(zip(history, history[1:]))


def doublings(low: int, high: int) -> int:
    """Return how many changes it takes at least from *low* to *high* shards."""
    steps = 0
    while low < high:
        low, steps = low * 2, steps + 1
    return steps
