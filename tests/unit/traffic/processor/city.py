"""The whole of AWS around the processor, in memory, with calls that fail on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.unit.traffic.segment.builders import POLICY, ROAD, ms
from traffic.aws import dynamodb as aws_dynamodb
from traffic.aws.dynamodb import Tables
from traffic.aws.event_bus import EventBridgeBus
from traffic.aws.segment_store import DynamoStore
from traffic.processor.aws import S3Quarantine
from traffic.processor.function import process
from traffic.processor.ports import ProcessorPorts
from traffic.segment.windows import unpack as unpack_window

from ..aws.fake_dynamodb import FakeDynamoDB, refused

TABLES = Tables("segments", "history", "alerts")
ROAD_ITEM = {name: getattr(ROAD, name) for name in ("name", "district", "lanes")}
ROAD_ITEM["free_flow_speed"] = 50
Records = Sequence[dict[str, Any]]


class Crash(BaseException):
    """The function's process is gone: nothing of ours may catch this."""


class FakeEventBridge:
    """Keeps events; refuses the first *refuses* of them, in an answer of 200."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.refuses = 0

    def put_events(self, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto3's
        assert 0 < len(Entries) <= 10
        answers: list[dict[str, Any]] = []
        for entry in Entries:
            if self.refuses:
                self.refuses -= 1
                answers.append({"ErrorCode": "ThrottlingException"})
                continue
            assert (entry["Source"], entry["EventBusName"]) == ("city.traffic", "bus")
            self.events.append(json.loads(entry["Detail"]))
            answers.append({"EventId": str(len(self.events))})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}


class FakeS3:
    """Keeps objects by key; the last one written stays."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, Key: str, Body: bytes, **_: Any) -> Any:  # noqa: N803 - boto3's
        self.objects[Key] = Body
        return {}


@dataclass
class Line:
    """What one life of the function says to AWS: calls in their order.

    Call *fail_at* goes wrong by *how*: `crash before` and `crash after` end the life,
    `throttle` refuses the call, `no answer` carries it out and says nothing, and
    `meanwhile` lets something else happen first. A life that ended calls no more.
    """

    fail_at: int = 0
    how: str = "crash before"
    meanwhile: Callable[[], object] = lambda: None
    calls: list[str] = field(default_factory=list)
    is_dead: bool = False
    lock: Any = field(default_factory=Lock)

    def through(self, name: str, call: Callable[..., Any], asked: Any) -> Any:
        with self.lock:
            if self.is_dead:
                raise Crash
            self.calls.append(name)
            if len(self.calls) != self.fail_at:
                return call(**asked)
            return getattr(self, "_" + self.how.replace(" ", "_"))(name, call, asked)

    def _crash_before(self, *_: Any) -> Any:
        self.is_dead = True
        raise Crash

    def _crash_after(self, _name: str, call: Callable[..., Any], asked: Any) -> Any:
        self.is_dead = True
        call(**asked)
        raise Crash

    def _throttle(self, name: str, *_: Any) -> Any:
        raise refused("ThrottlingException", name)

    def _no_answer(self, _name: str, call: Callable[..., Any], asked: Any) -> Any:
        call(**asked)
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1")

    def _meanwhile(self, _name: str, call: Callable[..., Any], asked: Any) -> Any:
        self.meanwhile()
        return call(**asked)


class Wire:
    """A client whose every call goes through a line."""

    def __init__(self, client: Any, line: Line) -> None:
        self._client = client
        self._line = line

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        return lambda **asked: self._line.through(name, call, asked)


class City:
    """The tables, the bus, the bucket, and the function between them and a shard."""

    def __init__(self, *known: str, dynamodb: Any = None) -> None:
        self.dynamodb = dynamodb or FakeDynamoDB()
        self.bus = FakeEventBridge()
        self.s3 = FakeS3()
        for segment_id in known:
            key = {"segment_id": segment_id}
            item = aws_dynamodb.attributes({**key, **ROAD_ITEM, "line": "a line"})
            self.dynamodb.put_item(TableName="segments", Item=item)

    def ports(self, line: Line | None = None) -> ProcessorPorts:
        """The ports of the function; its log lines go to *line*."""
        line = line or Line()
        return ProcessorPorts(
            DynamoStore(
                Wire(self.dynamodb, line), TABLES, 30, lambda _: None, lambda: 1
            ),
            EventBridgeBus(Wire(self.bus, line), "bus"),
            S3Quarantine(Wire(self.s3, line), "bucket"),
            lambda: ms(5),
            replace(POLICY, hold_s=0, clear_hold_s=60),
        )

    def process(self, records: Records, line: Line | None = None) -> Any:
        """One invocation."""
        return process(records, self.ports(line), "city")

    def deliver(self, records: Records, line: Line, bisect: bool = False) -> None:
        """Deliver as Lambda does: again from the checkpoint, until nothing failed.

        After a crash the whole batch comes again, or with *bisect* its two halves.
        """
        try:
            failed = self.process(records, line)["batchItemFailures"]
        except Crash:
            middle = len(records) // 2 if bisect and len(records) > 1 else len(records)
            for part in (records[:middle], records[middle:]):
                if part:
                    self.deliver(part, Line())
            return
        if failed:
            numbers = [one["kinesis"]["sequenceNumber"] for one in records]
            checkpoint = numbers.index(failed[0]["itemIdentifier"])
            self.deliver(records[checkpoint:], Line())

    def picture(self) -> dict[str, Any]:
        """All that outlives the function, but for how often a segment was written."""
        return {
            "segments": [_without(row, "version") for row in self.rows("segments")],
            "history": [_summed(row) for row in self.rows("history")],
            "alerts": list(self.rows("alerts")),
            "events": {event["event_id"]: event for event in self.bus.events},
            "quarantine": self.quarantined(),
        }

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table as plain values."""
        found = self.dynamodb.rows(table)
        return [
            {n: aws_dynamodb.value_of(row[n]) for n in sorted(row)} for row in found
        ]

    def quarantined(self) -> dict[tuple[str, Any], dict[str, Any]]:
        """What was set aside, each reading once."""
        lines = b"".join(self.s3.objects.values()).decode().splitlines()
        told = [json.loads(line) for line in lines]
        return {(one["sequence_number"], one["index"]): one for one in told}


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _summed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "sums": unpack_window(row["sums"])}
