"""Kinesis as our pollers need it: quick to write, readable after a reshard.

Kept beside MiniStack's own stream records, in the stream's dictionary: `closed` shards
that a split, merge or new shard count took out of service.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ministack.services import kinesis

from localcity.kinesis.event_source_model import Record
from localcity.kinesis.trimming import TRIMMED, expire, trim_lock
from localcity.patching import Patch

MAX_RECORD_BYTES = 1_048_576
MAX_KEY_CHARS = 256

_CLOSED = "closed_shards"
_listeners: list[Callable[[], None]] = []


class _Base64(str):
    """A record's data as we encoded it ourselves: nobody has to try to decode it."""


class StreamError(Exception):
    """A record cannot be put; the message says why, as Kinesis says it."""


@dataclass(frozen=True)
class Shard:
    """A shard as a reader sees it; hash keys are inclusive."""

    shard_id: str
    content: dict[str, Any]
    closed: bool
    generation: int

    def overlaps(self, other: Shard) -> bool:
        """Whether a partition key can have moved from one to the other."""
        mine, theirs = self._range(), other._range()
        return mine[0] <= theirs[1] and theirs[0] <= mine[1]

    def _range(self) -> tuple[int, int]:
        content = self.content
        return int(content["starting_hash_key"]), int(content["ending_hash_key"])


def on_records(listener: Callable[[], None]) -> None:
    """Call `listener` whenever a record was put into any stream."""
    _listeners.append(listener)


def put(stream: dict[str, Any], partition_key: str, data: bytes) -> None:
    """Append a record as PutRecord does; StreamError if Kinesis would refuse it."""
    if stream["StreamStatus"] != "ACTIVE":
        raise StreamError(f"stream is {stream['StreamStatus']}")
    if not 1 <= len(partition_key) <= MAX_KEY_CHARS:
        raise StreamError(f"partition key has {len(partition_key)} characters")
    if len(data) > MAX_RECORD_BYTES:
        raise StreamError(f"record has {len(data)} bytes, over {MAX_RECORD_BYTES}")
    expire(stream)
    shard_id = kinesis._route_to_shard(
        kinesis._partition_key_to_hash(partition_key), stream
    )
    stream["shards"][shard_id]["records"].append(
        {
            "SequenceNumber": kinesis._next_sequence_number(),
            "ApproximateArrivalTimestamp": round(time.time(), 3),
            "Data": _Base64(base64.b64encode(data), "ascii"),
            "PartitionKey": partition_key,
        }
    )
    notify()


def notify() -> None:
    """Tell the listeners that there may be something to read."""
    for listener in _listeners:
        listener()


def shards(stream: dict[str, Any]) -> list[Shard]:
    """Every shard that can be read, closed ones first, parents before children."""
    closed = [
        Shard(shard_id, content, True, generation)
        for shard_id, content, generation in list(stream.get(_CLOSED, ()))
    ]
    now = len(stream.get(_CLOSED, ()))
    open_ = [Shard(sid, c, False, now) for sid, c in list(stream["shards"].items())]
    return closed + open_


def end(shard: Shard) -> int:
    """The offset behind the newest record."""
    with trim_lock:
        return int(shard.content.get(TRIMMED, 0)) + len(shard.content["records"])


def offset_at(shard: Shard, at_s: float) -> int:
    """The offset of the first record that came at *at_s* or later."""
    with trim_lock:
        trimmed = int(shard.content.get(TRIMMED, 0))
        before = (
            record["ApproximateArrivalTimestamp"] < at_s
            for record in shard.content["records"]
        )
        return trimmed + sum(1 for one in before if one)


def read(shard: Shard, offset: int, limit: int) -> list[Record]:
    """Up to `limit` records from `offset` on, or from the oldest one kept."""
    with trim_lock:
        trimmed = shard.content.get(TRIMMED, 0)
        start = max(offset - trimmed, 0)
        window = shard.content["records"][start : start + limit]
    return [_record(raw, trimmed + start + i) for i, raw in enumerate(window)]


