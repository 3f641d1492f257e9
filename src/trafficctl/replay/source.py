"""The good rows of a replay file, and what they span."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from trafficctl.cli.output import instant, say
from trafficctl.cli.wrong_input import raise_faults
from trafficctl.errors import UserError
from trafficctl.replay.by_time import AS_GIVEN, BY_TIME, HeldRows
from trafficctl.replay.csv_file import ReplayFile
from trafficctl.replay.mapping import HELP
from trafficctl.replay.rows import BadRow, ReplayRow
from trafficctl.replay.sensors import SensorTimes

BAD_ROWS_SHOWN = 5
MOST_BAD_ROWS = 10_000


@dataclass(frozen=True)
class Span:
    """What the good rows of a file hold; event times in ms since the epoch."""

    first_ms: int
    least_ms: int
    last_ms: int
    rows: int
    segments: tuple[str, ...]
    out_of_order: int = 0
    repeats: str | None = None  # what to say of several readings of a sensor and time

    def duration_s(self, speed: float) -> float:
        """How long they take at `speed`, from the first row to the latest."""
        return (self.last_ms - self.first_ms) / speed / 1000

    def in_order(self) -> Span:
        """The same rows sorted by time."""
        return dataclasses.replace(self, first_ms=self.least_ms, out_of_order=0)


class NoReadingsError(UserError):
    """A file, or the part of it, has no readings."""


def survey(rows: Iterable[ReplayRow], path: Path) -> Span:
    """What `rows` span. Raises UserError if there are none, or too many sensors."""
    sensors = SensorTimes()
    first = least = last = count = out_of_order = 0
    for row in rows:
        if not count:
            first = least = last = row.event_ms
        out_of_order += row.event_ms < last
        least, last = min(least, row.event_ms), max(last, row.event_ms)
        sensors.add(row)
        count += 1
    if not count:
        message = f"{path.name}: no readings to publish"
        raise NoReadingsError(f"{message} - is it the right file?")
    raise_faults(
        [f"{path.name}: {one}" for one in sensors.crowded()],
        f"nothing was published: correct the file or the mapping; {HELP}",
    )
    names, repeats = sensors.segments, sensors.repeats()
    return Span(first, least, last, count, names, out_of_order, repeats)


def inspected(source: ReplaySource, path: Path) -> Span:
    """What the file spans; says what was found in it, also where it is refused."""
    try:
        span = survey(source, path)
    except UserError as exc:
        for line in source.notes:
            say(line)
        if isinstance(exc, NoReadingsError):
            source.raise_outside(path)
        raise
    for line in [*source.warnings(), *filter(None, [span.repeats])]:
        say(line)
    return span


@dataclass(frozen=True)
class Part:
    """Which rows are published: from a time on, until one, and how many."""

    from_ms: int | None = None
    until_ms: int | None = None
    limit: int | None = None

    def of(self, rows: Iterable[ReplayRow | BadRow]) -> Iterator[ReplayRow | BadRow]:
        """The rows of the part; bad ones without a time stay."""
        return islice((row for row in rows if self._has(row)), self.limit)

    def _has(self, row: ReplayRow | BadRow) -> bool:
        if row.event_ms is None:
            return True
        early = self.from_ms is not None and row.event_ms < self.from_ms
        return not early and (self.until_ms is None or row.event_ms < self.until_ms)

    def __str__(self) -> str:
        ends = ("--from", self.from_ms), ("--until", self.until_ms)
        return " ".join(f"{name} {instant(ms)}" for name, ms in ends if ms is not None)


WHOLE = Part()


class ReplaySource:
    """The good rows of a replay file, as often as one likes.

    Bad rows raise UserError, all at once at the end of the file; with `skip_bad` they
    are counted.
    """

    def __init__(
        self,
        path: Path,
        skip_bad: bool,
        file: ReplayFile | None = None,
        part: Part = WHOLE,
    ) -> None:
        self._path, self._skip_bad, self._part = path, skip_bad, part
        self._file = file or ReplayFile(path)
        self._held: HeldRows | None = None
        self.skipped: list[BadRow] = []

    def __iter__(self) -> Iterator[ReplayRow]:
        """The rows in their order; `skipped` starts again at none."""
        self.skipped = []
        for row in self._rows():
            if not isinstance(row, BadRow):
                yield row
                continue
            self.skipped.append(row)
            if not self._skip_bad and len(self.skipped) == MOST_BAD_ROWS:
                break  # the file is another than it was taken for
        if not self._skip_bad:
            faults = [one for row in self.skipped for one in row.messages(self._path)]
            raise_faults(
                faults,
                "nothing was published: correct the rows, or leave them out by "
                f"--skip-bad; {HELP}",
            )

    def _rows(self) -> Iterator[ReplayRow | BadRow]:
        if self._held is None:
            return self._part.of(self._file)
        return chain(self._held.bad, self._held)

    def raise_outside(self, path: Path) -> None:
        """Raise UserError if the file has readings, but none in the part."""
        if str(self._part):
            whole = survey(ReplaySource(path, skip_bad=True, file=self._file), path)
            raise UserError(
                f"{path.name}: no readings {self._part} - the file has them from "
                f"{instant(whole.least_ms)} until {instant(whole.last_ms)}"
            )

    @property
    def is_long(self) -> bool:
        """Whether the file is read as a whole, and sorted, before its first row."""
        return self._file.is_long

    @property
    def is_slow(self) -> bool:
        """Whether it takes a while until the first row is read."""
        return self._held is None and (self.is_long or self._part.from_ms is not None)

    def hold(self, sort: bool) -> None:
        """Read the rows once for all, and sort them by time if asked to."""
        rows = self._part.of(self._file)
        self._held = HeldRows(rows, self._path, BY_TIME if sort else AS_GIVEN)

    def first(self, count: int) -> list[ReplayRow]:
        """The first good rows as they stand, whatever is wrong with others."""
        rows = self._part.of(self._file)
        return list(islice((row for row in rows if isinstance(row, ReplayRow)), count))

    @property
    def notes(self) -> list[str]:
        """What was found in the file apart from bad rows."""
        return [*self._file.notes]

    def warnings(self) -> list[str]:
        """What to say of the file, and of the rows that were skipped."""
        shown = self.skipped[:BAD_ROWS_SHOWN]
        lines = self.notes
        lines += [one for row in shown for one in row.messages(self._path)]
        rest = len(self.skipped) - len(shown)
        if rest:
            lines.append(f"and {rest} more")
        if self.skipped:
            lines.append(f"bad rows skipped: {len(self.skipped)}")
        return lines
