"""The city as a sweep reads it, and the memory that one leaves to the next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ..aws import dynamodb as aws_dynamodb
from ..aws import segment_items
from ..aws.dynamodb import MOST_STATEMENTS, called, chunks, pages, refusal_of
from ..errors import Conflict, StoreError
from ..segment.state_codec import unpack
from . import memory as packed_memory
from .last_heard import Seen
from .left_out import LeftOut
from .memory import Memory

MEMORY_KEY = "memory.msgpack"
PARALLEL_SCANS = 4
_MORE = ("received_at", "updated_at", "left_out")
_WANTED = ("segment_id", *segment_items.read_attributes(), *_MORE)


class DynamoSegments:
    """Every segment that was ever heard, by scans with eventual consistency.

    What follows from them is written under the version that was read.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> list[Seen]:
        """Return every segment heard; raises StoreError."""
        with ThreadPoolExecutor(PARALLEL_SCANS) as pool:
            parts = pool.map(lambda part: list(self._part(part)), range(PARALLEL_SCANS))
            return [seen for found in parts for seen in found]

    def leave_out(self, changes: Sequence[LeftOut]) -> None:
        """Write who is left out of the figures; raises StoreError.

        Where another sweep was faster, the next one finds what is left to do.
        """
        statements = [statement(self._table, change) for change in changes]
        for part in chunks(statements, MOST_STATEMENTS):
            answer = called(self._client.batch_execute_statement, Statements=part)
            for one in answer["Responses"]:
                refusal = refusal_of(one.get("Error"))
                if refusal is not None and not isinstance(refusal, Conflict):
                    raise refusal

    def _part(self, part: int) -> Iterator[Seen]:
        names = {f"#{place}": name for place, name in enumerate(_WANTED)}
        request: dict[str, Any] = {
            "TableName": self._table,
            "Segment": part,
            "TotalSegments": PARALLEL_SCANS,
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
        for item in pages(self._client.scan, request):
            if "state" in item:
                yield from _seen(item)


def _seen(item: dict[str, Any]) -> Iterator[Seen]:
    """Yield the segment, or say why it can't be read: it must not stop the others."""
    segment_id = item["segment_id"]["S"]
    try:
        stored = segment_items.segment_of(segment_id, item)
        state = unpack(stored.packed)
        received = aws_dynamodb.value_of(item["received_at"])
        updated, left_out = (
            aws_dynamodb.value_of(item["updated_at"]),
            item.get("left_out"),
        )
        reasons = None if left_out is None else aws_dynamodb.value_of(left_out)
        yield Seen(stored, state, received, updated, reasons)
    except (KeyError, ValueError, TypeError, msgspec.MsgspecError) as error:
        told = {"event": "health.unreadable", "segment_id": segment_id}
        print(json.dumps({**told, "fault": repr(error)}))


def statement(table: str, change: LeftOut) -> dict[str, Any]:
    """Return the statement that marks a segment, if it still is as it was read.

    It touches what no one else writes, and not the version: the processor's write of
    the same item needs no second try.
    """
    names = ("suspects", "left_out")
    values: list[Any] = []
    told = " ".join(f'REMOVE "{name}"' for name in names)
    if change.reasons is not None:
        told = " ".join(f'SET "{name}"=?' for name in names)
        values = [{"SS": list(change.sensors)}, aws_dynamodb.attribute(change.reasons)]
    where = '"left_out" IS MISSING' if change.before is None else '"left_out"=?'
    held = [] if change.before is None else [aws_dynamodb.attribute(change.before)]
    return {
        "Statement": f'UPDATE "{table}" {told} WHERE "segment_id"=? AND {where}',
        "Parameters": [*values, aws_dynamodb.attribute(change.segment_id), *held],
    }


class S3Memory:
    """The memory as one object of a bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def recall(self) -> Memory:
        """Return the last sweep's memory; an empty one where it can't be read."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=MEMORY_KEY)
            return packed_memory.unpack(found["Body"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            print(json.dumps({"event": "health.no_memory", "fault": str(error)}))
            return Memory()

    def keep(self, memory: Memory) -> None:
        """Leave *memory* to the next sweep; raises StoreError."""
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=MEMORY_KEY, Body=packed_memory.pack(memory)
            )
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"s3 {self._bucket}: {error}") from error
