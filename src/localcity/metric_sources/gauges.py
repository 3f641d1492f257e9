"""What no single call shows: how streams grew since the last look, how full queues are.

Looking a few times a minute costs the way of the readings nothing.
"""

from __future__ import annotations

import time
from typing import Any

from ministack.services import kinesis, sqs

from localcity.cloudwatch.counters import count
from localcity.kinesis import streams


class StreamGauge:
    """Records and bytes that came into each shard since it was looked at last."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], int] = {}

    def __call__(self) -> None:
        """Look at every stream."""
        seen: dict[tuple[int, str], int] = {}
        for (account, region, name), stream in list(kinesis._streams._data.items()):
            records = size = 0
            for shard in streams.shards(stream):
                place = (id(stream), shard.shard_id)
                grown = streams.growth(shard, self._seen.get(place, 0))
                records, size = records + grown.records, size + grown.size
                seen[place] = grown.end
            _incoming((account, region), name, records, size)
        self._seen = seen


def _incoming(place: tuple[str, str], name: str, records: int, size: int) -> None:
    if not records:
        return
    of = {"StreamName": name}
    count(place, "Kinesis", "IncomingRecords", records, **of)
    count(place, "Kinesis", "IncomingBytes", size, **of)
    # Nothing is ever throttled here, and AWS says so too where nothing is.
    count(place, "Kinesis", "WriteProvisionedThroughputExceeded", 0, **of)
    count(place, "Kinesis", "ReadProvisionedThroughputExceeded", 0, **of)


def queue_gauge() -> None:
    """How many messages of each queue can be received now, and how old they are."""
    now = time.time()
    for (account, region, _url), queue in list(sqs._queues._data.items()):
        waiting = list(queue["messages"])
        visible = sum(_is_visible(m, now) for m in waiting)
        oldest = min((float(m["sent_at"]) for m in waiting), default=now)
        name = queue["name"]
        place = (account, region)
        of = {"QueueName": name}
        count(place, "SQS", "ApproximateNumberOfMessagesVisible", visible, **of)
        count(place, "SQS", "ApproximateAgeOfOldestMessage", now - oldest, **of)


def _is_visible(message: dict[str, Any], now: float) -> bool:
    return float(message.get("visible_at", 0)) <= now


def all_gauges() -> tuple[Any, ...]:
    """What the watch asks at each tick."""
    return StreamGauge(), queue_gauge
