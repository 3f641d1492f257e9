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

from trafficctl.redrive.dead_letters import BATCH, Letter, UnreadableError

JOURNAL = "journal/"
OPEN, CLOSED = f"{JOURNAL}open/", f"{JOURNAL}closed/"
MOVED = "redriven/"


class Line(NamedTuple):
    """One letter of a page: the object, what it is, and the readings in it."""

    bucket: str
    key: str
    kind: str
    readings: int


@dataclass(frozen=True)
class Page:
    """The letters of one stretch of work; *put* once all are in the stream."""

    name: str
    letters: tuple[Line, ...]
    put: bool = False

    @property
    def readings(self) -> int:
        """Readings in all of its letters."""
        return sum(line.readings for line in self.letters)

    def as_bytes(self) -> bytes:
        """The page as it is stored."""
        return json.dumps(asdict(self)).encode()


def page_of(name: str, letters: Iterable[Letter]) -> Page:
    """The page of letters that are about to be put."""
    lines = [
        Line(one.entry.bucket, one.entry.key, one.kind, one.readings) for one in letters
    ]
    return Page(name, tuple(lines))


def read(body: bytes) -> Page:
    """The page that was stored. Raises UnreadableError when it is none."""
    try:
        said = json.loads(body)
        lines = tuple(Line(*line) for line in said["letters"])
        return Page(said["name"], lines, said["put"])
    except (ValueError, LookupError, TypeError):
        raise UnreadableError("it is no page of the journal") from None


Place = tuple[str, str]  # bucket and key


class History:
    """What the pages tell of each letter."""

    def __init__(self, pages: Iterable[Page]) -> None:
        whole = _whole(pages)
        self._lines: dict[Place, list[Line]] = defaultdict(list)
        self._put: set[Place] = set()
        for page in whole:
            for line in page.letters:
                self._lines[line.bucket, line.key].append(line)
                if page.put:
                    self._put.add((line.bucket, line.key))

    def is_put(self, place: Place) -> bool:
        """Whether all of a letter's records are in the stream."""
        return place in self._put

    def is_begun(self, place: Place) -> bool:
        """Whether some of its records may be in the stream, and nobody knows which."""
        return place in self._lines and place not in self._put

    def knows(self, place: Place) -> bool:
        """Whether a redrive ever began with a letter."""
        return place in self._lines

    @property
    def begun(self) -> bool:
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


def _copies(lines: Sequence[Line]) -> int:
    tried = sum(line.readings for line in lines)
    return tried if lines[0].kind == BATCH else tried - _largest(lines)


def _largest(lines: Sequence[Line]) -> int:
    return max(line.readings for line in lines)


def _whole(pages: Iterable[Page]) -> list[Page]:
    """Each page once: one that is being closed lies in two places for a moment."""
    found: dict[str, Page] = {}
    for page in pages:
        known = found.get(page.name)
        found[page.name] = known if known is not None and known.put else page
    return list(found.values())
