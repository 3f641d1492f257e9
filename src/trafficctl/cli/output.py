"""Data on stdout, as tables, JSON or CSV; messages on stderr.

A table fits the terminal: text wraps between words, then the least important columns
are dropped and named on stderr. A word is never split, so an id can always be copied.
When stdout is not a terminal, a table has its full width, unless COLUMNS is set.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import IO, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from trafficctl.cli.csv_cells import csv_cell, json_text
from trafficctl.cli.printable import escaped, printable

ABSENT = "-"
FULL_WIDTH = 100_000  # of a pipe: rich assumes 80 columns there
KEY = 9  # importance of a column that is never dropped
LEAST_TEXT = 12  # text does not wrap to fewer characters than this
GAP, NARROW_GAP, EDGES = 3, 2, 2


@dataclass(frozen=True)
class Column:
    """A column of a table: its header with the unit, alignment, and importance.

    Columns of lower importance are dropped first, among equals the rightmost;
    columns of importance KEY are never dropped.
    """

    header: str
    number: bool = False
    importance: int = 5


class _PlainConsole(Console):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.left_out: dict[
            str, None
        ] = {}  # lines on columns that did not fit, each once

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Draw without control characters but rich's own."""
        for one in super().render(renderable, options):
            yield one if one.control else Segment(printable(one.text), one.style)

    def on_broken_pipe(self) -> None:
        """Let main() handle a closed pipe; rich would exit with an error."""
        raise BrokenPipeError


def console(file: IO[str] | None = None) -> _PlainConsole:
    """A console on `file` (default stdout) that never truncates piped output."""
    out = file if file is not None else sys.stdout
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) else None
    if width is None and not out.isatty():
        width = FULL_WIDTH
    return _PlainConsole(file=out, width=width, highlight=False, soft_wrap=False)


