"""What was put back, and perhaps more than once: written ahead, so that a kill tells.

A page names the letters of one stretch of work. It is written before their records are
put, again with `put` when all of them are in the stream, and closed when all letters
are moved out of the way.
Whatever instant a redrive is killed at, the pages bound how often each letter was put.
Pages stay: the audit counts by them.
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
    """One letter of a page: the object, what it is, and the readings in it."""

    bucket: str
    key: str
    kind: str
    readings: int


@dataclass(frozen=True)
class JournalEntry:
    """The letters of one stretch of work; *put* once all are in the stream."""

    name: str
    letters: tuple[LetterLine, ...]
    put: bool = False

    @property
    def readings(self) -> int:
        """Readings in all of its letters."""
        return sum(line.readings for line in self.letters)

    def as_bytes(self) -> bytes:
        """The page as it is stored."""
        return json.dumps(asdict(self)).encode()


def entry_of(name: str, letters: Iterable[DeadLetter]) -> JournalEntry:
    """The page of letters that are about to be put."""
    lines = [
        LetterLine(one.stored.bucket, one.stored.key, one.kind, one.readings)
        for one in letters
    ]
    return JournalEntry(name, tuple(lines))


def read(body: bytes) -> JournalEntry:
    """The page that was stored. Raises UnreadableError when it is none."""
    try:
        fields = json.loads(body)
        lines = tuple(LetterLine(*line) for line in fields["letters"])
        return JournalEntry(fields["name"], lines, fields["put"])
    except (ValueError, LookupError, TypeError):
        raise UnreadableError("it is no page of the journal") from None


ObjectKey = tuple[str, str]  # bucket and key


class History:
    """What the pages tell of each letter."""

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
        """Whether all of a letter's records are in the stream."""
        return place in self._put

    def is_interrupted(self, place: ObjectKey) -> bool:
        """Whether some of its records may be in the stream, and nobody knows which."""
        return place in self._lines and place not in self._put

    def knows(self, place: ObjectKey) -> bool:
        """Whether a redrive ever began with a letter."""
        return place in self._lines

    @property
    def has_interrupted(self) -> bool:
        """Whether there is a letter that was begun with and never put as a whole."""
        return len(self._put) < len(self._lines)

    @property
    def put(self) -> int:
        """Readings of the letters that were put."""
        return sum(_largest(self._lines[place]) for place in self._put)

    @property
    def copies(self) -> int:
        """How many readings at most have come into the stream more than once.

        Each try after the first; and of batches, which may have been applied before
        they were given up, the first as well.
        """
        return sum(map(_copies, self._lines.values()))


def _copies(lines: Sequence[LetterLine]) -> int:
    tried = sum(line.readings for line in lines)
    return tried if lines[0].kind == BATCH else tried - _largest(lines)


def _largest(lines: Sequence[LetterLine]) -> int:
    return max(line.readings for line in lines)


def _unique(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """Each page once: one that is being closed lies in two places for a moment."""
    by_name: dict[str, JournalEntry] = {}
    for entry in entries:
        earlier = by_name.get(entry.name)
        by_name[entry.name] = earlier if earlier is not None and earlier.put else entry
    return list(by_name.values())
