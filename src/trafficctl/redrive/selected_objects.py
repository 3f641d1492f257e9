"""The dead letters and quarantine objects that an operator selected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from trafficctl.redrive.buckets import Buckets, can_be_moved
from trafficctl.redrive.dead_letters import (
    MOST_BYTES,
    QUARANTINE_PREFIX,
    DeadLetter,
    StoredObject,
    UnreadableError,
    letter_of,
)
from trafficctl.redrive.journal import OPEN, JournalEntry, ObjectKey
from trafficctl.redrive.selection import Selection, chunks

Skip = Callable[[StoredObject, str], None]


class Chunk(NamedTuple):
    """The dead letters to process together, from so many objects."""

    letters: Sequence[DeadLetter]
    objects: int


class SelectedObjects:
    """Lists and reads the selection in the buckets; moves what was redriven."""

    def __init__(
        self, buckets: Buckets, selection: Selection, with_quarantine: bool
    ) -> None:
        self._buckets, self._selection = buckets, selection
        self._with_quarantine = with_quarantine

    def total(self) -> int:
        """The number of objects to process."""
        return sum(1 for _ in self._listed_objects())

    def chunks(self, skip: Skip) -> Iterator[Chunk]:
        """The dead letters in chunks; other objects stay where they are."""
        for objects in chunks(self._listed_objects()):
            yield Chunk(self._letters(objects, skip), len(objects))

    def resume(self) -> int:
        """Finish an interrupted run; returns the readings it may have sent."""
        uncertain = 0
        for entry in list(self._buckets.journal_entries(OPEN)):
            if entry.put:
                self._buckets.move(_keys_of(entry))
            else:
                uncertain += entry.readings
            self._buckets.close(entry)
        return uncertain

    def finish(self, entry: JournalEntry) -> None:
        """Move the dead letters of an entry and close it."""
        self._buckets.move(_keys_of(entry))
        self._buckets.close(entry)

    def _listed_objects(self) -> Iterator[StoredObject]:
        """The selected objects by their keys, streamed."""
        for bucket, bucket_prefix in self._prefixes():
            prefix = self._selection.listed_prefix(bucket_prefix)
            if prefix is not None:
                listed = self._buckets.objects(bucket, prefix)
                yield from filter(self._selection.admits, listed)

    def _prefixes(self) -> Iterator[tuple[str, str]]:
        yield self._buckets.letters, ""
        if self._with_quarantine:
            yield self._buckets.quarantine, QUARANTINE_PREFIX

    def _letters(self, objects: Sequence[StoredObject], skip: Skip) -> list[DeadLetter]:
        redrivable = [stored for stored in objects if _is_redrivable(stored, skip)]
        letters = []
        for stored, body in self._buckets.bodies(redrivable):
            try:
                letter = letter_of(stored, body)
            except UnreadableError as error:
                skip(stored, str(error))
                continue
            if self._selection.wants(letter):
                letters.append(letter)
        return letters


def _is_redrivable(stored: StoredObject, skip: Skip) -> bool:
    if stored.size > MOST_BYTES:
        skip(stored, "too large for a dead letter")
    elif not can_be_moved(stored.key):
        skip(stored, "its key is too long to move")
    else:
        return True
    return False


def _keys_of(entry: JournalEntry) -> list[ObjectKey]:
    return [(line.bucket, line.key) for line in entry.letters]