class DataTable:
    """A table that adapts to the width of its console."""

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[str | Text]],
        title: str | None,
    ) -> None:
        self._columns, self._title = columns, title
        # As Text: rich would read brackets in a str as markup.
        self._rows = [[_text(cell) for cell in row] for row in rows]

    def __rich_console__(self, on: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns that fit, and tell the console which do not."""
        natural, least = self._widths()
        room, gap = options.max_width, GAP
        if _total(natural, gap) > room:
            gap = NARROW_GAP
        widths = fit(self._columns, natural, least, room, gap)
        total = max(room, _total(list(widths.values()), gap))
        yield from on.render(
            self._fitted_table(widths, gap), options.update(width=total)
        )
        missing = [c for i, c in enumerate(self._columns) if i not in widths]
        if missing:
            line = left_out(missing, room)
            if isinstance(on, _PlainConsole) and not on.is_alt_screen:
                on.left_out[line] = None
            else:
                yield Text(line, "dim")

    def _widths(self) -> tuple[list[int], list[int]]:
        """The natural and the least width of each column."""
        natural, least = [], []
        for index, column in enumerate(self._columns):
            cells = [column.header, *(row[index].plain for row in self._rows)]
            whole = max(cell_len(line) for cell in cells for line in _lines(cell))
            words = (cell_len(word) for cell in cells for word in cell.split())
            word = max(words, default=0)
            natural.append(whole)
            least.append(whole if column.number else max(word, min(whole, LEAST_TEXT)))
        return natural, least

    def _fitted_table(self, widths: Mapping[int, int], gap: int) -> Table:
        fitted = Table(
            box=box.SIMPLE_HEAD,
            title=None if self._title is None else Text(self._title),
            title_justify="left",
            padding=(0, 1, 0, gap - 2),
            pad_edge=False,
        )
        measure = Console(width=FULL_WIDTH)
        for index, width in widths.items():
            column = self._columns[index]
            side = "right" if column.number else "left"
            fitted.add_column(
                _wrapped(Text(column.header), width, measure),
                justify=side,  # type: ignore[arg-type]  # one of rich's literals
                no_wrap=True,
            )
        for row in self._rows:
            fitted.add_row(*(_wrapped(row[i], w, measure) for i, w in widths.items()))
        return fitted


def fit(
    columns: Sequence[Column],
    natural: Sequence[int],
    least: Sequence[int],
    room: int,
    gap: int,
) -> dict[int, int]:
    """The width of each column that fits into `room` characters, by its index.

    `natural` is the width of each column without wrapping, `least` fully wrapped.
    """
    fitting = [i for i, column in enumerate(columns) if column.importance >= KEY]
    others = [i for i in range(len(columns)) if i not in fitting]
    for one in sorted(others, key=lambda i: -columns[i].importance):
        if _total([least[i] for i in (*fitting, one)], gap) <= room:
            fitting.append(one)
    widths = {i: least[i] for i in sorted(fitting)}
    spare = room - _total(list(widths.values()), gap)
    while spare > 0 and (tight := [i for i in widths if widths[i] < natural[i]]):
        widths[max(tight, key=lambda i: natural[i] / widths[i])] += 1
        spare -= 1
    return widths


def _total(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1) + EDGES


def left_out(columns: Sequence[Column], room: int) -> str:
    """A line that names the columns that do not fit into `room` characters."""
    names = ", ".join(" ".join(column.header.split()) for column in columns)
    return (
        f"columns hidden at width {room}: {names} - widen the terminal "
        "or pipe into `less -S`"
    )


def _text(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _wrapped(text: Text, width: int, measure: Console) -> Text:
    return Text("\n").join(text.wrap(measure, width))


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str | Text]],
    title: str | None = None,
) -> DataTable:
    """A table of `rows` with one cell per column; numbers align right."""
    return DataTable(columns, rows, title)


def show(renderable: RenderableType, file: IO[str] | None = None) -> None:
    """Print a renderable to stdout; name columns that do not fit on stderr."""
    out = console(file)
    out.print(renderable, crop=False)  # an overlong line is better than a cut id
    for line in out.left_out:
        say(line)


def watch(look: Callable[[], RenderableType], seconds: float) -> None:
    """Show what `look` returns, refreshed every `seconds` until Ctrl-C."""
    with Live(look(), console=console(), screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(seconds)
            live.update(look(), refresh=True)


def show_json(value: object, file: IO[str] | None = None) -> None:
    """Print `value` as indented JSON to stdout; Decimal becomes int or float."""
    out = file if file is not None else sys.stdout
    out.write(escaped(json_text(value, indent=2)) + "\n")


def show_csv(
    fields: Sequence[str],
    rows: Iterable[Mapping[str, object]],
    times: Collection[str] = (),
    file: IO[str] | None = None,
) -> None:
    """Print `rows` to stdout as CSV (RFC 4180), under a header of `fields`.

    Fields in `times` hold ms since the epoch and become ISO 8601; None is empty. A
    spreadsheet calculates no text of it.
    """
    writer = csv.writer(file if file is not None else sys.stdout)
    writer.writerow(fields)
    for row in rows:
        cells = [(name, row.get(name)) for name in fields]
        writer.writerow(
            instant(v) if n in times and isinstance(v, int) else csv_cell(v)
            for n, v in cells
        )


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of nested mappings under dotted names, as CSV needs them."""
    values: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, Mapping):
            values |= flat(item, f"{prefix}{name}.")
        else:
            values[prefix + name] = item
    return values


def instant(ms: int) -> str:
    """An instant in ms since the epoch as `2026-11-22T18:32:05.123Z`."""
    moment = datetime.fromtimestamp(ms / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def say(message: str) -> None:
    """Print a message on stderr, separate from the data."""
    print(printable(message), file=sys.stderr, flush=True)


def number(value: float | int | Decimal | None, digits: int = 0) -> str:
    """`value` with thousands separators, or a dash if None."""
    return ABSENT if value is None else f"{value:,.{digits}f}"


def duration(seconds: float | None) -> str:
    """A duration in its two largest units: 45 s, 3 min 20 s, 2 h 05 min."""
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
