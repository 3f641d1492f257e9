"""What lies in the buckets: dead letters and refused readings, to be put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from trafficctl.redrive.buckets import Buckets, can_be_moved
from trafficctl.redrive.dead_letters import (
    MOST_BYTES,
    QUARANTINE_PREFIX,
    Entry,
    Letter,
    UnreadableError,
    letter_of,
)
from trafficctl.redrive.journal import OPEN, Page, Place
from trafficctl.redrive.selection import Selection, stretches

Leave = Callable[[Entry, str], None]


class Stretch(NamedTuple):
    """What is worked on at once, and how many objects were gone through for it."""

    letters: Sequence[Letter]
    seen: int


class Objects:
    """What an operator selected in the buckets. What was put is moved away."""

    def __init__(
        self, buckets: Buckets, selection: Selection, with_quarantine: bool
    ) -> None:
        self._buckets, self._selection = buckets, selection
        self._with_quarantine = with_quarantine

    def total(self) -> int:
        """How many objects there are to go through."""
        return sum(1 for _ in self._entries())

    def stretches(self, leave: Leave) -> Iterator[Stretch]:
        """The letters; what is none stays where it is."""
        for entries in stretches(self._entries()):
            yield Stretch(self._letters(entries, leave), len(entries))

    def settle(self) -> int:
        """Finish what an earlier run left off; gives the readings it may have put."""
        uncertain = 0
        for page in list(self._buckets.pages(OPEN)):
            if page.put:
                self._buckets.move(_places_of(page))
            else:
                uncertain += page.readings
            self._buckets.close(page)
        return uncertain

    def finish(self, page: Page) -> None:
        """Move the letters of a page out of the way, and put it away."""
        self._buckets.move(_places_of(page))
        self._buckets.close(page)

    def _entries(self) -> Iterator[Entry]:
        """The objects that are meant, as far as their keys tell; in no one's memory."""
        for bucket, bucket_prefix in self._places():
            prefix = self._selection.listed_prefix(bucket_prefix)
            if prefix is not None:
                listed = self._buckets.entries(bucket, prefix)
                yield from filter(self._selection.admits, listed)

    def _places(self) -> Iterator[tuple[str, str]]:
        yield self._buckets.letters, ""
        if self._with_quarantine:
            yield self._buckets.quarantine, QUARANTINE_PREFIX

    def _letters(self, entries: Sequence[Entry], leave: Leave) -> list[Letter]:
        fitting = [entry for entry in entries if _fits(entry, leave)]
        found = []
        for entry, body in self._buckets.bodies(fitting):
            try:
                letter = letter_of(entry, body)
            except UnreadableError as error:
                leave(entry, str(error))
                continue
            if self._selection.wants(letter):
                found.append(letter)
        return found


def _fits(entry: Entry, leave: Leave) -> bool:
    if entry.size > MOST_BYTES:
        leave(entry, "it is larger than any letter")
    elif not can_be_moved(entry.key):
        leave(entry, "its name is too long to be moved")
    else:
        return True
    return False


def _places_of(page: Page) -> list[Place]:
    return [(line.bucket, line.key) for line in page.letters]
