"""`trafficctl replay --dry-run`: the first readings, as they are understood."""

from __future__ import annotations

import argparse
from typing import Any

from trafficctl.cli.output import (
    KEY,
    Column,
    instant,
    number,
    say,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.replay.csv_file import COLUMNS
from trafficctl.replay.rows import ReplayRow
from trafficctl.replay.source import ReplaySource, Span, inspected

FIRST = 10
TABLE = (
    Column("time", importance=KEY),
    Column("segment", importance=KEY),
    Column("sensor", importance=KEY),
    Column("vehicles", number=True),
    Column("speed\nkm/h", number=True),
    Column("score", number=True),
    Column("occupancy", number=True),
    Column("interval\ns", number=True),
)


def show_first(source: ReplaySource, args: argparse.Namespace) -> Span:
    """Show the first readings, then check the file. Raises UserError for bad rows."""
    first = source.first(FIRST)
    if args.json:
        show_json([_values(row) for row in first])
    elif args.csv:
        show_csv(COLUMNS, [_values(row) for row in first], {"timestamp"})
    elif first:
        show(table(TABLE, [_cells(row) for row in first]))
    span = inspected(source, args.file)
    order = f", {span.out_of_order:,} out of order" if span.out_of_order else ""
    say(
        f"{span.rows:,} readings of {len(span.segments):,} segments from "
        f"{instant(span.least_ms)} until {instant(span.last_ms)}{order}; "
        "nothing was published"
    )
    return span


def _values(row: ReplayRow) -> dict[str, Any]:
    reading = row.reading
    return {name: getattr(reading, name, row.segment_id) for name in COLUMNS}


def _cells(row: ReplayRow) -> list[str]:
    reading = row.reading
    return [
        instant(row.event_ms),
        row.segment_id,
        reading.sensor_id,
        number(reading.vehicle_count),
        number(reading.average_speed, 1),
        number(reading.congestion_score),
        number(reading.occupancy, 3),
        number(reading.interval),
    ]
