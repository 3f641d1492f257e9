"""A segment that loses messages and is given them back: made up, delivered, and read.

Each reading has a power of four as its interval in ms, so that the digits of a
minute's exposure tell how often each of its readings was added to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import strategies as st

from traffic.decide import decide
from traffic.intake import intake
from traffic.model import StoredSegment
from traffic.policy import MINUTE_MS, Policy
from traffic.restore import Row, minutes_in_question, whole
from traffic.rows import minutes_of, minutes_to_read
from traffic.state import unpack

from .builders import POLICY, ROAD, message, ms, reading, record

MOST_READINGS = 11  # 4 ** 10 ms is the longest interval below an hour
APPLIED, LOST, BOTH = "applied", "lost", "both"
HOUR_S = 3_600
STREAM_S = 24 * HOUR_S  # how long the stream keeps a record


class Said(NamedTuple):
    """A message as a device sent it, and what became of it; times in seconds."""

    received: int
    fate: str
    readings: tuple[tuple[int, str, int], ...]  # number, sensor, second

    def data(self, redriven: bool) -> bytes:
        """Its record in the stream."""
        told = [
            reading(sensor, second, count=1, interval=4**number / 1000)
            for number, sensor, second in self.readings
        ]
        mark = {"redriven": True} if redriven else {}
        return message(*told, received=self.received, **mark)


@dataclass
class Story:
    """What was said, the records put into the stream, and how these are delivered."""

    said: list[Said]
    records: list[dict[str, Any]]
    batches: list[Sequence[dict[str, Any]]] = field(default_factory=list)

    def minute_of(self, number: int) -> int:
        """The minute of a reading."""
        seconds = {n: s for one in self.said for n, _, s in one.readings}
        return ms(seconds[number]) // MINUTE_MS

    def untouched(self) -> set[int]:
        """Readings of minutes of which nothing came by the ordinary way."""
        touched = {
            self.minute_of(number)
            for one in self.said
            if one.fate != LOST
            for number, _, _ in one.readings
        }
        numbers = [n for one in self.said for n, _, _ in one.readings]
        return {n for n in numbers if self.minute_of(n) not in touched}


@st.composite
def stories(draw: Any, gaps: Sequence[int]) -> Story:
    """Messages *gaps* seconds apart, some of them lost and put back, in any order."""
    said = draw(_sayings(gaps))
    puts: list[tuple[float, Said, bool]] = []
    for at, one in enumerate(said):
        if one.fate != LOST:
            puts.append((at, one, False))
        if one.fate != APPLIED:
            places = st.floats(at + 0.5, len(said) + 1, exclude_min=True)
            again = draw(st.lists(places, min_size=1, max_size=3))
            puts += [(place, one, True) for place in again]
    puts.sort(key=lambda put: put[0])
    records, clock = [], 0
    for sequence, (_, one, redriven) in enumerate(puts, 1):
        clock = max(clock, one.received)
        records.append(record(sequence, one.data(redriven), arrived=clock))
    return Story(said, records)


@st.composite
def _sayings(draw: Any, gaps: Sequence[int]) -> list[Said]:
    said: list[Said] = []
    received, known = 0, set()
    for number in range(draw(st.integers(2, MOST_READINGS))):
        sensor = draw(st.sampled_from(["a", "b", "c"]))
        joins = said and draw(st.booleans())
        if not joins:
            received += draw(st.sampled_from(gaps))
        second = received - draw(st.sampled_from([0, 0, 0, 1, 20, 60, 130, 400]))
        if (sensor, second) in known:
            continue
        known.add((sensor, second))
        one = (number, sensor, second)
        if joins:
            said[-1] = said[-1]._replace(readings=(*said[-1].readings, one))
        else:
            fate = draw(st.sampled_from([APPLIED, LOST, LOST, BOTH]))
            said.append(Said(received, fate, (one,)))
    return said


@st.composite
def deliveries(draw: Any, records: Sequence[Any]) -> list[Sequence[Any]]:
    """Batches of which any may begin again, as far back as the stream remembers."""
    batches, done = [], 0
    while done < len(records):
        oldest = _arrived(records[done]) - STREAM_S
        first = next(i for i, one in enumerate(records) if _arrived(one) >= oldest)
        start = draw(st.integers(min(first, done), done))
        end = draw(st.integers(start + 1, len(records)))
        batches.append(records[start:end])
        done = max(done, end)
    return batches


def _arrived(one: dict[str, Any]) -> float:
    return float(one["kinesis"]["approximateArrivalTimestamp"])


class Segment:
    """A segment and its rows, written as the store writes them."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.stored = StoredSegment("s", road=ROAD)
        self.rows: dict[int, Row] = {}
        self.rejected: dict[tuple[int, Any], int] = {}
        self.redelivered = 0

    def take(self, batch: Sequence[dict[str, Any]], now_ms: int | None = None) -> Any:
        """One batch, as the shell takes it; gives the decision."""
        last_s = max(one["kinesis"]["approximateArrivalTimestamp"] for one in batch)
        now_ms = now_ms or int(last_s * 1000)
        parcels = intake(batch, now_ms)["s"].parcels
        minutes = minutes_in_question(parcels, now_ms, self.policy)
        rows = {minute: self.rows.get(minute, Row()) for minute in minutes}
        decision = decide(self.stored, parcels, now_ms, self.policy, rows)
        self._write(decision)
        for parcel, fault in decision.rejected:
            place = int(parcel.sequence_number), fault.place
            self.rejected[place] = fault.readings
        self.redelivered += decision.redelivered
        return decision

    def _write(self, decision: Any) -> None:
        if not decision.is_news():
            return
        self.stored = decision.segment
        to_read = set(minutes_to_read(decision))
        for minute, window in minutes_of(decision).items():
            assert minute in to_read or minute not in self.rows, "a row is overwritten"
            restored = decision.restored.get(minute, Row())
            row = whole(self.rows.get(minute), Row(window, restored.given))
            self.rows[minute] = row

    def found(self) -> Counter[tuple[int, int]]:
        """How often each reading is in each minute, by minute and number."""
        told: Counter[tuple[int, int]] = Counter()
        windows = [(minute, row.window) for minute, row in self.rows.items()]
        for minute, window in (*windows, *self._open()):
            for number in range(MOST_READINGS):
                told[minute, number] += window.exposure_ms // 4**number % 4
        return +told

    def _open(self) -> list[tuple[int, Any]]:
        if self.stored.packed is None:
            return []
        return list(unpack(self.stored.packed).windows.items())


def published(records: Sequence[dict[str, Any]]) -> int:
    """Readings in records of the stream."""
    return sum(found.readings for found in intake(records, 0).values())
