"""What the stream still holds and the tables lack, as something to put back.

Of most records that are read again all readings are in the tables. The processor's own
rules say which it would still take, by what the tables hold, and only those go back.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec.structs import replace

from traffic.intake import opened
from traffic.model import Parcel
from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.journal import OPEN, Page
from trafficctl.redriving.letters import STREAM, Entry, Letter, again
from trafficctl.redriving.shards import Found, Read, Shards, Span, arrived_ms
from trafficctl.redriving.tables import Tables
from trafficctl.redriving.work import Leave, Stretch

# When a record came is known approximately: so much before, all is sure to be read.
ROUGHLY_MS = 10_000
Event = dict[str, Any]  # a record, as Lambda would hand it to the processor


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
        self._reached = dict.fromkeys(self._names, span.begin_ms)
        self.looked = Looked()

    @property
    def reached_ms(self) -> int:
        """All that came before then is done with: a repeat may begin there."""
        begin_ms, end_ms, _ = self._span
        reached_ms = min(self._reached.values(), default=end_ms)
        return (
            end_ms if reached_ms == end_ms else max(begin_ms, reached_ms - ROUGHLY_MS)
        )

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
            self._reached[read.shard] = read.reached_ms  # put, when we are back here

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
