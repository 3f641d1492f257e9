"""An outage of a local city, from the first refusal to the redrive.

The processor loses its tables, or the rule its stream; what is published ends up in the
dead letters, the permission is restored, sensors continue, the letters are redriven.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from traffic.policy import MINUTE_MS
from traffic.timestamps import minute_text
from trafficctl.audit.command import audit, settle
from trafficctl.audit.evidence import Evidence
from trafficctl.audit.identity import Report
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import scan
from trafficctl.publishing.devices import unit_name
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.publisher import (
    PublishTarget,
    SentReading,
    TimedMessage,
    payload,
    publish_run,
)
from trafficctl.up.command import City

SENSORS = 25  # of each segment, all in one message of each minute
AROUND = 3  # minutes before and after the outage
PATIENCE_S = 300.0
NOTICED_S = 2.0  # the local city remembers what a role may do for a second
LOOK_S = 0.5


@dataclass(frozen=True)
class Plan:
    """How much is lost, *minutes* of *segments*, and whether the rule loses it."""

    segments: int
    minutes: int
    rate: float
    by_rule: bool = False

    @property
    def readings(self) -> int:
        """Readings lost."""
        return self.segments * self.minutes * SENSORS

    def names(self) -> list[str]:
        """The segments."""
        kind = "rule" if self.by_rule else "processor"
        return [f"{kind}-{number}" for number in range(self.segments)]


@dataclass(frozen=True)
class Outcome:
    """What came of it; times in seconds."""

    letters: int
    dead_lettered: int
    command_s: float
    whole_s: float
    report: Report
    holes: int
    doubled: int


class Outage:
    """One outage of a city; `TRAFFIC_HOME` and the AWS settings point at it."""

    def __init__(self, city: City, outputs: dict[str, str], plan: Plan) -> None:
        self._city, self._outputs, self._plan = city, outputs, plan
        self._session = city.session()
        self._evidence = Evidence.of_stack(city.stack)
        now_ms = time.time_ns() // 1_000_000
        self._first = now_ms // MINUTE_MS - plan.minutes - 3 * AROUND
        self._before = self._counted()

    def run(self) -> Outcome:
        """Go through it; raises TimeoutError where something never happens."""
        begun, ended = self._first + AROUND, self._first + AROUND + self._plan.minutes
        around, lost = AROUND * self._plan.segments * SENSORS, self._plan.readings
        self._publish(range(self._first, begun))
        self._until_counted(around)
        with self._broken():
            self._publish(range(begun, ended))
            _until(lambda: self._new() + self._dead_lettered() == around + lost)
        letters, dead_lettered = self._letters(), self._dead_lettered()
        self._publish(range(ended, ended + AROUND))
        self._until_counted(2 * around + lost - dead_lettered)
        began = time.monotonic()
        self._redrive(dead_lettered)
        command_s = time.monotonic() - began
        self._until_counted(2 * around + lost)
        whole_s = time.monotonic() - began
        report = settle(lambda: audit(self._evidence), 20.0)
        return Outcome(
            letters, dead_lettered, command_s, whole_s, report, *self._history()
        )

    def _redrive(self, dead_lettered: int) -> None:
        command = [sys.executable, "-m", "trafficctl", "redrive", "--execute", "--json"]
        command += ["--rate", str(self._plan.rate)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        if json.loads(done.stdout)["readings"] != dead_lettered:
            raise RuntimeError(f"redrive said {done.stdout.decode()}")

    def _counted(self) -> int:
        stored = self._evidence.stored()
        return stored.accepted + stored.duplicate

    def _new(self) -> int:
        return self._counted() - self._before

    def _until_counted(self, readings: int) -> None:
        _until(lambda: self._new() >= readings)

    def _dead_lettered(self) -> int:
        letters = self._evidence.set_aside().dead_letters
        return letters.in_doubt + letters.undelivered

    def _letters(self) -> int:
        pages = aws.client(self._session, "s3").get_paginator("list_objects_v2")
        prefix = "undelivered/" if self._plan.by_rule else "aws/lambda/"
        listing = pages.paginate(
            Bucket=self._outputs["DeadLetterBucket"], Prefix=prefix
        )
        return sum(page.get("KeyCount", 0) for page in listing)

    def _history(self) -> tuple[int, int]:
        """Readings missing from the minutes that were lost, and those too many."""
        lost = range(self._first + AROUND, self._first + AROUND + self._plan.minutes)
        texts = {minute_text(minute) for minute in lost}
        table = self._outputs["SegmentHistoryTable"]
        dynamodb = aws.client(self._session, "dynamodb")
        readings: Counter[tuple[str, str]] = Counter()
        for row in scan(dynamodb, table, ("segment_id", "minute", "readings"), True):
            if row["minute"] in texts:
                readings[row["segment_id"], row["minute"]] = row["readings"]
        wanted = [(name, text) for name in self._plan.names() for text in texts]
        holes = sum(max(0, SENSORS - readings[key]) for key in wanted)
        return holes, sum(max(0, readings[key] - SENSORS) for key in readings)

    def _publish(self, minutes: range) -> None:
        segments = self._plan.names()
        target = PublishTarget(self._session, self._city.stack, self._outputs)
        publish_run(target, segments, 1, lambda: _messages(segments, minutes), 0)

    @contextlib.contextmanager
    def _hasty_mapping(self) -> Iterator[None]:
        """A mapping that gives up at once: by itself it would try for 23 hours."""
        client = aws.client(self._session, "lambda")
        name = self._outputs["ProcessorFunction"]
        (mapping,) = client.list_event_source_mappings(FunctionName=name)[
            "EventSourceMappings"
        ]
        hasty = {"MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": False}
        client.update_event_source_mapping(UUID=mapping["UUID"], **hasty)
        yield
        usual = {name: mapping[name] for name in hasty}
        client.update_event_source_mapping(UUID=mapping["UUID"], **usual)

    @contextlib.contextmanager
    def _broken(self) -> Iterator[None]:
        """The rule may not write the stream, or the processor not use its tables."""
        if self._plan.by_rule:
            with self._without(self._rules_role(), "put-readings"):
                yield
            return
        client = aws.client(self._session, "lambda")
        name = self._outputs["ProcessorFunction"]
        role = client.get_function_configuration(FunctionName=name)["Role"]
        with self._hasty_mapping(), self._without(role, "write-tables"):
            yield

    def _rules_role(self) -> str:
        iot = aws.client(self._session, "iot")
        rule = iot.get_topic_rule(ruleName=self._outputs["IngestRule"])["rule"]
        return str(rule["actions"][0]["kinesis"]["roleArn"])

    @contextlib.contextmanager
    def _without(self, role_arn: str, policy: str) -> Iterator[None]:
        iam = aws.client(self._session, "iam")
        named = {"RoleName": role_arn.rpartition("/")[2], "PolicyName": policy}
        document = iam.get_role_policy(**named)["PolicyDocument"]
        iam.delete_role_policy(**named)
        time.sleep(NOTICED_S)
        try:
            yield
        finally:
            iam.put_role_policy(**named, PolicyDocument=json.dumps(document))
            time.sleep(NOTICED_S)


def _messages(segments: Sequence[str], minutes: range) -> Iterator[TimedMessage]:
    """A message of each segment for each minute, all of them due at once."""
    for minute in minutes:
        for segment in segments:
            readings = [
                SentReading(
                    sensor_id=f"lane-{number}",
                    timestamp=minute * MINUTE_MS + number,
                    vehicle_count=number,
                    average_speed=50.0 + number,
                    interval=60,
                )
                for number in range(SENSORS)
            ]
            message = MqttMessage(payload(readings), len(readings))
            yield TimedMessage(0.0, unit_name(segment, 1), message)


def _until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the city did not come to what was waited for")
        time.sleep(LOOK_S)
