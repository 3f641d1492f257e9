"""The replay file: CSV of readings, validated by the city's own rules.

Header `timestamp,segment_id,sensor_id,vehicle_count,average_speed,congestion_score`
and optionally `occupancy,interval`; empty means absent (docs/reference/wire-format.md).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from traffic import policy
from traffic.model import Reading
from traffic.policy import is_id
from traffic.timestamps import ms_of
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
MEASURED = ("vehicle_count", "average_speed", "congestion_score", "occupancy")
_WHOLE = re.compile(r"\.0+$")  # a whole number may be written as 12.0
COLUMNS = REQUIRED + OPTIONAL
IDS = ("segment_id", "sensor_id")
TYPES = {field.name: field.type for field in msgspec.structs.fields(Reading)}

_ID = f"1-{policy.MAX_ID_LENGTH} of letters, digits, _ : . -"
EXPECTED = {
    "timestamp": "ms since the epoch, or RFC 3339 text with an offset",
    "segment_id": _ID,
    "sensor_id": _ID,
    "vehicle_count": f"a whole number 0-{policy.MAX_VEHICLE_COUNT} or empty",
    "average_speed": f"a number 0-{policy.MAX_SPEED_KMH} or empty",
    "congestion_score": f"a number 0-{policy.MAX_SCORE} or empty",
    "occupancy": "a number 0-1 or empty, values over 1 are percent up to 100",
    "interval": f"a number above 0, at most {policy.MAX_INTERVAL_S}, or empty",
}


class ReplayRow(NamedTuple):
    """One reading of the file: event time (ms), segment, and the reading."""

    event_ms: int
    segment_id: str
    reading: Reading


class CellFault(NamedTuple):
    """An invalid cell; `column` is empty for the whole row."""

    column: str
    expected: str
    actual: str


class BadRow(NamedTuple):
    """An invalid row with its faults."""

    line: int
    faults: tuple[CellFault, ...]

    def messages(self, path: Path) -> list[str]:
        """Return `replay.csv line 17, column average_speed: expected ..., got 'x'`."""
        place = f"{path.name} line {self.line}"
        return [
            f"{place}{f', column {column}' if column else ''}: "
            f"expected {expected}, got {actual}"
            for column, expected, actual in self.faults
        ]


def read_rows(path: Path) -> Iterator[ReplayRow | BadRow]:
    """The rows of the file in order. Raises UserError for a wrong header."""
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
    faults += [f"{name!r} is not a column of a replay file" for name in unknown]
    faults += [f"{name!r} is repeated" for name in sorted(twice)]
    if faults:
        raise UserError(
            f"{path.name} line 1: {'; '.join(faults)} - expected "
            f"{','.join(REQUIRED)} and optionally {','.join(OPTIONAL)}"
        )


def parse(cells: list[str], header: list[str], line: int) -> ReplayRow | BadRow:
    """One row, or its faults."""
    if len(cells) != len(header):
        fault = CellFault("", f"{len(header)} cells", f"{len(cells)} cells")
        return BadRow(line, (fault,))
    values: dict[str, Any] = {k: v for k, v in zip(header, cells, strict=True) if v}
    if "vehicle_count" in values:
        values["vehicle_count"] = _WHOLE.sub("", values["vehicle_count"])
    event_ms = _instant(values.get("timestamp", ""))
    fit = event_ms is not None and any(name in values for name in MEASURED)
    if fit and all(is_id(values.get(name, "")) for name in IDS):
        reading = _reading({**values, "timestamp": event_ms})
        if reading is not None and event_ms is not None:
            return ReplayRow(event_ms, values["segment_id"], reading)
    return BadRow(line, tuple(_faults(values)))


def _reading(values: dict[str, Any]) -> Reading | None:
    """The reading of a row, None if a value is invalid."""
    try:
        return msgspec.convert(values, Reading, strict=False)
    except msgspec.ValidationError:
        return None


def _faults(values: dict[str, Any]) -> Iterator[CellFault]:
    actual = {name: repr(value) for name, value in values.items()}
    for name in COLUMNS:
        try:
            _value(name, values)
        except msgspec.ValidationError:
            yield CellFault(name, EXPECTED[name], actual.get(name, "nothing"))
    if not any(name in values for name in MEASURED):
        yield CellFault("vehicle_count", f"one of {', '.join(MEASURED)}", "nothing")


def _value(name: str, values: dict[str, Any]) -> Any:
    """The value of a column, None if empty. Raises ValidationError."""
    value = values.get(name)
    if name == "timestamp":
        wrong = _instant(value or "") is None
    elif name in IDS:
        wrong = not is_id(value or "")
    elif value is None:
        wrong = False
    else:
        return msgspec.convert(value, TYPES[name], strict=False)
    if wrong:
        raise msgspec.ValidationError(name)
    return value


def _instant(text: str) -> int | None:
    ms = int(text) if text.isdecimal() and text.isascii() else ms_of(text)
    return ms if ms is not None and 0 <= ms <= policy.LAST_INSTANT_MS else None


def write_rows(file: IO[str], rows: Iterable[Iterable[object]]) -> int:
    """Write a replay file with all columns, None as empty; returns the row count."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow(["" if cell is None else cell for cell in row])
        count += 1
    return count
