"""Which objects are meant, and what they hold together; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trafficctl.redrive.dead_letters import KINDS, DeadLetter, StoredObject
from trafficctl.redrive.journal import JOURNAL, MOVED

# Of one stretch of work: it is read at once, and if it is interrupted, put again.
MOST_LETTERS = 500
MOST_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True)
class Selection:
    """What an operator asked for; *day* is `2026-11-22`, in UTC."""

    prefix: str = ""
    day: str | None = None
    segment: str | None = None

    def listed_prefix(self, bucket_prefix: str) -> str | None:
        """The prefix to list a bucket by, None where nothing there can be meant."""
        if self.prefix.startswith(bucket_prefix):
            return self.prefix
        return bucket_prefix if bucket_prefix.startswith(self.prefix) else None

    def admits(self, stored: StoredObject) -> bool:
        """Whether an object is meant, as far as its key tells."""
        if stored.key.startswith((MOVED, JOURNAL)):
            return False
        if self.day is not None and stored.day != self.day:
            return False
        is_of_rule = stored.key.startswith("iot/")
        return self.segment is None or not (
            is_of_rule and not stored.key.startswith(f"iot/{self.segment}/")
        )

    def wants(self, letter: DeadLetter) -> bool:
        """Whether a letter holds a record of the segment that is meant."""
        return self.segment is None or any(
            record.partition_key == self.segment for record in letter.records
        )


def chunks(objects: Iterable[StoredObject]) -> Iterator[list[StoredObject]]:
    """Objects in their order, as many together as are worked on at once."""
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
    """Letters of one kind and day; *oldest_ms* and *newest_ms* are receipt times."""

    letters: int = 0
    records: int = 0
    readings: int = 0
    segments: set[str] = field(default_factory=set)
    oldest_ms: int | None = None
    newest_ms: int | None = None

    def add(self, letter: DeadLetter) -> None:
        """Count a letter."""
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
    """What is meant, by kind and day, and what of it can't be put back."""

    by_day: dict[tuple[str, str], LetterTotals] = field(
        default_factory=lambda: defaultdict(LetterTotals)
    )
    skipped: int = 0
    skipped_objects: list[tuple[str, str]] = field(default_factory=list)

    def add(self, letter: DeadLetter) -> None:
        """Count a letter."""
        self.by_day[letter.kind, letter.stored.day].add(letter)

    def skip(self, stored: StoredObject, why: str) -> None:
        """Count an object that stays where it is; the first ones by name."""
        self.skipped += 1
        if len(self.skipped_objects) < 20:
            self.skipped_objects.append((f"s3://{stored.bucket}/{stored.key}", why))

    @property
    def letters(self) -> int:
        """Letters of all kinds."""
        return sum(one.letters for one in self.by_day.values())

    @property
    def readings(self) -> int:
        """Readings of all kinds."""
        return sum(one.readings for one in self.by_day.values())

    def rows(self) -> list[tuple[str, str, LetterTotals]]:
        """Kind, day and sum, in the order of kinds and days."""
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
