"""What the audit counts: counters, quarantine, dead letters and the publishers' tally.

The counting is pure (`rejected_readings`, `count_letters`); `Evidence` fetches.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from traffic.intake import intake
from trafficctl import aws, tally
from trafficctl.errors import CityError
from trafficctl.home import home
from trafficctl.reconcile import DeadLetters, Published, Stored
from trafficctl.tables import COUNTER_FIELDS, Item, scan

QUARANTINE_PREFIX = "quarantine/"
PARALLEL_READS = 8


def stored_readings(segments: Iterable[Item]) -> Stored:
    """The sum of the segments' counters."""
    totals = dict.fromkeys(COUNTER_FIELDS, 0)
    for segment in segments:
        for field in COUNTER_FIELDS:
            totals[field] += segment.get(field, 0)
    return Stored(**totals)


def published_readings(runs: Iterable[tally.Run]) -> Published:
    """The sum of the publishing runs of this machine."""
    found = list(runs)
    return Published(
        readings=sum(run.readings for run in found),
        acknowledged=sum(run.acknowledged for run in found),
        resent=sum(run.resent for run in found),
        unfinished_runs=sum(run.ended_at is None for run in found),
    )


def rejected_readings(objects: Iterable[bytes]) -> int:
    """Readings set aside in quarantine objects.

    A batch that is retried with another first record names its object anew, so the
    same rejection may lie in two objects: (sequence number, index) tells.
    """
    rejections = (json.loads(line) for body in objects for line in body.splitlines())
    distinct = {(r["sequence_number"], r["index"]): r["readings"] for r in rejections}
    return sum(distinct.values())


def count_letters(objects: Iterable[bytes]) -> DeadLetters:
    """Readings in dead letters, of Lambda (in doubt) and of the IoT rule (lost)."""
    undelivered, records = 0, {}
    for body in objects:
        letter = json.loads(body)
        if "base64OriginalPayload" in letter:
            undelivered += _readings_in([_record_of(letter["base64OriginalPayload"])])
            continue
        for record in _batch_of(letter):
            records[record["eventID"]] = record
    return DeadLetters(undelivered, _readings_in(list(records.values())))


def _batch_of(letter: dict[str, Any]) -> list[dict[str, Any]]:
    """The records in Lambda's object; `payload` is the event, or its text."""
    event = letter.get("payload")
    if isinstance(event, str):
        event = json.loads(event)
    if not isinstance(event, dict) or "Records" not in event:
        msg = (
            "a dead letter holds no `payload` with records - it was not written by "
            "the stream's mapping or the rule; move it out of the bucket and repeat"
        )
        raise CityError(msg)
    return list(event["Records"])


def _record_of(data: str) -> dict[str, Any]:
    return {"kinesis": {"data": data, "partitionKey": "-", "sequenceNumber": "0"}}


def _readings_in(records: list[dict[str, Any]]) -> int:
    """Readings in records of the stream, counted as the processor counts them."""
    return intake(records, now_ms=0).readings


class Evidence:
    """Fetches what the audit counts from a deployed stack and this machine's tally."""

    def __init__(
        self, dynamodb: Any, s3: Any, outputs: dict[str, str], directory: Path
    ) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._outputs = outputs
        self._directory = directory

    @classmethod
    def of_stack(cls, stack: str) -> Evidence:
        """The evidence of a deployed stack. Raises CityError when it is not."""
        session = aws.session()
        outputs = aws.stack_outputs(session, stack)
        dynamodb, s3 = aws.client(session, "dynamodb"), aws.client(session, "s3")
        return cls(dynamodb, s3, outputs, home(stack))

    def stored(self) -> Stored:
        """What the segments have counted, by consistent reads."""
        table = self._outputs["RoadSegmentsTable"]
        return stored_readings(scan(self._dynamodb, table, COUNTER_FIELDS, True))

    def rejected(self) -> int:
        """Readings in quarantine."""
        bucket = self._outputs["QuarantineBucket"]
        return rejected_readings(self._bodies(bucket, QUARANTINE_PREFIX))

    def dead_letters(self) -> DeadLetters:
        """Readings in dead letters."""
        return count_letters(self._bodies(self._outputs["DeadLetterBucket"], ""))

    def published(self) -> Published:
        """What this machine's publishers handed to MQTT, by their tally."""
        return published_readings(tally.read(self._directory / tally.FILE_NAME))

    def _bodies(self, bucket: str, prefix: str) -> list[bytes]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        )
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]

        def read(key: str) -> bytes:
            body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            return body

        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            return list(pool.map(read, keys))
