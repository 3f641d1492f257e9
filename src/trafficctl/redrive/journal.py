"""The write-ahead journal of redrive.

An entry names the dead letters of one chunk. It is written before their records are
sent, again with `put` when all are in the stream, and closed when all objects are
moved. Whenever a redrive is killed, the entries bound how often each dead letter was
sent. They are kept for the audit.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from trafficctl.redrive.dead_letters import BATCH, DeadLetter, UnreadableError

JOURNAL = "journal/"
OPEN, CLOSED = f"{JOURNAL}open/", f"{JOURNAL}closed/"
MOVED = "redriven/"


class LetterLine(NamedTuple):
    """One dead letter of an entry: object, kind and number of readings."""

    bucket: str
    key: str
    kind: str
    readings: int


@dataclass(frozen=True)
class JournalEntry:
    """The dead letters of one chunk; *put* once all are in the stream."""

    name: str
    letters: tuple[LetterLine, ...]
    put: bool = False

    @property
    def readings(self) -> int:
        """Readings in all its dead letters."""
        return sum(line.readings for line in self.letters)

    def as_bytes(self) -> bytes:
        """The entry as stored."""
        return json.dumps(asdict(self)).encode()


def entry_of(name: str, letters: Iterable[DeadLetter]) -> JournalEntry:
    """The entry for dead letters about to be sent."""
    lines = [
        LetterLine(one.stored.bucket, one.stored.key, one.kind, one.readings)
        for one in letters
    ]
    return JournalEntry(name, tuple(lines))


def read(body: bytes) -> JournalEntry:
    """A stored entry. Raises UnreadableError if it is not one."""
    try:
        fields = json.loads(body)
        lines = tuple(LetterLine(*line) for line in fields["letters"])
        return JournalEntry(fields["name"], lines, fields["put"])
    except (ValueError, LookupError, TypeError):
        raise UnreadableError("not a journal entry") from None


ObjectKey = tuple[str, str]  # bucket and key


class History:
    """What the journal says about each dead letter."""

    def __init__(self, entries: Iterable[JournalEntry]) -> None:
        whole = _unique(entries)
        self._lines: dict[ObjectKey, list[LetterLine]] = defaultdict(list)
        self._put: set[ObjectKey] = set()
        for entry in whole:
            for line in entry.letters:
                self._lines[line.bucket, line.key].append(line)
                if entry.put:
                    self._put.add((line.bucket, line.key))

    def is_redriven(self, place: ObjectKey) -> bool:
        """Whether all records of a dead letter are in the stream."""
        return place in self._put

    def is_interrupted(self, place: ObjectKey) -> bool:
        """Whether an unknown part of its records may be in the stream."""
        return place in self._lines and place not in self._put

    def knows(self, place: ObjectKey) -> bool:
        """Whether a redrive ever started with a dead letter."""
        return place in self._lines

    @property
    def has_interrupted(self) -> bool:
        """Whether a dead letter was started and never completed."""
        return len(self._put) < len(self._lines)

    @property
    def put(self) -> int:
        """Readings of the completed dead letters."""
        return sum(_largest(self._lines[place]) for place in self._put)

    @property
    def copies(self) -> int:
        """The most readings that are in the stream more than once.

        Every attempt after the first; for batches, which may have been applied before
        they failed, the first as well.
        """
        return sum(map(_copies, self._lines.values()))


def _copies(lines: Sequence[LetterLine]) -> int:
    tried = sum(line.readings for line in lines)
    return tried if lines[0].kind == BATCH else tried - _largest(lines)


def _largest(lines: Sequence[LetterLine]) -> int:
    return max(line.readings for line in lines)


def _unique(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """Each entry once: one being closed exists twice for a moment."""
    by_name: dict[str, JournalEntry] = {}
    for entry in entries:
        earlier = by_name.get(entry.name)
        by_name[entry.name] = earlier if earlier is not None and earlier.put else entry
    return list(by_name.values())
