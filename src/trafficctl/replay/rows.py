"""A row of a replay file: the reading that it holds, or all that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from traffic.model import Reading

LONGEST_SHOWN = 60  # characters of a cell in a message


class ReplayRow(NamedTuple):
    """One reading of the file: its event time (ms), its segment, and the reading."""

    event_ms: int
    segment_id: str
    reading: Reading


class CellFault(NamedTuple):
    """What is wrong with a column; `column` is empty for the row as a whole."""

    column: str
    expected: str
    actual: str


class BadRow(NamedTuple):
    """A row that breaks rules, each a fault; with its event time if that is known."""

    line: int
    faults: tuple[CellFault, ...]
    event_ms: int | None = None

    def messages(self, path: Path) -> list[str]:
        """Return `replay.csv line 17, column average_speed: expected ..., got 'x'`."""
        place = f"{path.name} line {self.line}"
        return [
            f"{place}{f', column {column}' if column else ''}: "
            f"expected {expected}, got {actual}"
            for column, expected, actual in self.faults
        ]


def shown(text: str) -> str:
    """The content of a cell as a message quotes it, cut if it is long."""
    if not text:
        return "nothing"
    if len(text) > LONGEST_SHOWN:
        return f"{text[:LONGEST_SHOWN]!r}... of {len(text):,} characters"
    return repr(text)
