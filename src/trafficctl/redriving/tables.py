"""Which messages lack, by what the tables hold, asking them for as little as will do.

A segment's state is read once and kept. Its rows are read only where the processor's
rules ask for a minute, an hour of them together: by one query they cost a fraction of
what they cost by key. What is kept grows old, and is older than what is read later: so
it errs by naming too much, which the processor counts as duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

from traffic import items
from traffic.fold import fold
from traffic.model import Parcel, StoredSegment
from traffic.policy import Policy
from traffic.restore import Row, Rows, minutes_in_question
from traffic.restore import unpack as unpack_given
from traffic.state import unpack
from traffic.store import MOST_KEYS, chunks
from traffic.store import Tables as Names
from traffic.times import minute_text
from traffic.windows import Window
from traffic.windows import unpack as unpack_window
from trafficctl.redriving.reads import Item, Reads

BLOCK = 60  # minutes of a segment that are read together
KEPT_S = 3600.0
_ABSENT = Row()
# Stands for any row of ordinary readings alone: how many they are changes nothing.
_ORDINARY = Row(Window(readings=1))


def missing(
    stored: StoredSegment, parcels: Iterable[Parcel], policy: Policy, rows: Rows
) -> Iterator[str]:
    """The sequence numbers of messages of which the processor would take a reading."""
    state = unpack(stored.packed)
    for parcel in parcels:
        if fold(state, [parcel], stored.road, policy, rows).accepted:
            yield parcel.sequence_number


class Block(NamedTuple):
    """Rows of a segment: the minutes with ordinary readings alone, and other rows.

    A bit for each minute, as a large city has a million such blocks a day.
    """

    ordinary: int
    others: Mapping[int, Row]

    def row(self, minute: int) -> Row:
        """The row of a minute, as far as it matters to what may be put back."""
        if self.ordinary & _bit(minute):
            return _ORDINARY
        return self.others.get(minute, _ABSENT)


def block_of(rows: Mapping[int, Row]) -> Block:
    """The stored *rows* of at most BLOCK minutes in a row, made small."""
    others = {minute: row for minute, row in rows.items() if row.given}
    held = {m for m, row in rows.items() if row.window.readings and m not in others}
    return Block(sum(map(_bit, held)), others)


def _bit(minute: int) -> int:
    return 1 << minute % BLOCK


class Known:
    """What is known of a segment since *read_at*, in seconds."""

    def __init__(self, stored: StoredSegment, read_at: float) -> None:
        self.stored, self.read_at = stored, read_at
        self.blocks: dict[int, Block] = {}


class RowsInQuestion(Mapping[int, Row]):
    """Rows that are read when one is asked for; of *minutes* alone, others are none."""

    def __init__(self, minutes: Iterable[int], read: Callable[[int], Row]) -> None:
        self._minutes, self._read = frozenset(minutes), read

    def __getitem__(self, minute: int) -> Row:
        if minute not in self._minutes:
            raise KeyError(minute)
        return self._read(minute)

    def __iter__(self) -> Iterator[int]:
        return iter(self._minutes)

    def __len__(self) -> int:
        return len(self._minutes)


class Tables:
    """Tells by the tables what lacks; *now_ms* is the time, *clock* in seconds."""

    def __init__(
        self,
        reads: Reads,
        names: Names,
        policy: Policy,
        now_ms: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self._reads, self._names, self._policy = reads, names, policy
        self._now_ms, self._clock = now_ms, clock
        self._known: dict[str, Known] = {}

    def missing(self, told: Mapping[str, Sequence[Parcel]]) -> set[str]:
        """The sequence numbers of messages that lack, of those of each segment.

        Raises CityError where a table does not answer for long.
        """
        self._learn(told)
        return {
            number
            for segment_id, parcels in told.items()
            for number in self._missing(segment_id, parcels)
        }

    def _missing(self, segment_id: str, parcels: Sequence[Parcel]) -> Iterator[str]:
        known = self._known[segment_id]
        minutes = minutes_in_question(parcels, self._now_ms(), self._policy)
        rows = RowsInQuestion(minutes, lambda minute: self._row(known, minute))
        return missing(known.stored, parcels, self._policy, rows)

    def _learn(self, segment_ids: Iterable[str]) -> None:
        """Read the segments that are not known, or were read long ago."""
        oldest = self._clock() - KEPT_S
        new = [s for s in segment_ids if not self._is_known(s, oldest)]
        for part in chunks(new, MOST_KEYS):
            keys = [{"segment_id": {"S": segment_id}} for segment_id in part]
            wanted = ("segment_id", *items.read_attributes())
            read = self._reads.by_key(self._names.segments, keys, wanted)
            found = {item["segment_id"]["S"]: item for item in read}
            for one in part:
                stored = items.segment_of(one, found.get(one, {}))
                self._known[one] = Known(stored, self._clock())

    def _is_known(self, segment_id: str, oldest: float) -> bool:
        known = self._known.get(segment_id)
        return known is not None and known.read_at >= oldest

    def _row(self, known: Known, minute: int) -> Row:
        segment_id = known.stored.segment_id
        shift = crc32(segment_id.encode()) % BLOCK  # or all would be read at once
        number = (minute + shift) // BLOCK
        if number not in known.blocks:
            first = number * BLOCK - shift
            rows = self._rows(segment_id, range(first, first + BLOCK))
            known.blocks[number] = block_of(rows)
        return known.blocks[number].row(minute)

    def _rows(self, segment_id: str, minutes: range) -> dict[int, Row]:
        by_text = {minute_text(minute): minute for minute in minutes}
        ends = {"S": min(by_text)}, {"S": max(by_text)}
        found = self._reads.between(
            self._names.history,
            {"segment_id": {"S": segment_id}},
            {"minute": ends},
            ("minute", "sums", "redriven"),
        )
        return {by_text[item["minute"]["S"]]: _row_of(item) for item in found}


def _row_of(item: Item) -> Row:
    given = unpack_given(item.get("redriven", {}).get("B"))
    return Row(unpack_window(item["sums"]["B"]), given)
