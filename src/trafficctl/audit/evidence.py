"""What the audit counts: counters, quarantine, dead letters and the publishers' tally.

The counting is pure (`rejected_readings`, `count_letters`); `Evidence` fetches. What
redrive has moved away or begun with is told by its journal (`redrive.journal`).
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
from trafficctl.local.state_dir import belongings, home
from trafficctl.publishing import tally
from trafficctl.redrive.buckets import Buckets
from trafficctl.redrive.dead_letters import (
    MOST_BYTES,
    QUARANTINE_PREFIX,
    Entry,
    UnreadableError,
    batch_of,
    content_of,
    record_of,
    rejections_of,
)
from trafficctl.redrive.journal import JOURNAL, MOVED, History, Place
from trafficctl.redrive.quarantined import Refused, Rejections, count_refused
from trafficctl.redrive.selection import stretches


@dataclass(frozen=True)
class SetAside:
    """What did not go into the tables, and what of it was put back, in readings."""

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
    distinct: Rejections = {}
    for body in objects:
        distinct.update(rejections_in(body))
    return sum(distinct.values())


def rejections_in(body: bytes) -> Rejections:
    """The rejections in a quarantine object. Raises CityError."""
    try:
        lines = rejections_of(body)
    except UnreadableError as error:
        raise CityError(
            f"an object in quarantine can't be read: {error} - it was not written by "
            "the processor; move it out of the bucket and repeat"
        ) from None
    return {
        (line["sequence_number"], line["index"]): line["readings"] for line in lines
    }


def count_letters(objects: Iterable[bytes]) -> DeadLetters:
    """Readings in dead letters, of Lambda (in doubt) and of the IoT rule (lost)."""
    undelivered, records = 0, {}
    for body in objects:
        try:
            content = content_of(body)
            if "base64OriginalPayload" in content:
                payload = record_of(content["base64OriginalPayload"])
                undelivered += _readings_in([payload])
                continue
            for record in batch_of(content):
                records[record["eventID"]] = _readings_in([record])
        except UnreadableError as error:
            raise CityError(
                f"a dead letter can't be read: {error} - it was not written by the "
                "stream's mapping or the rule; move it out of the bucket and repeat"
            ) from None
    return DeadLetters(undelivered, sum(records.values()))


def _readings_in(records: list[dict[str, Any]]) -> int:
    """Readings in records of the stream, counted as the processor counts them."""
    return sum(found.readings for found in decode_batch(records, now_ms=0).values())


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
        """The evidence of a deployed stack. Raises CityError when it is not."""
        session = aws.session()
        outputs = aws.stack_outputs(session, stack)
        dynamodb, s3 = aws.client(session, "dynamodb"), aws.client(session, "s3")
        return cls(dynamodb, s3, outputs, belongings(home(stack), dynamodb))

    def stored(self) -> Stored:
        """What the segments have counted, by consistent reads."""
        table = self.outputs["RoadSegmentsTable"]
        return stored_readings(scan(self._dynamodb, table, COUNTER_FIELDS, True))

    def made_s(self) -> float:
        """When the table of the segments was made, in seconds since the epoch."""
        found = self._dynamodb.describe_table(
            TableName=self.outputs["RoadSegmentsTable"]
        )
        made: float = found["Table"]["CreationDateTime"].timestamp()
        return made

    def set_aside(self) -> SetAside:
        """Readings in quarantine and in dead letters, and those put back from there."""
        history = History(self._buckets.pages())
        refused = self._refused(history)
        waiting = self._letters(lambda place: not history.knows(place))
        begun = self._letters(history.is_begun) if history.begun else DeadLetters()
        doubtful = begun.undelivered + begun.in_doubt + refused.interrupted
        redriven = Redriven(history.put, doubtful, history.copies + refused.copies)
        return SetAside(refused.waiting, waiting, redriven)

    def _refused(self, history: History) -> Refused:
        buckets = self._buckets

        def under(prefix: str) -> Iterator[tuple[Place, Rejections]]:
            listed = buckets.entries(buckets.quarantine, prefix + QUARANTINE_PREFIX)
            for entry, body in self._bodies(listed):
                key = entry.key[len(prefix) :]
                yield (entry.bucket, key), rejections_in(body)

        return count_refused(under(""), under(MOVED), history)

    def _letters(self, wanted: Callable[[Place], bool]) -> DeadLetters:
        buckets = self._buckets
        listed = (
            entry
            for entry in buckets.entries(buckets.letters, "")
            if not entry.key.startswith((MOVED, JOURNAL))
            and wanted((entry.bucket, entry.key))
        )
        return count_letters(body for _, body in self._bodies(listed))

    def _bodies(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes]]:
        """Objects one after the other, however many: few are in memory at once."""
        for together in stretches(entries):
            for entry in together:
                if entry.size > MOST_BYTES:
                    raise CityError(
                        f"s3://{entry.bucket}/{entry.key} is larger than any letter - "
                        "move it out of the bucket and repeat"
                    )
            yield from self._buckets.bodies(together)

    def has_tally(self) -> bool:
        """Whether anything was ever published from this machine."""
        return bool(self._runs())

    def published(self) -> Published:
        """What this machine's publishers handed to MQTT, by their tally."""
        return published_readings(self._runs())

    def _runs(self) -> list[tally.Run]:
        return tally.read(self._directory / tally.FILE_NAME)
