"""`trafficctl incidents --log`: what happened in a shift, and who did what about it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import timezone, tzinfo
from typing import Any

from rich.text import Text

from traffic.aws.shift_store import ShiftStore
from traffic.live_map.shift import CLEARED, FIELDS, HOURS, shift_of
from traffic.timestamps import zone_named
from trafficctl.aws.city_tables import Item
from trafficctl.cli.output import (
    ABSENT,
    KEY,
    Column,
    DataTable,
    duration,
    say,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.watch.render import LEVEL_STYLE, in_zone, time_text

COLUMNS = (
    Column("Time", importance=KEY),
    Column("What", importance=8),
    Column("Highest", importance=5),
    Column("Where", importance=8),
    Column("Who", importance=7),
    Column("Note", importance=6),
)


def show_log(
    dynamodb: Any, tables: Mapping[str, str], zone: str, as_json: bool, as_csv: bool
) -> None:
    """Print the log of the last hours."""
    store = ShiftStore(
        dynamodb,
        tables["CongestionAlertsTable"],
        tables["TrafficIncidentsTable"],
        time.sleep,
    )
    log = shift_of(store, time.time_ns() // 1_000_000)
    if not log["complete"]:
        say("there was more: only the newest is shown")
    if as_json:
        show_json(log["lines"])
    elif as_csv:
        show_csv(FIELDS, log["lines"], ("at",))
    elif log["lines"]:
        show(log_table(log["lines"], zone_named(zone)))
    else:
        show(Text(f"nothing happened in the last {HOURS} hours"))


def log_table(lines: Iterable[Item], zone: tzinfo = timezone.utc) -> DataTable:
    """The lines as a table, in the order given; times are in *zone*."""
    columns = in_zone(COLUMNS, "Time", zone)
    return table(columns, (_row(line, zone) for line in lines))


def _row(line: Item, zone: tzinfo) -> list[Text]:
    cells = (
        time_text(line["at"], zone),
        line["what"].replace("_", " "),
        line["level"],
        line["name"],
        line["who"] or ABSENT,
        _note(line),
    )
    return [Text(cell, style=LEVEL_STYLE.get(line["level"], "")) for cell in cells]


def _note(line: Item) -> str:
    if line["what"] == CLEARED and line["duration_s"] is not None:
        return f"after {duration(line['duration_s'])}"
    return str(line["note"] or ABSENT)
