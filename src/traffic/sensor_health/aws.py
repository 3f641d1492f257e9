"""What a sweep reads and writes: segments, faults, its memory, the processor's lag."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ..aws import cloudwatch, segment_items
from ..aws import dynamodb as aws_dynamodb
from ..aws.dynamodb import (
    MOST_STATEMENTS,
    call_aws,
    chunks,
    pages,
    refusal_of,
    values_of,
)
from ..errors import Conflict, MetricsError, StoreError
from ..segment.state_codec import unpack
from . import memory as packed_memory
from .fault_items import change, fault_of, insertion, reopening, sent
from .faults import STANDINGS, Fault
from .last_heard import ScannedSegment
from .left_out import LeftOut
from .memory import Memory
from .processor_lag import is_behind, span_s

METRICS = {
    "records": cloudwatch.INCOMING_RECORDS,
    "age_ms": cloudwatch.ITERATOR_AGE,
}
PARALLEL_WRITES = 4
MEMORY_KEY = "memory.msgpack"
PARALLEL_SCANS = 4
_MORE = ("received_at", "updated_at", "left_out")
_WANTED = ("segment_id", *segment_items.read_attributes(), *_MORE)


class DynamoSegments:
    """All segments that have ever reported, by eventually consistent scans.

    Changes are written on condition of the version read.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> list[ScannedSegment]:
        """Return all segments; raises StoreError."""
        with ThreadPoolExecutor(PARALLEL_SCANS) as pool:
            parts = pool.map(lambda part: list(self._part(part)), range(PARALLEL_SCANS))
            return [scanned for part in parts for scanned in part]

    def leave_out(self, changes: Sequence[LeftOut]) -> None:
        """Write which sensors are left out of the figures; raises StoreError.

        If another sweep was first, the next one writes what is still different.
        """
        statements = [statement(self._table, change) for change in changes]
        aws_dynamodb.execute(self._client, statements)

    def _part(self, part: int) -> Iterator[ScannedSegment]:
        client, table = self._client, self._table
        for item in aws_dynamodb.scan(client, table, _WANTED, part, PARALLEL_SCANS):
            if "state" in item:
                yield from _scanned_segments(item)


def _scanned_segments(item: dict[str, Any]) -> Iterator[ScannedSegment]:
    """Yield the segment, or log why it cannot be read: it must not block the others."""
    segment_id = item["segment_id"]["S"]
    try:
        stored = segment_items.segment_of(segment_id, item)
        state = unpack(stored.packed)
        received = aws_dynamodb.value_of(item["received_at"])
        updated = aws_dynamodb.value_of(item["updated_at"])
        left_out = item.get("left_out")
        reasons = None if left_out is None else aws_dynamodb.value_of(left_out)
        yield ScannedSegment(stored, state, received, updated, reasons)
    except (KeyError, ValueError, TypeError, msgspec.MsgspecError) as error:
        actions = {"event": "health.unreadable", "segment_id": segment_id}
        print(json.dumps({**actions, "fault": repr(error)}))


def statement(table: str, change: LeftOut) -> dict[str, Any]:
    """Return the statement that marks a segment, if `left_out` is unchanged.

    It writes attributes that only sensor health writes, and not the version, so a write
    of the processor to the same item does not conflict.
    """
    names = ("suspects", "left_out")
    values: list[Any] = []
    actions = " ".join(f'REMOVE "{name}"' for name in names)
    if change.reasons is not None:
        actions = " ".join(f'SET "{name}"=?' for name in names)
        values = [{"SS": list(change.sensors)}, aws_dynamodb.attribute(change.reasons)]
    where = '"left_out" IS MISSING' if change.before is None else '"left_out"=?'
    held = [] if change.before is None else [aws_dynamodb.attribute(change.before)]
    return {
        "Statement": f'UPDATE "{table}" {actions} WHERE "segment_id"=? AND {where}',
        "Parameters": [*values, aws_dynamodb.attribute(change.segment_id), *held],
    }


