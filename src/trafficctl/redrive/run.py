"""Lists or redrives the selected dead letters.

For each chunk: write a journal entry, send the records, mark the entry, and move the
objects. A kill between any two steps loses nothing, and the entry says what may already
be in the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trafficctl.redrive.buckets import Buckets
from trafficctl.redrive.dead_letters import DeadLetter
from trafficctl.redrive.journal import JournalEntry, entry_of
from trafficctl.redrive.selected_objects import SelectedObjects
from trafficctl.redrive.selection import RedriveTotals
from trafficctl.redrive.stream_writer import StreamWriter

Progress = Callable[[int], None]


class Redrive:
    """Processes dead letters; *totals* sums up what was processed."""

    def __init__(self, buckets: Buckets, objects: SelectedObjects) -> None:
        self._buckets, self.objects = buckets, objects
        self.totals = RedriveTotals()

    def survey(self, progress: Progress) -> None:
        """Sum up the selection without changing anything."""
        for letters, count in self.objects.chunks(self.totals.skip):
            self._add(letters)
            progress(count)

    def execute(self, stream: StreamWriter, run: str, progress: Progress) -> None:
        """Redrive the selection; *run* is a unique name for this run."""
        chunks = self.objects.chunks(self.totals.skip)
        for number, (letters, count) in enumerate(chunks, 1):
            if letters:
                self._put_back(
                    stream, entry_of(f"{run}-{number:06d}", letters), letters
                )
            self._add(letters)
            progress(count)

    def _put_back(
        self, stream: StreamWriter, entry: JournalEntry, letters: Sequence[DeadLetter]
    ) -> None:
        self._buckets.write(entry)
        stream.put([record for letter in letters for record in letter.records])
        entry = JournalEntry(entry.name, entry.letters, put=True)
        self._buckets.write(entry)
        self.objects.finish(entry)

    def _add(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            self.totals.add(letter)