class Growth(NamedTuple):
    """What came into a shard: how many records and bytes, and the offset behind."""

    records: int
    size: int
    end: int


def growth(shard: Shard, offset: int) -> Growth:
    """What came into a shard from `offset` on and is still kept."""
    with trim_lock:
        trimmed = int(shard.content.get(TRIMMED, 0))
        unread = shard.content["records"][max(offset - trimmed, 0) :]
        behind = trimmed + len(shard.content["records"])
    return Growth(len(unread), sum(_size(raw["Data"]) for raw in unread), behind)


def _size(base64_text: str) -> int:
    return len(base64_text) * 3 // 4 - base64_text[-2:].count("=")


def _record(raw: dict[str, Any], offset: int) -> Record:
    data = raw["Data"]
    return Record(
        sequence_number=raw["SequenceNumber"],
        partition_key=raw["PartitionKey"],
        data=data if isinstance(data, _Base64) else kinesis._ensure_base64(data),
        arrived_at=raw["ApproximateArrivalTimestamp"],
        offset=offset,
    )


def _keeping_closed(reshard: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Wrap a reshard operation so that what it closes stays readable."""

    def wrapped(data: Any) -> Any:
        _name, stream = kinesis._resolve_stream(data)
        before = dict(stream["shards"]) if stream else {}
        response = reshard(data)
        if stream:
            _close(stream, before)
            notify()
        return response

    return wrapped


def _close(stream: dict[str, Any], before: dict[str, Any]) -> None:
    after = stream["shards"]
    gone = {sid: c for sid, c in before.items() if after.get(sid) is not c}
    closed = stream.setdefault(_CLOSED, [])
    generation = len(closed)
    closed.extend((sid, content, generation) for sid, content in gone.items())
    used_ids = {shard_id for shard_id, _content, _generation in closed}
    if used_ids & set(after):
        # UpdateShardCount numbers its shards from 0 again; AWS never reuses an id.
        stream["shards"] = _numbered_after(used_ids, after)


def _numbered_after(shard_ids: set[str], shards: dict[str, Any]) -> dict[str, Any]:
    first = 1 + max(int(shard_id.split("-")[1]) for shard_id in shard_ids)
    contents = enumerate(shards.values(), first)
    return {f"shardId-{number:012d}": content for number, content in contents}


class _Wake:
    """MiniStack's wake-up event, telling our listeners too."""

    def __init__(self, event: Any) -> None:
        self._event = event

    def set(self) -> None:
        """A record was put."""
        self._event.set()
        notify()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._event, name)


def _apply_records() -> None:
    kinesis._expire_records = expire
    kinesis.esm_wake = _Wake(kinesis.esm_wake)


def _apply_reshard() -> None:
    for name in ("_split_shard", "_merge_shards", "_update_shard_count"):
        setattr(kinesis, name, _keeping_closed(getattr(kinesis, name)))


PATCHES = (
    Patch(
        "stream records",
        "PutRecord copies the whole shard, which grows for a day, and only MiniStack's "
        "poller hears of it",
        [(kinesis, n) for n in ("_route_to_shard", "_partition_key_to_hash")]
        + [(kinesis, n) for n in ("_next_sequence_number", "_ensure_base64")]
        + [(kinesis, "esm_wake"), (kinesis, "_streams")]
        + [(kinesis._shard_iterators, "_data")],
        [(kinesis, "_expire_records", "9f3968926430")],
        _apply_records,
    ),
    Patch(
        "resharding",
        "records of a closed shard are lost with it",
        [(kinesis, "_resolve_stream")],
        [
            (kinesis, "_split_shard", "79e732074645"),
            (kinesis, "_merge_shards", "4440fcd2a9bb"),
            (kinesis, "_update_shard_count", "79b02ca7148f"),
        ],
        _apply_reshard,
    ),
)