class S3MemoryStore:
    """The memory as one object of a bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def load(self) -> Memory:
        """Return the last sweep's memory, an empty one if it cannot be read."""
        try:
            stored = self._client.get_object(Bucket=self._bucket, Key=MEMORY_KEY)
            return packed_memory.unpack(stored["Body"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            print(json.dumps({"event": "health.no_memory", "fault": str(error)}))
            return Memory()

    def save(self, memory: Memory) -> None:
        """Store *memory*; raises StoreError."""
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=MEMORY_KEY, Body=packed_memory.pack(memory)
            )
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"s3 {self._bucket}: {error}") from error


class DynamoFaults:
    """The faults in DynamoDB, written by conditional statements, 25 per call."""

    def __init__(self, client: Any, table: str, retention_days: int) -> None:
        self._client = client
        self._table = table
        self._days = retention_days

    def standing(self) -> list[Fault]:
        """Return all that are open, closing or dismissed; raises StoreError."""
        return standing(self._client, self._table, STANDINGS)

    def write(
        self, opened: Sequence[Fault], changed: Sequence[tuple[Fault, Fault]]
    ) -> dict[str, Optional[StoreError]]:
        """Write each, or Conflict if another sweep won; returns errors by fault_id."""
        table, days = self._table, self._days
        ids = [fault.fault_id for fault in opened]
        statements = [insertion(table, fault, days) for fault in opened]
        ids += [was.fault_id for was, _ in changed]
        statements += [change(table, was, fault, days) for was, fault in changed]
        outcomes = dict(zip(ids, self._execute(statements)))
        return {**outcomes, **self._reopen(opened, outcomes)}

    def _reopen(
        self, opened: Sequence[Fault], outcomes: Mapping[str, Optional[StoreError]]
    ) -> dict[str, Optional[StoreError]]:
        """Reopen faults whose row exists: it may be closed, not another sweep's."""
        again = [f for f in opened if isinstance(outcomes[f.fault_id], Conflict)]
        statements = [reopening(self._table, fault, self._days) for fault in again]
        return dict(zip((f.fault_id for f in again), self._execute(statements)))

    def mark_sent(self, faults: Sequence[Fault]) -> None:
        """Empty their outboxes, unless events were added; raises StoreError."""
        statements = [sent(self._table, fault) for fault in faults]
        for refusal in self._execute(statements):
            if refusal is not None and not isinstance(refusal, Conflict):
                raise refusal

    def _execute(self, statements: Sequence[Any]) -> list[Optional[StoreError]]:
        parts = chunks(statements, MOST_STATEMENTS)
        if not parts:
            return []
        with ThreadPoolExecutor(PARALLEL_WRITES) as pool:
            return [one for met in pool.map(self._execute_some, parts) for one in met]

    def _execute_some(self, statements: Sequence[Any]) -> list[Optional[StoreError]]:
        call = self._client.batch_execute_statement
        try:
            answers = call_aws(call, Statements=list(statements))["Responses"]
        except StoreError as error:
            return [error] * len(statements)
        return [refusal_of(answer.get("Error")) for answer in answers]


def standing(client: Any, table: str, standings: Sequence[str]) -> list[Fault]:
    """Return the faults of these standings, by their index; raises StoreError."""
    return [
        fault_of(values_of(item))
        for one in standings
        for item in pages(client.query, _standing_query(table, one))
    ]


def _standing_query(table: str, one: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "IndexName": "open_faults",
        "KeyConditionExpression": "open_flag = :standing",
        "ExpressionAttributeValues": {":standing": {"S": one}},
    }


class CloudWatchLag:
    """The processor's lag from metrics, by one call per sweep."""

    def __init__(self, client: Any, stream: str, processor: str) -> None:
        self._client = client
        self._names = stream, processor

    def is_behind(self, now_ms: int) -> bool:
        """Return whether the processor is behind; raises MetricsError."""
        now_s = now_ms // 1000
        request = cloudwatch.metric_data_request(METRICS, *self._names, *span_s(now_s))
        try:
            answer = self._client.get_metric_data(**request)
        except (BotoCoreError, ClientError) as error:
            raise MetricsError(f"cloudwatch: {error}") from error
        incomplete = cloudwatch.incomplete_metrics(METRICS, answer["MetricDataResults"])
        if incomplete:
            problems = ", ".join(
                f"{name} is {status}" for name, status in incomplete.items()
            )
            raise MetricsError(f"cloudwatch: {problems}")
        series = cloudwatch.minutes(answer)
        return is_behind(series["records"], series["age_ms"], now_s)
