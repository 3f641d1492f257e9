"""`trafficctl bottlenecks`: the places that cost most."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from traffic.bottlenecks.corridors import CorridorTimes
from traffic.bottlenecks.find import SHIFTS
from traffic.bottlenecks.rank import WORST, Bottleneck
from traffic.network.roads import RoadGraph
from traffic.profile_builder.aws import DynamoRoads, S3Files
from traffic.profiles.day_file import DayFile
from traffic.profiles.profile_file import Profiles, missing_days
from trafficctl.aws import session as aws
from trafficctl.bottlenecks.report import BottleneckReport, place_rows, report_of
from trafficctl.cli.options import add_common, positive_int
from trafficctl.cli.output import (
    ABSENT,
    KEY,
    Column,
    number,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.errors import OK

DAYS = 28
PLACES = (
    Column("Segment", importance=KEY),
    Column("Road", importance=7),
    Column("Vehicle-hours\na day", number=True, importance=8),
    Column("Minutes\na day", number=True, importance=6),
    Column("Queue\nkm", number=True, importance=5),
    Column("Days", number=True, importance=4),
)
CORRIDORS = (
    Column("Corridor", importance=KEY),
    Column("Shift", importance=8),
    Column("km", number=True, importance=4),
    Column("Travel\nmin", number=True, importance=6),
    Column("Travel\ntime index", number=True, importance=7),
    Column("Planning\ntime index", number=True, importance=7),
    Column("Buffer\nindex", number=True, importance=5),
)
NOT_YET = "no finished day yet - the first is learned at night"
NO_LINKS = (
    "no segment is linked to the next: a bottleneck is found where the next one is "
    "faster - `trafficctl roads links` says why"
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bottlenecks`."""
    parser = subparsers.add_parser(
        "bottlenecks",
        help="show the places where jams cost most",
        description="Show the places where queues began on the last days, those that "
        "cost most vehicle-hours first, and the travel times of corridors. Days are "
        "learned at night.",
    )
    add = parser.add_argument
    add(
        "--days",
        type=positive_int,
        default=DAYS,
        metavar="N",
        help=f"of the last N days (default {DAYS})",
    )
    add("--shift", choices=tuple(SHIFTS), help="only in this part of the day")
    add(
        "--most",
        type=positive_int,
        default=WORST,
        metavar="N",
        help=f"the N worst places (default {WORST})",
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `trafficctl bottlenecks`."""
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    graph, profiles, days = read(session, outputs, args.days)
    report = report_of(days, graph, args.most)
    places = report.worst if args.shift is None else report.by_shift[args.shift]
    if args.json:
        show_json(as_json(report, graph, profiles, args.shift))
    elif args.csv:
        fields = (*Bottleneck._fields, "name")
        show_csv(fields, place_rows(places, graph))
    else:
        show(view(report, places, graph, args.shift))
    return OK


def read(
    session: Any, outputs: Mapping[str, str], most: int
) -> tuple[RoadGraph, Profiles | None, list[DayFile]]:
    """The roads, the profiles and the last days. Raises StoreError."""
    dynamodb, s3 = aws.client(session, "dynamodb"), aws.client(session, "s3")
    graph = DynamoRoads(dynamodb, outputs["RoadSegmentsTable"]).all().graph
    bucket = outputs["ProfilesBucket"]
    profiles = S3Files(s3, bucket, "").profiles()
    if profiles is None:
        return graph, None, []
    files = S3Files(s3, bucket, profiles.zone)
    read_days = map(files.day, sorted(files.days())[-most:])
    return graph, profiles, [day for day in read_days if day is not None]


def as_json(
    report: BottleneckReport,
    graph: RoadGraph,
    profiles: Profiles | None,
    shift: str | None,
) -> dict[str, Any]:
    """The report as data; `days_missing` before profiles say anything, by kind."""
    shifts = SHIFTS if shift is None else (shift,)
    return {
        "days": [day.isoformat() for day in report.days],
        "days_missing": None if profiles is None else dict(missing_days(profiles)),
        "worst": place_rows(report.worst, graph) if shift is None else [],
        "by_shift": {one: place_rows(report.by_shift[one], graph) for one in shifts},
        "corridors": [one._asdict() for one in report.corridors if one.shift in shifts],
    }


def view(
    report: BottleneckReport,
    places: Sequence[Bottleneck],
    graph: RoadGraph,
    shift: str | None,
) -> RenderableType:
    """The report as tables."""
    if not report.days:
        return Text(NOT_YET)
    if not report.is_linked:
        return Text(NO_LINKS)
    corridors = [one for one in report.corridors if shift in (None, one.shift)]
    span = f"{len(report.days)} days, {report.days[0]} to {report.days[-1]}"
    return Group(
        table(PLACES, [place_cells(one, graph) for one in places]),
        table(CORRIDORS, [corridor_cells(one, graph) for one in corridors]),
        Text(span, "dim"),
    )


def place_cells(one: Bottleneck, graph: RoadGraph) -> list[str]:
    """The cells of one place, in the order of PLACES."""
    return [
        one.head,
        graph.road(one.head).name or ABSENT,
        number(one.vehicle_hours),
        number(one.minutes),
        number(one.extent_km, 1),
        number(one.days),
    ]


def corridor_cells(one: CorridorTimes, graph: RoadGraph) -> list[str]:
    """The cells of one corridor, in the order of CORRIDORS."""
    first, last = (graph.road(name).name or name for name in (one.first, one.last))
    return [
        f"{first} to {last}",
        one.shift,
        number(one.length_km, 1),
        number(one.travel_min, 1),
        number(one.travel_time_index, 2),
        number(one.planning_time_index, 2),
        number(one.buffer_index, 2),
    ]
