"""Which objects are selected, and their totals; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trafficctl.redrive.dead_letters import KINDS, DeadLetter, StoredObject
from trafficctl.redrive.journal import JOURNAL, MOVED

# Limits of a chunk: it is in memory at once, and sent again after an interrupt.
MOST_LETTERS = 500
MOST_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True)
class Selection:
    """The filters of an operator; *day* is `2026-11-22`, in UTC."""

    prefix: str = ""
    day: str | None = None
    segment: str | None = None

    def listed_prefix(self, bucket_prefix: str) -> str | None:
        """The prefix to list a bucket with, None if nothing there can match."""
        if self.prefix.startswith(bucket_prefix):
            return self.prefix
        return bucket_prefix if bucket_prefix.startswith(self.prefix) else None

    def admits(self, stored: StoredObject) -> bool:
        """Whether an object matches, judging by its key."""
        if stored.key.startswith((MOVED, JOURNAL)):
            return False
        if self.day is not None and stored.day != self.day:
            return False
        is_of_rule = stored.key.startswith("iot/")
        return self.segment is None or not (
            is_of_rule and not stored.key.startswith(f"iot/{self.segment}/")
        )

    def wants(self, letter: DeadLetter) -> bool:
        """Whether a dead letter has a record of the selected segment."""
        return self.segment is None or any(
            record.partition_key == self.segment for record in letter.records
        )


def chunks(objects: Iterable[StoredObject]) -> Iterator[list[StoredObject]]:
    """The objects in order, grouped into chunks."""
    chunk: list[StoredObject] = []
    size = 0
    for stored in objects:
        full = len(chunk) == MOST_LETTERS or size + stored.size > MOST_BYTES
        if chunk and (full or stored.bucket != chunk[0].bucket):
            yield chunk
            chunk, size = [], 0
        chunk.append(stored)
        size += stored.size
    if chunk:
        yield chunk


@dataclass
class LetterTotals:
    """The totals of one kind and day; *oldest_ms* and *newest_ms* are receipt times."""

    letters: int = 0
    records: int = 0
    readings: int = 0
    segments: set[str] = field(default_factory=set)
    oldest_ms: int | None = None
    newest_ms: int | None = None

    def add(self, letter: DeadLetter) -> None:
        """Count a dead letter."""
        self.letters += 1
        self.records += len(letter.records)
        self.readings += letter.readings
        self.segments.update(record.partition_key for record in letter.records)
        received = [record.received_ms for record in letter.records]
        known = [ms for ms in (self.oldest_ms, self.newest_ms) if ms is not None]
        self.oldest_ms = min([*received, *known], default=None)
        self.newest_ms = max([*received, *known], default=None)


@dataclass
class RedriveTotals:
    """The totals by kind and day, and the objects that cannot be redriven."""

    by_day: dict[tuple[str, str], LetterTotals] = field(
        default_factory=lambda: defaultdict(LetterTotals)
    )
    skipped: int = 0
    skipped_objects: list[tuple[str, str]] = field(default_factory=list)

    def add(self, letter: DeadLetter) -> None:
        """Count a dead letter."""
        self.by_day[letter.kind, letter.stored.day].add(letter)

    def skip(self, stored: StoredObject, why: str) -> None:
        """Count an object that cannot be redriven; name the first ones."""
        self.skipped += 1
        if len(self.skipped_objects) < 20:
            self.skipped_objects.append((f"s3://{stored.bucket}/{stored.key}", why))

    @property
    def letters(self) -> int:
        """Dead letters of all kinds."""
        return sum(one.letters for one in self.by_day.values())

    @property
    def readings(self) -> int:
        """Readings of all kinds."""
        return sum(one.readings for one in self.by_day.values())

    def rows(self) -> list[tuple[str, str, LetterTotals]]:
        """Kind, day and totals, ordered by kind and day."""
        order = list(KINDS)
        keys = sorted(self.by_day, key=lambda key: (order.index(key[0]), key[1]))
        return [(*key, self.by_day[key]) for key in keys]

    def as_json(self) -> list[dict[str, Any]]:
        """The rows as plain values."""
        return [
            {
                "kind": kind,
                "day": day,
                "letters": one.letters,
                "records": one.records,
                "readings": one.readings,
                "segments": len(one.segments),
                "oldest": one.oldest_ms,
                "newest": one.newest_ms,
            }
            for kind, day, one in self.rows()
        ]
