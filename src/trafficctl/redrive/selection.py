"""Which objects are meant, and what they hold together; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trafficctl.redrive.dead_letters import KINDS, Entry, Letter
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

    def admits(self, entry: Entry) -> bool:
        """Whether an object is meant, as far as its key tells."""
        if entry.key.startswith((MOVED, JOURNAL)):
            return False
        if self.day is not None and entry.day != self.day:
            return False
        is_of_rule = entry.key.startswith("iot/")
        return self.segment is None or not (
            is_of_rule and not entry.key.startswith(f"iot/{self.segment}/")
        )

    def wants(self, letter: Letter) -> bool:
        """Whether a letter holds a record of the segment that is meant."""
        return self.segment is None or any(
            record.partition_key == self.segment for record in letter.records
        )


def stretches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Objects in their order, as many together as are worked on at once."""
    together: list[Entry] = []
    size = 0
    for entry in entries:
        full = len(together) == MOST_LETTERS or size + entry.size > MOST_BYTES
        if together and (full or entry.bucket != together[0].bucket):
            yield together
            together, size = [], 0
        together.append(entry)
        size += entry.size
    if together:
        yield together


@dataclass
class Sum:
    """Letters of one kind and day; *oldest_ms* and *newest_ms* are receipt times."""

    letters: int = 0
    records: int = 0
    readings: int = 0
    segments: set[str] = field(default_factory=set)
    oldest_ms: int | None = None
    newest_ms: int | None = None

    def add(self, letter: Letter) -> None:
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
class Sums:
    """What is meant, by kind and day, and what of it can't be put back."""

    by_day: dict[tuple[str, str], Sum] = field(default_factory=lambda: defaultdict(Sum))
    left: int = 0
    left_named: list[tuple[str, str]] = field(default_factory=list)

    def add(self, letter: Letter) -> None:
        """Count a letter."""
        self.by_day[letter.kind, letter.entry.day].add(letter)

    def leave(self, entry: Entry, why: str) -> None:
        """Count an object that stays where it is; the first ones by name."""
        self.left += 1
        if len(self.left_named) < 20:
            self.left_named.append((f"s3://{entry.bucket}/{entry.key}", why))

    @property
    def letters(self) -> int:
        """Letters of all kinds."""
        return sum(one.letters for one in self.by_day.values())

    @property
    def readings(self) -> int:
        """Readings of all kinds."""
        return sum(one.readings for one in self.by_day.values())

    def rows(self) -> list[tuple[str, str, Sum]]:
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
