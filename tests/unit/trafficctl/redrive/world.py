"""A city that lost messages in every way, and a redrive over it, all in memory."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.unit.traffic.processor.city import City
from tests.unit.traffic.segment.builders import START, message, ms, reading, record
from traffic.undelivered.letters import Undelivered, body_of, key_of
from trafficctl.audit.evidence import Evidence, stored_readings
from trafficctl.audit.identity import Published, Report, reconcile
from trafficctl.redrive.buckets import Buckets
from trafficctl.redrive.dead_letters import StoredObject
from trafficctl.redrive.run import Redrive
from trafficctl.redrive.selected_objects import SelectedObjects
from trafficctl.redrive.selection import Selection
from trafficctl.redrive.stream_writer import StreamWriter

from .fakes import Clock, FakeKinesis, FakeS3, Life

OUTPUTS = {
    "DeadLetterBucket": "letters",
    "QuarantineBucket": "refused",
    "ReadingsStream": "stream",
}
LETTERS, REFUSED = OUTPUTS["DeadLetterBucket"], OUTPUTS["QuarantineBucket"]
BATCH_KEY = "aws/lambda/7f1e/shardId-000000000000/2026/11/22/2026-11-22T10.00.00-ab"
Record = dict[str, Any]
ALL = Selection()
# The histories of the roads `a` and `b` of `hole`, when all is put back.
FILLED = [
    {"08:00": 1, "08:01": 3, "08:02": 1, "08:03": 2},
    {"08:00": 1, "08:01": 1, "08:02": 1, "08:03": 1},
]
MAPPING = "aws/lambda/7f1e/shardId-000000000000"


class World:
    """Tables, stream and buckets, and how many readings devices published."""

    def __init__(self) -> None:
        self.city, self.s3 = City(), FakeS3()
        self.kinesis = FakeKinesis(lambda: self.s3.life)
        self.published = 0
        self._numbers = itertools.count(1)
        self._seen = 0
        self._runs = itertools.count(1)
        for bucket in (LETTERS, REFUSED):
            self.s3.buckets[bucket] = {}

    def say(self, segment: str, *readings: Record) -> Record:
        """A message that comes into the stream: its record."""
        self.published += len(readings)
        return record(next(self._numbers), message(*readings), segment)

    def apply(self, *records: Record) -> None:
        """The processor takes records; what it refuses comes into quarantine."""
        if records:
            assert self.city.process(records) == {"batchItemFailures": []}
        self.s3.buckets[REFUSED].update(self.city.s3.objects)
        self.city.s3.objects.clear()

    def give_up(self, *records: Record, as_text: bool = False) -> str:
        """The mapping gives a batch up: the key of its letter."""
        event: Any = {"Records": list(records)}
        number = records[0]["kinesis"]["sequenceNumber"]
        key = f"{MAPPING}/2027/01/15/2027-01-15T08.00.{int(number):02d}-ab"
        payload = json.dumps(event) if as_text else event
        letter = {"requestContext": {}, "payload": payload}
        self.s3.buckets[LETTERS][key] = json.dumps(letter).encode()
        return key

    def fail_to_put(self, segment: str, *readings: Record, seconds: float = 0) -> str:
        """An earlier version's rule can't put a message: the key of its letter."""
        self.published += len(readings)
        key = f"iot/{segment}/{ms(seconds)}-{next(self._numbers)}.json"
        self.s3.buckets[LETTERS][key] = error_message(segment, *readings).encode()
        return key

    def keep_undelivered(self, *messages: Undelivered) -> str:
        """The function keeps a batch of the queue: the key of its letter."""
        key = key_of(messages)
        self.s3.buckets[LETTERS][key] = body_of(messages)
        return key

    def undelivered(
        self, segment: str, *readings: Record, seconds: float = 0
    ) -> Undelivered:
        """The rule can't put a message into the stream: what the queue has."""
        self.published += len(readings)
        body = error_message(segment, *readings)
        return Undelivered(f"message-{next(self._numbers)}", ms(seconds), body)

    def redrive(
        self,
        selection: Selection = ALL,
        quarantine: bool = True,
        execute: bool = True,
        life: Life | None = None,
    ) -> Redrive:
        """Run the command's work, in a life of its own."""
        clock = Clock()
        self.s3.life = life or Life()
        stream = StreamWriter(self.kinesis, "stream", 1e9, clock, clock.sleep)
        buckets = Buckets(self.s3, OUTPUTS)
        try:
            work = Redrive(buckets, SelectedObjects(buckets, selection, quarantine))
            if execute:
                work.objects.resume()
                work.execute(stream, f"run-{next(self._runs)}", lambda _count: None)
            else:
                work.survey(lambda _count: None)
        finally:
            self.s3.life = Life()
        return work

    def drain(self) -> None:
        """The processor takes what redrive put into the stream, 700 s on."""
        new = self.kinesis.records[self._seen :]
        self._seen = len(self.kinesis.records)
        self.apply(
            *(
                record(next(self._numbers), r["Data"], r["PartitionKey"], arrived=700)
                for r in new
            )
        )

    def audit(self) -> Report:
        """The audit of this moment."""
        evidence = Evidence(None, self.s3, OUTPUTS, Path("nowhere"))
        aside = evidence.set_aside()
        rows = self.city.rows("segments")
        stored = stored_readings(rows)
        published = Published(self.published, self.published)
        return reconcile(
            published, stored, aside.rejected, aside.dead_letters, aside.redriven
        )

    def history(self, segment: str) -> dict[str, int]:
        """Readings of each minute that is written, by its clock time."""
        rows = [r for r in self.city.rows("history") if r["segment_id"] == segment]
        return {row["minute"][11:16]: row["readings"] for row in rows}

    def letters(self) -> list[str]:
        """The letters that wait."""
        return [
            key
            for key in self.s3.keys(LETTERS)
            if not key.startswith(("redriven/", "journal/"))
        ]


