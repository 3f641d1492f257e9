"""What the stream still holds and the tables lack, as something to put back.

Of most records that are read again all readings are in the tables. The processor's own
rules say which it would still take, by what the tables hold, and only those go back.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec.structs import replace

from traffic.errors import StoreError
from traffic.fold import fold
from traffic.intake import opened
from traffic.model import Parcel, StoredSegment
from traffic.policy import Policy
from traffic.restore import Rows, minutes_in_question
from traffic.state import unpack
from traffic.store import Store
from trafficctl.errors import CityError
from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.journal import OPEN, Page
from trafficctl.redriving.letters import STREAM, Entry, Letter, again
from trafficctl.redriving.shards import Found, Read, Shards, Span, arrived_ms
from trafficctl.redriving.work import Leave, Stretch

Event = dict[str, Any]  # a record, as Lambda would hand it to the processor


def missing(
    stored: StoredSegment, parcels: Iterable[Parcel], policy: Policy, rows: Rows
) -> Iterator[str]:
    """The sequence numbers of messages of which the processor would take a reading."""
    state = unpack(stored.packed)
    for parcel in parcels:
        if fold(state, [parcel], stored.road, policy, rows).accepted:
            yield parcel.sequence_number


class Covered(NamedTuple):
    """A part of a shard, all that lacks of which is in the stream: of all segments,
    or of one."""

    shard: str
    first: int
    last: int
    segment: str = ""

    @property
    def key(self) -> str:
        """The name of it in the journal."""
        return f"{self.shard}/{self.first}-{self.last}/{self.segment}"

    @classmethod
    def of_key(cls, key: str) -> Covered:
        """The part that was so named."""
        shard, numbers, segment = key.split("/", 2)
        first, last = numbers.split("-")
        return cls(shard, int(first), int(last), segment)

    def touches(self, read: Read) -> bool:
        """Whether it may hold some of what was read."""
        return read.shard == self.shard and not (
            int(read.records[-1]["SequenceNumber"]) < self.first
            or self.last < int(read.records[0]["SequenceNumber"])
        )

    def holds(self, record: Found) -> bool:
        """Whether a record of its shard is in it."""
        is_between = self.first <= int(record["SequenceNumber"]) <= self.last
        return is_between and self.segment in {"", record["PartitionKey"]}


class Tables:
    """Tells by the tables what is missing; *clock* is in ms."""

    def __init__(self, store: Store, policy: Policy, clock: Callable[[], int]) -> None:
        self._store, self._policy, self._clock = store, policy, clock

    def missing(self, told: dict[str, Sequence[Parcel]]) -> set[str]:
        """The sequence numbers of messages that lack, of those of each segment.

        Raises CityError where a table does not answer.
        """
        stored = _whole(self._store.read(list(told)))
        now_ms, policy = self._clock(), self._policy
        minutes = {s: minutes_in_question(told[s], now_ms, policy) for s in told}
        rows = _whole(self._store.rows(minutes))
        return {
            number
            for segment_id, parcels in told.items()
            for number in missing(stored[segment_id], parcels, policy, rows[segment_id])
        }


def _whole(answers: dict[str, Any]) -> dict[str, Any]:
    for answer in answers.values():
        if isinstance(answer, StoreError):
            raise CityError(f"{answer} - wait until the tables answer, and repeat")
    return answers


@dataclass
class Looked:
    """What was read in the stream, whether it is missing or not."""

    records: int = 0
    readings: int = 0


class Lost:
    """What lacks of a span of the stream. Its pages stay open until all is through:
    so a run that goes on after a kill knows what is in the stream already."""

    def __init__(
        self, buckets: Buckets, shards: Shards, span: Span, tables: Tables
    ) -> None:
        self._buckets, self._shards, self._span = buckets, shards, span
        self._tables = tables
        self._names = shards.names(span)
        self._covered: list[Covered] = []
        self.looked = Looked()

    def total(self) -> int:
        """How much there is to go through: of each shard the span, in ms."""
        return len(self._names) * (self._span.end_ms - self._span.begin_ms)

    def stretches(self, leave: Leave) -> Iterator[Stretch]:
        """What lacks, call by call."""
        del leave  # what nothing can be made of stays in the stream, unsaid
        put = [page for page in self._pages() if page.put]
        self._covered = [
            Covered.of_key(one.key) for page in put for one in page.letters
        ]
        for read in self._shards.read(self._names, self._span):
            yield Stretch(self._letters(read), read.covered_ms)

    def settle(self) -> int:
        """Put away what an earlier run may have put, and may not; gives its readings.

        What it has put for certain, its open pages go on to say.
        """
        unsure = [page for page in self._pages() if not page.put]
        for page in unsure:
            self._buckets.close(page)
        return sum(page.readings for page in unsure)

    def finish(self, page: Page) -> None:
        """Leave the page open: a kill from now on must not have it put again."""

    def end(self) -> None:
        """Put the pages away: what lacks from now on was lost once more."""
        for page in self._pages():
            self._buckets.close(page)

    def _pages(self) -> list[Page]:
        return [page for page in self._buckets.pages(OPEN) if page.kind == STREAM]

    def _letters(self, read: Read) -> list[Letter]:
        events = [_event(read.shard, one) for one in self._wanted(read)]
        numbers = self._tables.missing(self._told(events)) if events else set()
        lacking = [e for e in events if e["kinesis"]["sequenceNumber"] in numbers]
        if not lacking:
            return []
        first, last = (
            int(lacking[end]["kinesis"]["sequenceNumber"]) for end in (0, -1)
        )
        key = Covered(read.shard, first, last, self._span.segment or "").key
        records = [again(one, _arrived_ms(one)) for one in lacking]
        size = sum(len(one.data) for one in records)
        entry = Entry(self._shards.name, key, size, _arrived_ms(lacking[0]))
        return [Letter(entry, STREAM, records)]

    def _wanted(self, read: Read) -> list[Found]:
        """Those of the segment that is meant, and not in the stream again already."""
        if not read.records:
            return []
        covered = [one for one in self._covered if one.touches(read)]
        return [
            record
            for record in read.records
            if self._span.segment in {None, record["PartitionKey"]}
            and not any(one.holds(record) for one in covered)
        ]

    def _told(self, events: Sequence[Event]) -> dict[str, Sequence[Parcel]]:
        """The messages of each segment, as if they were put back; put back ones not."""
        bodies: dict[str, list[Any]] = {}
        for event in events:
            body = event["kinesis"]
            bodies.setdefault(body["partitionKey"], []).append(body)
        told: dict[str, Sequence[Parcel]] = {}
        for segment_id, said in bodies.items():
            found = opened(segment_id, said, 0).parcels
            plain = [replace(p, redriven=True) for p in found if not p.redriven]
            self.looked.records += len(plain)
            self.looked.readings += sum(len(parcel.readings) for parcel in plain)
            if plain:
                told[segment_id] = plain
        return told


def _event(shard: str, record: Found) -> Event:
    body = {
        "data": base64.b64encode(record["Data"]).decode(),
        "partitionKey": record["PartitionKey"],
        "sequenceNumber": record["SequenceNumber"],
        "approximateArrivalTimestamp": arrived_ms(record) / 1000,
    }
    return {"eventID": f"{shard}:{record['SequenceNumber']}", "kinesis": body}


def _arrived_ms(event: Event) -> int:
    at_s: float = event["kinesis"]["approximateArrivalTimestamp"]
    return round(at_s * 1000)
