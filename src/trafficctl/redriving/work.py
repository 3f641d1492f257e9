"""Going through the letters: to say what would be put back, or to put it back.

One stretch after the other: write its page, put its records, note on the page that
they are put, move the letters away, close the page. A kill between any two of these
steps loses nothing, and the page says what may have been put already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from trafficctl.redriving.buckets import Buckets, can_be_moved
from trafficctl.redriving.journal import OPEN, Page, Place, page_of
from trafficctl.redriving.letters import (
    MOST_BYTES,
    QUARANTINE_PREFIX,
    Entry,
    Letter,
    UnreadableError,
    letter_of,
)
from trafficctl.redriving.selection import Selection, Sums, stretches
from trafficctl.redriving.stream import Stream

Seen = Callable[[int], None]


class Redrive:
    """What an operator selected in the buckets; *sums* are of what was gone through."""

    def __init__(
        self, buckets: Buckets, selection: Selection, with_quarantine: bool
    ) -> None:
        self._buckets, self._selection = buckets, selection
        self._with_quarantine = with_quarantine
        self.sums = Sums()

    def entries(self) -> Iterator[Entry]:
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

    def survey(self, seen: Seen) -> None:
        """Sum up what is meant, and change nothing."""
        for entries in stretches(self.entries()):
            for letter in self._letters(entries):
                self.sums.add(letter)
            seen(len(entries))

    def settle(self) -> int:
        """Finish what an earlier run left off; gives the readings it may have put.

        Those are put again: what is in the stream already will count as duplicate.
        """
        uncertain = 0
        for page in list(self._buckets.pages(OPEN)):
            if page.put:
                self._buckets.move(_places_of(page))
            else:
                uncertain += sum(line.readings for line in page.letters)
            self._buckets.close(page)
        return uncertain

    def execute(self, stream: Stream, run: str, seen: Seen) -> None:
        """Put back what is meant; *run* names this run among all others."""
        for number, entries in enumerate(stretches(self.entries()), 1):
            letters = self._letters(entries)
            if letters:
                self._put_back(stream, page_of(f"{run}-{number:06d}", letters), letters)
            for letter in letters:
                self.sums.add(letter)
            seen(len(entries))

    def _put_back(self, stream: Stream, page: Page, letters: Sequence[Letter]) -> None:
        self._buckets.write(page)
        stream.put([record for letter in letters for record in letter.records])
        page = Page(page.name, page.letters, put=True)
        self._buckets.write(page)
        self._buckets.move(_places_of(page))
        self._buckets.close(page)

    def _letters(self, entries: Sequence[Entry]) -> list[Letter]:
        """Read objects; what is no letter stays where it is."""
        fitting = [entry for entry in entries if self._fits(entry)]
        found = []
        for entry, body in self._buckets.bodies(fitting):
            try:
                letter = letter_of(entry, body)
            except UnreadableError as error:
                self.sums.leave(entry, str(error))
                continue
            if self._selection.wants(letter):
                found.append(letter)
        return found

    def _fits(self, entry: Entry) -> bool:
        if entry.size > MOST_BYTES:
            self.sums.leave(entry, "it is larger than any letter")
        elif not can_be_moved(entry.key):
            self.sums.leave(entry, "its name is too long to be moved")
        else:
            return True
        return False


def _places_of(page: Page) -> list[Place]:
    return [(line.bucket, line.key) for line in page.letters]