def error_message(segment: str, *readings: Record) -> str:
    """What the rule's error action sends."""
    payload = json.dumps({"readings": readings}).encode()
    return json.dumps(
        {
            "ruleName": "city_traffic_ingest",
            "topic": f"$aws/rules/city_traffic_ingest/traffic/{segment}/rsu-1",
            "clientId": "rsu-1",
            "base64OriginalPayload": base64.b64encode(payload).decode(),
            "failures": [],
        }
    )


def stored(key: str = BATCH_KEY, size: int = 100, day: int = 0) -> StoredObject:
    """An object of the dead letters, written at START or days later."""
    return StoredObject(LETTERS, key, size, START + day * 86_400_000)


def lane(sensor: str, *instants: float, **fields: Any) -> list[Record]:
    """Readings of one sensor."""
    return [reading(sensor, second, **fields) for second in instants]


def hole(world: World) -> None:
    """Minutes 1 to 3 of two roads are lost in three ways, then all goes on.

    Of the batch that was given up, road `b` had been applied.
    """
    world.apply(world.say("a", *lane("x", 0)), world.say("b", *lane("x", 0)))
    lost = [world.say("a", *lane("x", 60, 90)), world.say("a", *lane("y", 65))]
    doubtful = world.say("b", *lane("x", 60, 120))
    world.apply(doubtful)
    world.give_up(*lost, doubtful)
    world.give_up(world.say("a", *lane("x", 120)), as_text=True)
    world.fail_to_put("a", *lane("x", 180), *lane("y", 185), seconds=185)
    world.fail_to_put("b", *lane("x", 180), seconds=181)
    bad = world.say("a", *lane("x", 240, count=-1), *lane("y", 240))
    world.apply(bad, world.say("a", *lane("x", 300)), world.say("b", *lane("x", 300)))


def whole_history(world: World) -> Sequence[dict[str, int]]:
    """The histories of both roads."""
    return [world.history("a"), world.history("b")]


def lost() -> World:
    """A city after such an outage."""
    world = World()
    hole(world)
    return world
