"""Data to stdout, as tables for people or JSON for programs; talk to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table

ABSENT = "-"
PIPE_WIDTH = 200  # rich assumes 80 columns where there is no terminal, and cuts


@dataclass(frozen=True)
class Column:
    """A column of a table: its header with the unit, and how it is aligned."""

    header: str
    number: bool = False


class _PlainConsole(Console):
    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to main(), where rich would exit with an error."""
        raise BrokenPipeError


def console(file: IO[str] | None = None) -> Console:
    """A console on `file` (stdout) that never cuts what goes into a pipe."""
    out = file if file is not None else sys.stdout
    piped = not out.isatty()
    width = int(os.environ.get("COLUMNS") or PIPE_WIDTH) if piped else None
    return _PlainConsole(file=out, width=width, highlight=False, soft_wrap=False)


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    title: str | None = None,
) -> Table:
    """A table of `rows`; cells are text or rich renderables, numbers stand right."""
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in columns:
        made.add_column(
            column.header,
            justify="right" if column.number else "left",
            no_wrap=column.number,
        )
    for row in rows:
        made.add_row(*row)  # type: ignore[arg-type]  # rich names no type for a cell
    return made


def show(renderable: object, file: IO[str] | None = None) -> None:
    """Print a renderable to stdout."""
    console(file).print(renderable)


def show_json(value: object, file: IO[str] | None = None) -> None:
    """Print `value` as indented JSON to stdout; Decimal becomes int or float."""
    out = file if file is not None else sys.stdout
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    out.write(text + "\n")


def say(message: str) -> None:
    """Tell the person something on stderr, where it does not mix with data."""
    print(message, file=sys.stderr, flush=True)


def number(value: float | int | Decimal | None, digits: int = 0) -> str:
    """`value` with thousands separated, or a dash when absent; 0 is a value."""
    return ABSENT if value is None else f"{value:,.{digits}f}"


def duration(seconds: float | None) -> str:
    """A length of time in the two units that matter: 45 s, 3 min 20 s, 2 h 05 min."""
    if seconds is None:
        return ABSENT
    if seconds < 0:
        return "-" + duration(-seconds)
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02d} h"


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    msg = f"cannot print {type(value).__name__} as JSON"
    raise TypeError(msg)
