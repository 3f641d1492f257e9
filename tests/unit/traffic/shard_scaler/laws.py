"""What holds of every run, said once."""

from __future__ import annotations

import itertools

from bench.shards import DAY_S, Stream


def is_within_limits(stream: Stream) -> bool:
    """At most ten changes in any 24 hours, none beyond double or under half."""
    calls = stream.calls_s
    eleventh = zip(calls, calls[10:], strict=False)
    often = any(later - first < DAY_S for first, later in eleventh)
    counts = [count for _, count in stream.counts]
    far = any(
        not before / 2 <= after <= 2 * before
        for before, after in itertools.pairwise(counts)
    )
    return not often and not far
