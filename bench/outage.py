"""An outage of the processor on a local city, from the first refusal to the redrive.

The processor loses its tables, what is published is given up into the dead letters, the
permission comes back, the sensors go on, and the letters are put back.
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
from traffic.times import minute_text
from trafficctl import aws
from trafficctl.audit import audit, settle
from trafficctl.city import City
from trafficctl.devices import device_id
from trafficctl.evidence import Evidence
from trafficctl.links import Message
from trafficctl.publisher import SentReading, Target, Timed, payload, publish_run
from trafficctl.reconcile import Report
from trafficctl.tables import scan

SENSORS = 25  # of each segment, all in one message of each minute
AROUND = 3  # minutes before and after the outage
PATIENCE_S = 900.0
LOOK_S = 0.5


@dataclass(frozen=True)
class Plan:
    """How much is lost: *minutes* of *segments*."""

    segments: int
    minutes: int
    rate: float

    @property
    def readings(self) -> int:
        """Readings lost."""
        return self.segments * self.minutes * SENSORS

    def names(self) -> list[str]:
        """The segments."""
        return [f"outage-{number}" for number in range(self.segments)]


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

    def run(self) -> Outcome:
        """Go through it; raises TimeoutError where something never happens."""
        begun, ended = self._first + AROUND, self._first + AROUND + self._plan.minutes
        self._publish(range(self._first, begun))
        _until(lambda: self._accepted() == AROUND * self._per_minute())
        with self._hasty_mapping(), self._without_tables():
            self._publish(range(begun, ended))
            _until(lambda: self._dead_lettered() == self._plan.readings)
        letters = self._letters()
        self._publish(range(ended, ended + AROUND))
        _until(lambda: self._accepted() == 2 * AROUND * self._per_minute())
        return self._put_back(letters)

    def _put_back(self, letters: int) -> Outcome:
        dead_lettered, began = self._dead_lettered(), time.monotonic()
        command = [sys.executable, "-m", "trafficctl", "redrive", "--execute", "--json"]
        command += ["--rate", str(self._plan.rate)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        command_s = time.monotonic() - began
        if json.loads(done.stdout)["readings"] != self._plan.readings:
            raise RuntimeError(f"redrive said {done.stdout.decode()}")
        everything = self._plan.readings + 2 * AROUND * self._per_minute()
        _until(lambda: self._accepted() + self._duplicate() >= everything)
        whole_s = time.monotonic() - began
        report = settle(lambda: audit(self._evidence), 20.0)
        holes, doubled = self._history()
        return Outcome(
            letters, dead_lettered, command_s, whole_s, report, holes, doubled
        )

    def _per_minute(self) -> int:
        return self._plan.segments * SENSORS

    def _accepted(self) -> int:
        return self._evidence.stored().accepted

    def _duplicate(self) -> int:
        return self._evidence.stored().duplicate

    def _dead_lettered(self) -> int:
        return self._evidence.set_aside().dead_letters.in_doubt

    def _letters(self) -> int:
        pages = aws.client(self._session, "s3").get_paginator("list_objects_v2")
        bucket = self._outputs["DeadLetterBucket"]
        found = pages.paginate(Bucket=bucket, Prefix="aws/lambda/")
        return sum(page.get("KeyCount", 0) for page in found)

    def _history(self) -> tuple[int, int]:
        """Readings that lack in the minutes that were lost, and that are too many."""
        lost = range(self._first + AROUND, self._first + AROUND + self._plan.minutes)
        texts = {minute_text(minute) for minute in lost}
        table = self._outputs["SegmentHistoryTable"]
        dynamodb = aws.client(self._session, "dynamodb")
        found: Counter[tuple[str, str]] = Counter()
        for row in scan(dynamodb, table, ("segment_id", "minute", "readings"), True):
            if row["minute"] in texts:
                found[row["segment_id"], row["minute"]] = row["readings"]
        wanted = [(name, text) for name in self._plan.names() for text in texts]
        holes = sum(max(0, SENSORS - found[key]) for key in wanted)
        return holes, sum(max(0, found[key] - SENSORS) for key in found)

    def _publish(self, minutes: range) -> None:
        segments = self._plan.names()
        target = Target(self._session, self._city.stack, self._outputs)
        publish_run(target, segments, 1, lambda: _messages(segments, minutes), 0)

    @contextlib.contextmanager
    def _hasty_mapping(self) -> Iterator[None]:
        """A mapping that gives up at once: by itself it would try for 23 hours."""
        client = aws.client(self._session, "lambda")
        name = self._outputs["ProcessorFunction"]
        (found,) = client.list_event_source_mappings(FunctionName=name)[
            "EventSourceMappings"
        ]
        before = {
            "MaximumRetryAttempts": found["MaximumRetryAttempts"],
            "BisectBatchOnFunctionError": found["BisectBatchOnFunctionError"],
        }
        client.update_event_source_mapping(
            UUID=found["UUID"],
            MaximumRetryAttempts=0,
            BisectBatchOnFunctionError=False,
        )
        yield
        client.update_event_source_mapping(UUID=found["UUID"], **before)

    @contextlib.contextmanager
    def _without_tables(self) -> Iterator[None]:
        """The processor may not read or write its tables."""
        client = aws.client(self._session, "lambda")
        name = self._outputs["ProcessorFunction"]
        role = client.get_function_configuration(FunctionName=name)["Role"]
        iam, role = aws.client(self._session, "iam"), role.rpartition("/")[2]
        policy = {"RoleName": role, "PolicyName": "write-tables"}
        document = iam.get_role_policy(**policy)["PolicyDocument"]
        iam.delete_role_policy(**policy)
        yield
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))


def _messages(segments: Sequence[str], minutes: range) -> Iterator[Timed]:
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
            message = Message(payload(readings), len(readings))
            yield Timed(0.0, device_id(segment, 1), message)


def _until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the city did not come to what was waited for")
        time.sleep(LOOK_S)
