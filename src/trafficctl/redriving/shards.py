"""Reading a Kinesis stream again, beside the processor and without disturbing it.

All who poll a shard share 5 calls and 2 MB a second. Here it is read by two calls and
1 MB a second at most: the processor keeps three calls, and as many bytes as can come
into the shard. Several shards are read at a time, so that each has its own pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import md5
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from trafficctl.errors import CityError
from trafficctl.patience import pause_s

LEAST_PAUSE_S = 0.5
MOST_BYTES_PER_S = 1_000_000
FIRST_RECORDS = 50  # of a shard whose messages are of unknown size
MOST_RECORDS = 10_000  # of one GetRecords
MOST_TRIES = 8
PARALLEL = 16  # shards that are read at a time
TOGETHER_S = 0.1  # shards that are due within so long wait for each other

Found = dict[str, Any]  # a record, as GetRecords gives it
_FULL = {"ProvisionedThroughputExceededException", "KMSThrottlingException"}
_EXPIRED = "ExpiredIteratorException"  # five minutes after it was given


class Span(NamedTuple):
    """Records that arrived from *begin_ms* to before *end_ms*, of all or a segment."""

    begin_ms: int
    end_ms: int
    segment: str | None = None


class Read(NamedTuple):
    """What one call gave of a shard, and how far through the span it came, in ms.

    *reached_ms* is the instant up to which the shard has been read.
    """

    shard: str
    records: Sequence[Found]
    covered_ms: int
    reached_ms: int = 0


@dataclass
class _Place:
    """Where the reading of a shard stands; *due* is when it may be read again, in s."""

    shard: str
    reached_ms: int
    due: float
    iterator: str | None = None
    after: str | None = None
    limit: int = FIRST_RECORDS
    refusals: int = 0


class Shards:
    """The shards of a stream, read again; *clock* and *sleep* are in seconds.

    The stream is named by its ARN in each call, so that leave to read that one is
    enough.
    """

    def __init__(
        self,
        kinesis: Any,
        arn: str,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._kinesis, self._arn = kinesis, arn
        self.name = arn.rpartition("/")[2]
        self._clock, self._sleep = clock, sleep

    def names(self, span: Span) -> list[str]:
        """The shards that may hold what is meant, the closed ones among them."""
        begin = {"Type": "FROM_TIMESTAMP", "Timestamp": _moment(span.begin_ms)}
        answer = self._kinesis.list_shards(StreamARN=self._arn, ShardFilter=begin)
        found = list(answer["Shards"])
        while answer.get("NextToken"):
            answer = self._kinesis.list_shards(
                StreamARN=self._arn, NextToken=answer["NextToken"]
            )
            found += answer["Shards"]
        return [one["ShardId"] for one in found if _may_hold(one, span.segment)]

    def read(self, names: Sequence[str], span: Span) -> Iterator[Read]:
        """Read the shards through the span, each in its order."""
        places = [_Place(name, span.begin_ms, self._clock()) for name in names]
        with ThreadPoolExecutor(PARALLEL) as pool:
            while places:
                due = _due(places)
                self._sleep(max(0.0, due[-1].due - self._clock()))
                answers = list(pool.map(lambda one: self._answer(one, span), due))
                for place, answer in zip(due, answers, strict=True):
                    if answer is None:
                        continue
                    read, is_over = _taken(place, answer, span)
                    if is_over:
                        places.remove(place)
                    yield read

    def _answer(self, place: _Place, span: Span) -> Any:
        """What a shard has next, None when it has to be asked again."""
        try:
            iterator = place.iterator or self._iterator(place, span)
            answer = self._kinesis.get_records(
                StreamARN=self._arn, ShardIterator=iterator, Limit=place.limit
            )
        except ClientError as error:
            self._note_refusal(place, error)
            return None
        place.iterator, place.refusals = answer.get("NextShardIterator"), 0
        place.due = self._clock() + _pause_s(answer["Records"])
        return answer

    def _iterator(self, place: _Place, span: Span) -> str:
        start: dict[str, Any] = {
            "ShardIteratorType": "AT_TIMESTAMP",
            "Timestamp": _moment(span.begin_ms),
        }
        if place.after is not None:
            start = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": place.after,
            }
        answer = self._kinesis.get_shard_iterator(
            StreamARN=self._arn, ShardId=place.shard, **start
        )
        return str(answer["ShardIterator"])

    def _note_refusal(self, place: _Place, error: Any) -> None:
        code = error.response.get("Error", {}).get("Code")
        place.refusals += 1
        if code not in _FULL | {_EXPIRED}:
            raise error
        if place.refusals == MOST_TRIES:
            raise CityError(
                f"{place.shard} of the stream {self.name} is read by others all the "
                f"time ({code}) - wait until the processor has caught up, and repeat"
            ) from None
        if code == _EXPIRED:
            place.iterator = None
        else:
            place.due = self._clock() + pause_s(place.refusals)


def _due(places: Sequence[_Place]) -> list[_Place]:
    """The shards to be read next, at the same time: when the last of them is due."""
    order = sorted(places, key=lambda one: one.due)[:PARALLEL]
    return [one for one in order if one.due <= order[0].due + TOGETHER_S]


def _taken(place: _Place, answer: Any, span: Span) -> tuple[Read, bool]:
    """What an answer holds of the span, and whether the shard has no more of it."""
    found, before_ms = answer["Records"], place.reached_ms
    records = [one for one in found if arrived_ms(one) < span.end_ms]
    is_at_tip = not found and not answer.get("MillisBehindLatest")
    is_over = place.iterator is None or is_at_tip or len(records) < len(found)
    if found:
        place.after, place.limit = found[-1]["SequenceNumber"], _limit(found)
    if is_over:
        place.reached_ms = span.end_ms
    elif found:
        place.reached_ms = max(before_ms, arrived_ms(found[-1]))
    covered_ms = place.reached_ms - before_ms
    return Read(place.shard, records, covered_ms, place.reached_ms), is_over


def arrived_ms(record: Found) -> int:
    """When a record came into the stream."""
    return int(record["ApproximateArrivalTimestamp"].timestamp() * 1000)


def _size(records: Sequence[Found]) -> int:
    return sum(len(one["Data"]) + len(one["PartitionKey"]) for one in records)


def _pause_s(records: Sequence[Found]) -> float:
    return max(LEAST_PAUSE_S, _size(records) / MOST_BYTES_PER_S)


def _limit(records: Sequence[Found]) -> int:
    """How many such records make up the bytes of one call."""
    size = _size(records) / len(records)
    return max(1, min(MOST_RECORDS, int(MOST_BYTES_PER_S / size)))


def _may_hold(shard: Any, segment: str | None) -> bool:
    if segment is None:
        return True
    keys = shard["HashKeyRange"]
    place = int(md5(segment.encode(), usedforsecurity=False).hexdigest(), 16)
    return int(keys["StartingHashKey"]) <= place <= int(keys["EndingHashKey"])


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, timezone.utc)
