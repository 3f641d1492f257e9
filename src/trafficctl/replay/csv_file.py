"""The replay file: readings as text, checked against the rules of the city itself.

Without a mapping, the header is `timestamp,segment_id,sensor_id,vehicle_count,
average_speed,congestion_score` and optionally `occupancy,interval`; empty means absent
(docs/reference/wire-format.md).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from trafficctl.cli.wrong_input import suggestion
from trafficctl.errors import UserError
from trafficctl.replay.by_time import merged
from trafficctl.replay.dialect import SAMPLE, Line, Table
from trafficctl.replay.fields import columns_of, resolved
from trafficctl.replay.instants import Clock, zone_of
from trafficctl.replay.mapping import HELP, MEASURED, PLAIN, ColumnMapping, normal
from trafficctl.replay.numbers import has_decimal
from trafficctl.replay.rows import BadRow, ReplayRow
from trafficctl.replay.translate import Translator

REQUIRED = (
    "timestamp",
    "segment_id",
    "sensor_id",
    "vehicle_count",
    "average_speed",
    "congestion_score",
)
OPTIONAL = ("occupancy", "interval")
COLUMNS = REQUIRED + OPTIONAL


class ReplayFile:
    """The rows of a file, as often as one likes; `notes` of the last time."""

    def __init__(
        self, path: Path, mapping: ColumnMapping = PLAIN, zone: ZoneInfo | None = None
    ) -> None:
        self._path, self._mapping = path, mapping
        self.is_long = mapping.long is not None
        self.zone = zone or zone_of(mapping.time.zone)
        self.notes: list[str] = []

    def __iter__(self) -> Iterator[ReplayRow | BadRow]:
        """The rows in their order. Raises UserError for a file that cannot be read."""
        rows = self._rows()
        return merged(rows, self._path) if self.is_long else iter(rows)

    def _rows(self) -> Iterator[ReplayRow | BadRow]:
        wanted = {normal(n) for n in columns_of(self._mapping, (self._mapping,))}
        table = Table(self._path, self._mapping.file, {*COLUMNS, *wanted})
        lines = table.lines()
        sample = list(islice(lines, SAMPLE))
        header = table.header
        self._check(header)
        decimal = self._mapping.file.decimal or self._decimal(sample, header)
        clock = Clock(self._mapping.time, self.zone)
        translator = Translator(self._mapping, header, clock, decimal)
        notes = table.notes()
        if decimal == "," and self._mapping.file.decimal is None:
            notes.append("decimal comma")
        try:
            for line, cells in chain(sample, lines):
                yield from translator.rows(line, cells)
        finally:  # also where the reader has seen enough
            self.notes = [f"read with {', '.join(notes)}"] if notes else []
            self.notes += self._remarks(translator, table, clock)

    def _remarks(self, translator: Translator, table: Table, clock: Clock) -> list[str]:
        counts, notes = translator.counts, []
        used = {normal(n) for n in columns_of(self._mapping, translator.readings)}
        ignored = [_short(one) for one in table.header if normal(one) not in used]
        if any(ignored) and not self._mapping.file.header:
            notes.append(f"columns ignored: {', '.join(filter(None, ignored))}")
        if table.comments:
            mark = self._mapping.file.comment
            notes.append(f"lines that begin with {mark} left out: {table.comments:,}")
        if counts.ignored:
            notes.append(f"values ignored: {', '.join(counts.ignored)}")
        if counts.no_data:
            notes.append(f"readings without data left out: {counts.no_data:,}")
        if counts.renamed:
            notes.append(f"characters of ids replaced: {counts.renamed}")
        if counts.percent and self._mapping.units.occupancy is None:
            notes.append(
                f'{counts.percent} - percent? occupancy = "percent" under [units] of a '
                "mapping reads all of the file so"
            )
        if clock.repeated and self.zone is not None:
            newest_first = ", or newest first for the second" if clock.fell else ""
            notes.append(
                f"{clock.repeated:,} times fall into the hour that occurs twice in "
                f"{self.zone.key}: what a sensor says first is taken for the first"
                f"{newest_first}"
            )
        return notes

    def _decimal(self, sample: list[Line], header: list[str]) -> str:
        """The decimal sign of the measured columns, by the first lines of the file."""
        long, readings = self._mapping.long, resolved(self._mapping, header)
        named = [getattr(r, n) for r in readings for n in MEASURED]
        names = {
            normal(one) for one in (named if long is None else [long.value]) if one
        }
        places = [place for place, name in enumerate(header) if normal(name) in names]
        cells = [c[p].strip() for _, c in sample for p in places if p < len(c)]
        if any(has_decimal(cell, ".") for cell in cells):
            return "."
        return "," if any(has_decimal(cell, ",") for cell in cells) else "."

    def _check(self, header: list[str]) -> None:
        names = [normal(one) for one in header]
        readings = resolved(self._mapping, header)
        needed = columns_of(self._mapping, readings)
        faults = [f"{n!r} is missing" for n in needed if normal(n) not in names]
        used = {normal(name) for name in needed}
        twice = {one for one in names if one in used and names.count(one) > 1}
        faults += [f"{name!r} stands twice" for name in sorted(twice)]
        if not faults and not any(getattr(r, n) for r in readings for n in MEASURED):
            faults.append(f"none of {', '.join(MEASURED)}")
        if not faults:
            return
        missing = next((n for n in needed if normal(n) not in names), "")
        near = suggestion(missing, [one.strip() for one in header]) if missing else ""
        columns = f"the file has {', '.join(map(_short, header)) or 'no header'}"
        if self._mapping is PLAIN:
            columns = (
                f"the header is {','.join(REQUIRED)}, and optionally "
                f"{','.join(OPTIONAL)}"
            )
        if len(names) == 1 and len(needed) > 1:
            columns += ' in one column - delimiter = "..." under [file] of a mapping'
        advice = " ".join(filter(None, [near, f"{columns}; {HELP}"]))
        place = f"{self._path.name} line 1"
        raise UserError(f"{place}: {'; '.join(faults)} - {advice}")


def _short(name: str) -> str:
    short = name.strip()[:40]
    return short if short.isprintable() else repr(short)


def read_rows(path: Path) -> Iterator[ReplayRow | BadRow]:
    """The rows of the file in their order. Raises UserError for a wrong header."""
    return iter(ReplayFile(path))


def write_rows(file: IO[str], rows: Iterable[Iterable[object]]) -> int:
    """Write a replay file of all columns, None as empty, and count its rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow(["" if cell is None else cell for cell in row])
        count += 1
    return count
