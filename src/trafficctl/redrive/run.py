"""Going through the buckets: to say what would be put back, or to put it back.

One stretch after the other: write its page, put its records, note on the page that
they are put, and move its objects out of the way. A kill between any two of these
steps loses nothing, and the page says what may have been put already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trafficctl.redrive.buckets import Buckets
from trafficctl.redrive.dead_letters import Letter
from trafficctl.redrive.journal import Page, page_of
from trafficctl.redrive.selected_objects import Objects
from trafficctl.redrive.selection import Sums
from trafficctl.redrive.stream_writer import Stream

Seen = Callable[[int], None]


class Redrive:
    """The work on dead letters; *sums* are of what was gone through."""

    def __init__(self, buckets: Buckets, objects: Objects) -> None:
        self._buckets, self.objects = buckets, objects
        self.sums = Sums()

    def survey(self, seen: Seen) -> None:
        """Sum up what is meant, and change nothing."""
        for letters, count in self.objects.stretches(self.sums.leave):
            self._add(letters)
            seen(count)

    def execute(self, stream: Stream, run: str, seen: Seen) -> None:
        """Put back what is meant; *run* names this run among all others."""
        stretches = self.objects.stretches(self.sums.leave)
        for number, (letters, count) in enumerate(stretches, 1):
            if letters:
                self._put_back(stream, page_of(f"{run}-{number:06d}", letters), letters)
            self._add(letters)
            seen(count)

    def _put_back(self, stream: Stream, page: Page, letters: Sequence[Letter]) -> None:
        self._buckets.write(page)
        stream.put([record for letter in letters for record in letter.records])
        page = Page(page.name, page.letters, put=True)
        self._buckets.write(page)
        self.objects.finish(page)

    def _add(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            self.sums.add(letter)
