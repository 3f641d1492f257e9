"""The replay file: CSV of readings, checked against the rules of the city itself.

Header `timestamp,segment_id,sensor_id,vehicle_count,average_speed,congestion_score`
and optionally `occupancy,interval`; empty means absent (docs/wire-format.md).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from traffic import policy
from traffic.model import Reading, is_id
from traffic.times import ms_of
from trafficctl.errors import UserError

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

_ID = f"1-{policy.MAX_ID_LENGTH} of letters, digits, _ : . -"
EXPECTED = {
    "timestamp": "ms since the epoch, or RFC 3339 text with an offset",
    "segment_id": _ID,
    "sensor_id": _ID,
    "vehicle_count": f"a whole number 0-{policy.MAX_VEHICLE_COUNT}",
    "average_speed": f"a number 0-{policy.MAX_SPEED_KMH} or empty",
    "congestion_score": f"a number 0-{policy.MAX_SCORE} or empty",
    "occupancy": "a number 0-1 or empty",
    "interval": f"a number above 0, at most {policy.MAX_INTERVAL_S}, or empty",
}


class Row(NamedTuple):
    """One reading of the file: its event time (ms), its segment, and the reading."""

    event_ms: int
    segment_id: str
    reading: Reading


class BadRow(NamedTuple):
    """A row that breaks a rule: where, what was expected, and what stands there.

    `column` is empty where the row as a whole is wrong.
    """

    line: int
    column: str
    expected: str
    actual: str

    def message(self, path: Path) -> str:
        """Return `replay.csv line 17, column average_speed: expected ..., got 'x'`."""
        column = f", column {self.column}" if self.column else ""
        place = f"{path.name} line {self.line}{column}"
        return f"{place}: expected {self.expected}, got {self.actual}"


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """The rows of the file in their order. Raises UserError for a wrong header."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file)
        header = next(lines, [])
        _check_header(header, path)
        for cells in lines:
            if cells:
                yield parse(cells, header, lines.line_num)


def _check_header(header: list[str], path: Path) -> None:
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    twice = {name for name in header if header.count(name) > 1}
    faults = [f"{name!r} is missing" for name in missing]
    faults += [f"{name!r} is no column of a replay file" for name in unknown]
    faults += [f"{name!r} stands twice" for name in sorted(twice)]
    if faults:
        raise UserError(
            f"{path.name} line 1: {'; '.join(faults)} - the header is "
            f"{','.join(REQUIRED)}, and optionally {','.join(OPTIONAL)}"
        )


def parse(cells: list[str], header: list[str], line: int) -> Row | BadRow:
    """One row, or what is wrong with it."""
    if len(cells) != len(header):
        actual = f"{len(cells)} cells"
        return BadRow(line, "", f"{len(header)} cells", actual)
    values: dict[str, Any] = {k: v for k, v in zip(header, cells, strict=True) if v}
    event_ms = _instant(values.get("timestamp", ""))
    for column, right in (
        ("timestamp", event_ms is not None),
        ("segment_id", is_id(values.get("segment_id", ""))),
        ("sensor_id", is_id(values.get("sensor_id", ""))),
        ("vehicle_count", "vehicle_count" in values),
    ):
        if not right:
            return _bad(line, column, values)
    values["timestamp"] = event_ms
    return _row(values, line)


def _row(values: dict[str, Any], line: int) -> Row | BadRow:
    try:
        reading = msgspec.convert(values, Reading, strict=False)
    except msgspec.ValidationError as exc:
        return _bad(line, _column(str(exc)), values)
    if reading.average_speed is None and reading.vehicle_count:
        expected = f"a speed, since vehicle_count is {reading.vehicle_count}"
        return BadRow(line, "average_speed", expected, "nothing")
    return Row(values["timestamp"], values["segment_id"], reading)


def _instant(text: str) -> int | None:
    ms = int(text) if text.isdecimal() and text.isascii() else ms_of(text)
    return ms if ms is not None and 0 <= ms <= policy.LAST_INSTANT_MS else None


def _column(message: str) -> str:
    found = re.search(r"at `\$\.(\w+)`", message)
    return found.group(1) if found else "timestamp"


def _bad(line: int, column: str, values: dict[str, Any]) -> BadRow:
    actual = repr(values[column]) if column in values else "nothing"
    return BadRow(line, column, EXPECTED[column], actual)


def write_rows(file: IO[str], rows: Iterable[Iterable[object]]) -> int:
    """Write a replay file of all columns, None as empty, and count its rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow(["" if cell is None else cell for cell in row])
        count += 1
    return count
