"""Work for the roles, and what came of it: a batch, a record, a line of the log."""

from __future__ import annotations

import base64
import itertools
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..device import Device, register
from .stack import Stack

_numbers = itertools.count(1)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def fresh_segment() -> str:
    """A segment that no sensor has reported on."""
    return f"seg-{uuid.uuid4().hex[:12]}"


def reading(at_ms: int, **fields: Any) -> dict[str, Any]:
    """A reading of slow traffic; `fields` replace and add."""
    usual = {"sensor_id": "s1", "vehicle_count": 5, "average_speed": 20.0}
    return {**usual, "timestamp": at_ms, **fields}


class Answer(NamedTuple):
    """What the processor said: does something have to come again, and why."""

    failed: bool
    faults: tuple[str, ...]


class Stored(NamedTuple):
    """What a batch has left behind for its segment."""

    accepted: int
    minutes: int
    alerts: int
    unsent: bool
    set_aside: int


NOTHING = Stored(accepted=0, minutes=0, alerts=0, unsent=False, set_aside=0)
ALL = Stored(accepted=4, minutes=2, alerts=1, unsent=False, set_aside=1)


@dataclass(frozen=True)
class Batch:
    """A batch of a new segment, that asks everything of the processor.

    It opens an alert, closes a minute, brings a reading that is late by minutes and
    one that is to be set aside.
    """

    stack: Stack
    segment: str
    began_ms: int
    number: int

    def event(self) -> dict[str, Any]:
        """What Lambda would make of its records: the same whenever it comes again."""
        jam = [
            reading(self.began_ms + 60_000 * n, congestion_score=60) for n in range(3)
        ]
        late = reading(self.began_ms - 300_000, sensor_id="s2")
        bad = reading(self.began_ms, vehicle_count=-1)
        return self._event([*jam, late, bad], first=1)

    def mere_update(self) -> dict[str, Any]:
        """One more reading, of the minute that is open: it changes one item."""
        return self._event([reading(self.began_ms + 130_000)], first=6)

    def _event(self, readings: list[dict[str, Any]], first: int) -> dict[str, Any]:
        return {"Records": [self._record(r, n) for n, r in enumerate(readings, first)]}

    def _record(self, one: dict[str, Any], number: int) -> dict[str, Any]:
        sequence_number = f"{self.began_ms}{self.number:04d}{number:03d}"
        return {
            "eventID": f"shardId-000000000000:{sequence_number}",
            "kinesis": {
                "partitionKey": self.segment,
                "sequenceNumber": sequence_number,
                "data": base64.b64encode(json.dumps(one).encode()).decode(),
                "approximateArrivalTimestamp": self.began_ms / 1000 + 200,
            },
        }

    def invoke(self, event: dict[str, Any]) -> Answer:
        """Have the processor work on `event`, as Lambda's poller would."""
        answer = self.stack.client("lambda").invoke(
            FunctionName=self.stack.outputs["ProcessorFunction"],
            Payload=json.dumps(event),
            LogType="Tail",
        )
        said = json.load(answer["Payload"])
        printed = base64.b64decode(answer["LogResult"]).decode().splitlines()
        lines = [json.loads(line) for line in printed]
        return Answer(
            bool(said["batchItemFailures"]),
            tuple(line["fault"] for line in lines if "fault" in line),
        )

    def stored(self) -> Stored:
        """What it has left behind."""
        item = self.stack.segment(self.segment)
        minutes = self.stack.items("SegmentHistoryTable", segment_id=self.segment)
        alerts = self.stack.items("CongestionAlertsTable", segment_id=self.segment)
        set_aside = "".join(self.stack.objects("QuarantineBucket").values())
        return Stored(
            accepted=item.get("accepted", 0),
            minutes=len(minutes),
            alerts=len(alerts),
            unsent="outbox" in item,
            set_aside=set_aside.count(self.segment),
        )


def new_batch(stack: Stack) -> Batch:
    """A batch of a fresh segment, that began ten minutes ago."""
    began_ms = (now_ms() // 60_000 - 10) * 60_000
    return Batch(stack, fresh_segment(), began_ms, next(_numbers))


class Stream:
    """The stream, and the mapping that reads it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def put(self) -> str:
        """Put a reading of a fresh segment into the stream; gives the segment."""
        segment = fresh_segment()
        self._stack.client("kinesis").put_record(
            StreamName=self._stack.outputs["ReadingsStream"],
            PartitionKey=segment,
            Data=json.dumps(reading(now_ms())).encode(),
        )
        return segment

    def has_processed(self, segment: str) -> bool:
        """Whether the reading of that segment is stored, and the mapping content."""
        return bool(self._stack.segment(segment)) and self.result() == "OK"

    def result(self) -> str:
        """What the mapping says of its last turn."""
        return str(self._stack.mapping()["LastProcessingResult"])

    def letters(self) -> str:
        """All that the mapping gave up on and set aside."""
        return "".join(self._stack.objects("DeadLetterBucket", "aws/lambda/").values())

    def lament(self) -> str:
        """The city's log, which says what the mapping gave up and could not set aside.

        On AWS a metric does, DestinationDeliveryFailures.
        """
        return Path(self._stack.city.log).read_text(errors="replace")


class Publisher:
    """A device of the template's kind, and what becomes of its messages."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack, self.segment, name = stack, fresh_segment(), "dev-roles"
        own = register(stack, folder, name, {"segment_id": self.segment})
        self.device = Device(stack.city, name, own)
        prefix = stack.outputs["IngestTopicPrefix"]
        self._topic = f"{prefix}/{self.segment}/{name}"

    def publish(self) -> int:
        """Publish a reading; gives its timestamp. The PUBACK comes after the rule."""
        at_ms = now_ms()
        assert self.device.publish(self._topic, reading(at_ms)) == "Success"
        return at_ms

    def letters(self) -> list[str]:
        """The messages of this device that are kept as dead letters."""
        kept = self._stack.objects("DeadLetterBucket", "undelivered/").values()
        lines = [line for text in kept for line in text.splitlines()]
        return [line for line in lines if f"/{self.segment}/" in line]

    def sent_on(self) -> int:
        """How many messages the rule's error action sent on, to be kept.

        One that is kept this moment counts twice, until it leaves the queue.
        """
        return len(self.letters()) + self.waiting()

    def waiting(self) -> int:
        """How many messages wait in the queue to be kept."""
        url = self._stack.outputs["UndeliveredQueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._stack.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=names
        )["Attributes"]
        return sum(int(found[name]) for name in names)

    def is_in_time(self, at_ms: int) -> bool:
        """Whether the reading of that instant, or a later one, came to its segment."""
        return self._stack.segment(self.segment).get("observed_at", 0) >= at_ms


def logs_of_processor(stack: Stack) -> int:
    """How many invocations the processor's log group has."""
    group = f"/aws/lambda/{stack.outputs['ProcessorFunction']}"
    logs = stack.client("logs")
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
    return sum(len(page["logStreams"]) for page in pages)
