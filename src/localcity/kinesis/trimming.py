"""When a stream's records go: by age as on AWS, and by weight where all have read them.

MiniStack keeps a day of them in memory. Kept here beside a shard's records: how many
have been `trimmed` from the front, and what those that are left weigh.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import kinesis

# What a shard keeps in memory of records that every reader has settled.
MOST_BYTES = 64 * 1024 * 1024
LEFT_BYTES = MOST_BYTES * 7 // 8  # after a trim, so that not every record trims
RECORD_BYTES = 500  # of Python's objects around a record's data


TRIMMED = "trimmed"
_WEIGHED = "weighed"  # the offset up to which records were weighed, and their bytes
trim_lock = threading.RLock()  # a reader that is asked may look at the shard

Needed = Callable[[dict[str, Any], str], int]
_needs: list[Needed] = []


def on_trim(needed: Needed) -> None:
    """Have `needed` say from which offset on a stream's shard must keep its records."""
    _needs.append(needed)


def expire(stream: dict[str, Any]) -> None:
    """Drop what is older than the retention, and what is settled where it is too much.

    Only the oldest record is looked at: MiniStack filters the whole shard for each
    PutRecord, which makes a long run quadratic. Readers count offsets, so what goes is
    counted.
    """
    cutoff = time.time() - stream["RetentionPeriodHours"] * 3600
    for shard_id, shard in stream["shards"].items():
        with trim_lock:
            records, held = shard["records"], _weigh(shard)
            if records and (_is_older(records[0], cutoff) or held > MOST_BYTES):
                settled = min((need(stream, shard_id) for need in _needs), default=0)
                gone = _trim(shard, cutoff, settled)
                _move_iterators(stream, shard_id, gone)


def _is_older(record: dict[str, Any], cutoff: float) -> bool:
    return bool(record["ApproximateArrivalTimestamp"] < cutoff)


def _weigh(shard: dict[str, Any]) -> int:
    """The bytes that a shard's records take, weighing those that are new."""
    records, trimmed = shard["records"], shard.get(TRIMMED, 0)
    weighed, held = shard.get(_WEIGHED, (trimmed, 0))
    held += sum(_weight(record) for record in records[weighed - trimmed :])
    shard[_WEIGHED] = trimmed + len(records), held
    return int(held)


def _weight(record: dict[str, Any]) -> int:
    return len(record["Data"]) + RECORD_BYTES


def _trim(shard: dict[str, Any], cutoff: float, settled: int) -> int:
    """Drop what is too old, and what is before *settled* if all weigh too much."""
    records, trimmed = shard["records"], shard.get(TRIMMED, 0)
    weighed, held = shard[_WEIGHED]
    is_heavy, gone = held > MOST_BYTES, 0
    for offset, record in enumerate(records, trimmed):
        may_go = is_heavy and held > LEFT_BYTES and offset < settled
        if not (may_go or _is_older(record, cutoff)):
            break
        held -= _weight(record)
        gone += 1
    del records[:gone]
    shard[TRIMMED], shard[_WEIGHED] = trimmed + gone, (weighed, held)
    return gone


def _move_iterators(stream: dict[str, Any], shard_id: str, gone: int) -> None:
    """Let readers by the API go on where they were: MiniStack counts from the front."""
    for place in list(kinesis._shard_iterators._data.values()):
        is_here = place["stream_arn"] == stream.get("StreamARN")
        if is_here and place["shard_id"] == shard_id:
            place["position"] = max(place["position"] - gone, 0)
