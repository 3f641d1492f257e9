"""What the audit counts: counters, quarantine, dead letters and the publishers' tally.

The counting is pure (`rejections_in`, `count_letters`); `Evidence` fetches. The
journal of redrive says which objects it has moved or started (`redrive.journal`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traffic.processor.records import decode_batch
from trafficctl.audit.identity import DeadLetters, Published, Redriven, Stored
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import COUNTER_FIELDS, Item, scan
from trafficctl.errors import CityError
from trafficctl.local.state_dir import home, state_path
from trafficctl.publishing import tally
from trafficctl.redrive.buckets import Buckets
from trafficctl.redrive.dead_letters import (
    MOST_BYTES,
    QUARANTINE_PREFIX,
    StoredObject,
    UnreadableError,
    batch_of,
    contents_of,
    is_message,
    record_of,
    rejections_of,
)
from trafficctl.redrive.journal import JOURNAL, MOVED, History, ObjectKey
from trafficctl.redrive.quarantined import (
    QuarantineCounts,
    Rejections,
    count_rejections,
)
from trafficctl.redrive.selection import chunks


@dataclass(frozen=True)
class SetAside:
    """Readings that are not in the tables, and those redriven from there."""

    rejected: int
    dead_letters: DeadLetters
    redriven: Redriven


def stored_readings(segments: Iterable[Item]) -> Stored:
    """The sum of the segments' counters."""
    totals = dict.fromkeys(COUNTER_FIELDS, 0)
    for segment in segments:
        for field in COUNTER_FIELDS:
            totals[field] += segment.get(field, 0)
    return Stored(**totals)


def published_readings(runs: Iterable[tally.Run]) -> Published:
    """The sum of the publishing runs of this machine."""
    all_runs = list(runs)
    return Published(
        readings=sum(run.readings for run in all_runs),
        acknowledged=sum(run.acknowledged for run in all_runs),
        resent=sum(run.resent for run in all_runs),
        unfinished_runs=sum(run.ended_at is None for run in all_runs),
    )


def rejections_in(body: bytes) -> Rejections:
    """The rejections in a quarantine object. Raises CityError."""
    try:
        lines = rejections_of(body)
    except UnreadableError as error:
        raise CityError(
            f"cannot read an object in quarantine: {error} - it was not written by "
            "the processor; move it out of the bucket and repeat"
        ) from None
    return {
        (line["sequence_number"], line["index"]): line["readings"] for line in lines
    }


def count_letters(objects: Iterable[bytes]) -> DeadLetters:
    """Readings in dead letters, of Lambda (in doubt) and of the IoT rule (lost)."""
    undelivered, records = 0, {}
    messages = set[str]()
    for body in objects:
        try:
            for content in contents_of(body):
                if not is_message(content):
                    for record in batch_of(content):
                        records[record["eventID"]] = _readings_in([record])
                elif _is_new(content, messages):
                    payload = record_of(content["base64OriginalPayload"])
                    undelivered += _readings_in([payload])
        except UnreadableError as error:
            raise CityError(
                f"cannot read a dead letter: {error} - it was not written by the "
                "stream's mapping or the rule; move it out of the bucket and repeat"
            ) from None
    return DeadLetters(undelivered, sum(records.values()))


def _is_new(message: dict[str, Any], known: set[str]) -> bool:
    """Whether a message is not in *known*; adds it. A queue may deliver one twice."""
    message_id = message.get("message_id")  # none in objects of earlier versions
    if message_id is None:
        return True
    is_new = message_id not in known
    known.add(message_id)
    return is_new


def _readings_in(records: list[dict[str, Any]]) -> int:
    """Readings in stream records, counted as the processor does."""
    return sum(segment.readings for segment in decode_batch(records, now_ms=0).values())


class Evidence:
    """Fetches what the audit counts from a deployed stack and this machine's tally."""

    def __init__(
        self, dynamodb: Any, s3: Any, outputs: dict[str, str], directory: Path
    ) -> None:
        self._dynamodb = dynamodb
        self._buckets = Buckets(s3, outputs)
        self.outputs = outputs
        self._directory = directory

    @classmethod
    def of_stack(cls, stack: str) -> Evidence:
        """The evidence of a deployed stack. Raises CityError if it is not deployed."""
        session = aws.session()
        outputs = aws.stack_outputs(session, stack)
        dynamodb, s3 = aws.client(session, "dynamodb"), aws.client(session, "s3")
        return cls(dynamodb, s3, outputs, state_path(home(stack), dynamodb))

    def stored(self) -> Stored:
        """The counters of all segments, by consistent reads."""
        table = self.outputs["RoadSegmentsTable"]
        return stored_readings(scan(self._dynamodb, table, COUNTER_FIELDS, True))

    def created_s(self) -> float:
        """When the segments' table was created, in seconds since the epoch."""
        answer = self._dynamodb.describe_table(
            TableName=self.outputs["RoadSegmentsTable"]
        )
        created_s: float = answer["Table"]["CreationDateTime"].timestamp()
        return created_s

    def set_aside(self) -> SetAside:
        """Readings in quarantine and in dead letters, and those redriven from there."""
        history = History(self._buckets.journal_entries())
        quarantined = self._refused(history)
        waiting = self._letters(lambda place: not history.knows(place))
        interrupted = (
            self._letters(history.is_interrupted)
            if history.has_interrupted
            else DeadLetters()
        )
        doubtful = (
            interrupted.undelivered + interrupted.in_doubt + quarantined.interrupted
        )
        redriven = Redriven(history.put, doubtful, history.copies + quarantined.copies)
        return SetAside(quarantined.waiting, waiting, redriven)

    def _refused(self, history: History) -> QuarantineCounts:
        buckets = self._buckets

        def under(prefix: str) -> Iterator[tuple[ObjectKey, Rejections]]:
            listed = buckets.objects(buckets.quarantine, prefix + QUARANTINE_PREFIX)
            for stored, body in self._bodies(listed):
                key = stored.key[len(prefix) :]
                yield (stored.bucket, key), rejections_in(body)

        return count_rejections(under(""), under(MOVED), history)

    def _letters(self, is_wanted: Callable[[ObjectKey], bool]) -> DeadLetters:
        buckets = self._buckets
        listed = (
            stored
            for stored in buckets.objects(buckets.letters, "")
            if not stored.key.startswith((MOVED, JOURNAL))
            and is_wanted((stored.bucket, stored.key))
        )
        return count_letters(body for _, body in self._bodies(listed))

    def _bodies(
        self, objects: Iterable[StoredObject]
    ) -> Iterator[tuple[StoredObject, bytes]]:
        """Objects with their bodies; only a chunk is in memory at once."""
        for chunk in chunks(objects):
            for stored in chunk:
                if stored.size > MOST_BYTES:
                    raise CityError(
                        f"s3://{stored.bucket}/{stored.key} is too large for a dead "
                        "letter - move it out of the bucket and repeat"
                    )
            yield from self._buckets.bodies(chunk)

    def has_tally(self) -> bool:
        """Whether this machine has ever published."""
        return bool(self._runs())

    def published(self) -> Published:
        """What this machine published, by its tally."""
        return published_readings(self._runs())

    def _runs(self) -> list[tally.Run]:
        return tally.read(self._directory / tally.FILE_NAME)
