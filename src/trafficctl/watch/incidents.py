"""`trafficctl incidents`: the jams of the city, each with its bottleneck."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from datetime import timezone, tzinfo
from typing import Any

from rich.text import Text

from traffic.aws.dynamodb import pages, values_of
from traffic.incidents.aws import standing_query
from traffic.incidents.incident import OPEN
from traffic.live_map.shift import HOURS
from traffic.timestamps import zone_named
from trafficctl.aws.city_tables import Item, open_tables
from trafficctl.cli.options import add_common
from trafficctl.cli.output import (
    ABSENT,
    KEY,
    Column,
    DataTable,
    duration,
    number,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.errors import OK
from trafficctl.watch.render import LEVEL_STYLE, in_zone, time_text
from trafficctl.watch.shift import show_log

COLUMNS = (
    Column("Level", importance=8),
    Column("Jam on", importance=7),
    Column("Back from", importance=7),
    Column("Length\nkm", number=True, importance=8),
    Column("Speed\nkm/h", number=True, importance=8),
    Column("Usual\nkm/h", number=True, importance=5),
    Column("Unusual", importance=7),
    Column("Segments", number=True, importance=4),
    Column("Delay\nveh h", number=True, importance=6),
    Column("Since"),
    Column("Lasted", number=True, importance=6),
    Column("Incident", importance=KEY),
)
FIELDS = (
    "incident_id",
    "level",
    "peak_level",
    "road",
    "place",
    "head",
    "tail",
    "length_km",
    "peak_length_km",
    "speed",
    "usual_speed",
    "unusual",
    "delay_rate",
    "delay_vehicle_hours",
    "segments",
    "peak_segments",
    "alerts",
    "opened_at",
    "measured_at",
)
TIMES = ("opened_at", "measured_at")
INTERNAL = ("open_flag", "members", "outbox", "version", "expires_at", "day")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `incidents`."""
    parser = subparsers.add_parser(
        "incidents",
        help="show the open incidents: alerts of connected segments",
        description="Show the open incidents, the most severe first. An incident is "
        "the alerts of segments that are connected along a carriageway, with its head "
        "(the bottleneck), its length and the delay that it caused.",
    )
    parser.add_argument(
        "--log",
        action="store_true",
        help=f"what was opened, cleared and done about it in the last {HOURS} hours",
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    dynamodb, outputs = open_tables(args.stack)
    if args.log:
        show_log(dynamodb, outputs, outputs.zone, args.json, args.csv)
        return OK
    query = standing_query(outputs["TrafficIncidentsTable"], OPEN)
    rows = map(values_of, pages(dynamodb.query, query))
    items = congested_worst_first(rows)
    if args.json:
        show_json([shown(item) for item in items])
    elif args.csv:
        show_csv(FIELDS, [shown(item) for item in items], TIMES)
    elif items:
        now_ms = time.time_ns() // 1_000_000
        show(incidents_table(items, now_ms, zone_named(outputs.zone)))
    else:
        show(Text("no open incidents"))
    return OK


def congested_worst_first(items: Iterable[Item]) -> list[Item]:
    """The severe ones first, of these the ones that cost most time now.

    One that no event reported is left out, and one of no slow segment, although it may
    open again.
    """
    return sorted(
        (item for item in items if item["segments"] and item["reported_at"]),
        key=lambda one: (
            one["level"] != "severe",
            -one["delay_rate"],
            -one["length_km"],
            one["incident_id"],
        ),
    )


def shown(item: Item) -> dict[str, Any]:
    """An incident as JSON, with the ids of its congested segments."""
    members = json.loads(item["members"])
    ids = [name for name, (_, gone_at) in members.items() if gone_at is None]
    plain = {name: value for name, value in item.items() if name not in INTERNAL}
    return {**plain, "unusual": unusual(item), "segment_ids": ids}


def unusual(item: Item) -> bool | None:
    """Whether it is or was unusual, None if nothing is known to be usual there."""
    return bool(item["unusual"]) if "unusual" in item else None


def incidents_table(
    items: Iterable[Item], now_ms: int, zone: tzinfo = timezone.utc
) -> DataTable:
    """Incidents as a table, in the order given; times are in *zone*."""
    columns = in_zone(COLUMNS, "Since", zone)
    return table(columns, (_row(item, now_ms, zone) for item in items))


def _row(item: Item, now_ms: int, zone: tzinfo) -> list[Text]:
    cells = (
        item["level"],
        item.get("road", ABSENT),
        item.get("place", ABSENT),
        number(item["length_km"], 1),
        number(item.get("speed")),
        number(item.get("usual_speed")),
        {True: "yes", False: "no", None: ABSENT}[unusual(item)],
        number(item["segments"]),
        number(item["delay_vehicle_hours"], 1),
        time_text(item["opened_at"], zone),
        duration((now_ms - item["opened_at"]) / 1000),
        item["incident_id"],
    )
    return [Text(cell, style=LEVEL_STYLE.get(item["level"], "")) for cell in cells]
