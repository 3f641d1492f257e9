"""The table of a redrive."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from traffic.timestamps import second_text
from trafficctl.cli.output import ABSENT, KEY, Column, number, table
from trafficctl.redrive.dead_letters import KINDS
from trafficctl.redrive.selection import LetterTotals, RedriveTotals

COLUMNS = (
    Column("Dead letters", importance=KEY),
    Column("Day", importance=KEY),
    Column("Objects", number=True, importance=6),
    Column("Records", number=True),
    Column("Readings", number=True, importance=8),
    Column("Segments", number=True, importance=4),
    Column("Oldest"),
    Column("Newest"),
)


def totals_view(totals: RedriveTotals) -> RenderableType:
    """A row per kind and day, then the objects that were skipped."""
    rows = [(KINDS[kind], day, *_cells(one)) for kind, day, one in totals.rows()]
    unnamed = totals.skipped - len(totals.skipped_objects)
    return Group(
        table(COLUMNS, rows),
        *(Text(f"Skipped {name}: {why}.") for name, why in totals.skipped_objects),
        *([Text(f"Skipped {unnamed:,} more.")] if unnamed else []),
    )


def _cells(one: LetterTotals) -> tuple[str, ...]:
    counts = (one.letters, one.records, one.readings, len(one.segments))
    times = (one.oldest_ms, one.newest_ms)
    return (
        *map(number, counts),
        *(ABSENT if ms is None else second_text(ms) for ms in times),
    )
