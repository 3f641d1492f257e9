"""Going through a source: to say what would be put back, or to put it back.

One stretch after the other: write its page, put its records, note on the page that
they are put, and let the source finish with it. A kill between any two of these
steps loses nothing, and the page says what may have been put already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.journal import Page, page_of
from trafficctl.redriving.letters import Entry, Letter
from trafficctl.redriving.selection import Sums
from trafficctl.redriving.stream import Stream

Seen = Callable[[int], None]
Leave = Callable[[Entry, str], None]


class Stretch(NamedTuple):
    """What is worked on at once, and how much of the source's total it is."""

    letters: Sequence[Letter]
    seen: int


class Source(Protocol):
    """Where to find what is to be put back."""

    def total(self) -> int:
        """How much there is to go through, for a display."""

    def stretches(self, leave: Leave) -> Iterator[Stretch]:
        """What is to be put back; *leave* is told of what has to stay, and why."""

    def settle(self) -> int:
        """Take up what an earlier run left off; gives the readings it may have put.

        Those are put again: what is in the stream already will count as duplicate.
        """

    def finish(self, page: Page) -> None:
        """Do what is to be done once all of a page is in the stream."""

    def end(self) -> None:
        """Do what is to be done when all is gone through."""


class Redrive:
    """The work on a source; *sums* are of what was gone through."""

    def __init__(self, buckets: Buckets, source: Source) -> None:
        self._buckets, self.source = buckets, source
        self.sums = Sums()

    def survey(self, seen: Seen) -> None:
        """Sum up what is meant, and change nothing."""
        for letters, count in self.source.stretches(self.sums.leave):
            self._add(letters)
            seen(count)

    def execute(self, stream: Stream, run: str, seen: Seen) -> None:
        """Put back what is meant; *run* names this run among all others."""
        stretches = self.source.stretches(self.sums.leave)
        for number, (letters, count) in enumerate(stretches, 1):
            if letters:
                self._put_back(stream, page_of(f"{run}-{number:06d}", letters), letters)
            self._add(letters)
            seen(count)
        self.source.end()

    def _put_back(self, stream: Stream, page: Page, letters: Sequence[Letter]) -> None:
        self._buckets.write(page)
        stream.put([record for letter in letters for record in letter.records])
        page = Page(page.name, page.letters, put=True)
        self._buckets.write(page)
        self.source.finish(page)

    def _add(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            self.sums.add(letter)
