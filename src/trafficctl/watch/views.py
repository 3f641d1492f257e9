"""`trafficctl segments` and `trafficctl alerts`: the state of the city."""

from __future__ import annotations

import argparse
import re
import time
from datetime import datetime, timedelta, timezone

from rich.console import Group, RenderableType
from rich.text import Text

from traffic.timestamps import day_text, zone_named
from trafficctl.aws.city_tables import (
    LIST_SEGMENTS_HINT,
    SEGMENT_FIELDS,
    CityTableReader,
    Item,
    open_city,
)
from trafficctl.cli.options import add_common, add_watch, check_watch, positive_int
from trafficctl.cli.output import show, show_csv, show_json, watch
from trafficctl.cli.wrong_input import check_district, unknown
from trafficctl.errors import OK
from trafficctl.watch.render import (
    LEVELS,
    SegmentFilter,
    alerts_table,
    free_flow_warning,
    headline,
    segments_table,
)

DAYS_OF_ALL = 7
SEGMENT_TIMES = ("updated_at", "observed_at", "received_at", "alert_since")
ALERT_TIMES = ("opened_at", "level_since", "cleared_at", "acknowledged_at")
ALERT_FIELDS = (
    "alert_id",
    "segment_id",
    "name",
    "district",
    "latitude",
    "longitude",
    "alert_status",
    "level",
    "peak_level",
    "peak_congestion",
    "speed",
    "free_flow_speed",
    "opened_at",
    "level_since",
    "cleared_at",
    "cleared_by",
    "duration_s",
    "acknowledged_by",
    "acknowledged_at",
)


def recent_days(now_ms: int, days: int = DAYS_OF_ALL) -> list[str]:
    """The last *days* days in UTC, today first: `2026-11-22`."""
    today = datetime.fromtimestamp(now_ms / 1000, timezone.utc).date()
    return [(today - timedelta(days=n)).isoformat() for n in range(days)]


def all_alerts(city: CityTableReader, now_ms: int) -> list[Item]:
    """The open alerts and those opened in the last days, each once."""
    alerts = city.open_alerts()
    for day in recent_days(now_ms):
        alerts += city.alerts_of_day(day)
    return list({item["alert_id"]: item for item in alerts}.values())


def alerts_of_local_day(city: CityTableReader, day: str) -> list[Item]:
    """The alerts opened on a day of the city, whose index holds days in UTC."""
    begin = datetime.fromisoformat(day).replace(tzinfo=zone_named(city.zone))
    first_ms, end_ms = (
        int(at.timestamp() * 1000) for at in (begin, begin + timedelta(days=1))
    )
    days = dict.fromkeys(day_text(ms) for ms in (first_ms, end_ms - 1))
    return [
        item
        for one in days
        for item in city.alerts_of_day(one)
        if first_ms <= item["opened_at"] < end_ms
    ]


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `segments` and `alerts`."""
    _register_segments(subparsers)
    _register_alerts(subparsers)


def _register_segments(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    parser = subparsers.add_parser(
        "segments",
        help="show the traffic on each road segment",
        description="Show the traffic on each road segment, the most congested first.",
    )
    parser.add_argument(
        "--worst", type=positive_int, metavar="N", help="only the N most congested"
    )
    parser.add_argument("--district", help="only this district (case-insensitive)")
    parser.add_argument("--level", choices=LEVELS, help="only this alert level")
    parser.add_argument("--segment", metavar="ID", help="only this segment")
    add_watch(parser)
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=run_segments)


def _register_alerts(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    parser = subparsers.add_parser(
        "alerts",
        help="show congestion alerts",
        description="Show the open congestion alerts, the most severe first.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--all",
        action="store_true",
        help=f"include all alerts opened in the last {DAYS_OF_ALL} days",
    )
    which.add_argument(
        "--day",
        type=_day,
        metavar="YYYY-MM-DD",
        help="only alerts opened on this day, in the time zone of the city",
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=run_alerts)


def _day(text: str) -> str:
    try:
        year = datetime.strptime(text, "%Y-%m-%d").year
    except ValueError:
        year = 0
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and 1970 <= year < 9999:
        return text
    raise argparse.ArgumentTypeError("expected a day such as 2026-11-22")


def run_segments(args: argparse.Namespace) -> int:
    """Run `trafficctl segments`."""
    check_watch(args)
    city = open_city(args.stack)
    if args.json:
        show_json(select_segments(city, args)[0])
    elif args.csv:
        show_csv(SEGMENT_FIELDS, select_segments(city, args)[0], SEGMENT_TIMES)
    elif args.watch is not None:
        watch(lambda: _segments_view(city, args), args.watch)
    else:
        show(_segments_view(city, args))
    return OK


def select_segments(
    city: CityTableReader, args: argparse.Namespace
) -> tuple[list[Item], list[Item]]:
    """The selected segments, and all that were read.

    Raises UserError for an unknown segment or district.
    """
    if args.segment is not None:
        item = city.segment(args.segment)
        if item is None:
            ids = [one["segment_id"] for one in city.segments()]
            raise unknown("segment", args.segment, ids, LIST_SEGMENTS_HINT)
        return [item], [item]
    everything = city.segments()
    check_district(args.district, everything)
    return SegmentFilter(args.worst, args.district, args.level).apply(
        everything
    ), everything


def _segments_view(city: CityTableReader, args: argparse.Namespace) -> RenderableType:
    selected, everything = select_segments(city, args)
    if not everything:
        return Text("no road segments - load some with `trafficctl roads load`")
    parts: list[RenderableType] = [segments_table(selected, _now_ms())]
    if warning := free_flow_warning(selected):
        parts.append(Text(warning, "yellow"))
    return Group(*parts, Text(headline(everything), "dim"))


def run_alerts(args: argparse.Namespace) -> int:
    """Run `trafficctl alerts`."""
    city, now_ms = open_city(args.stack), _now_ms()
    if args.day is not None:
        items = alerts_of_local_day(city, args.day)
    else:
        items = all_alerts(city, now_ms) if args.all else city.open_alerts()
    if args.json:
        show_json(items)
    elif args.csv:
        show_csv(ALERT_FIELDS, items, ALERT_TIMES)
    elif items:
        show(alerts_table(items, now_ms, zone_named(city.zone)))
    else:
        show(Text(_none_found(args)))
    return OK


def _none_found(args: argparse.Namespace) -> str:
    if args.day is not None:
        return f"no alerts were opened on {args.day}"
    return f"no alerts in the last {DAYS_OF_ALL} days" if args.all else "no open alerts"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
