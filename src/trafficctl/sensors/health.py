"""`trafficctl sensors health`: lists sensor faults for a maintenance crew."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Group, RenderableType
from rich.text import Text

from traffic.aws.dynamodb import pages, values_of
from traffic.errors import MetricsError
from traffic.sensor_health import fault_items
from traffic.sensor_health.aws import CloudWatchLag, standing
from traffic.sensor_health.faults import (
    DISMISSED,
    OPEN,
    Fault,
    dismissed,
    explains,
    first_of,
    place_of,
)
from traffic.sensor_health.left_out import leaves_out
from traffic.sensor_health.thresholds import (
    DISTRICT,
    FIGURES_MS,
    FLEET,
    LANE_KINDS,
    SCOPES,
    SEGMENT,
    SENSOR,
)
from traffic.timestamps import zone_named
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import scan
from trafficctl.cli.options import add_common
from trafficctl.cli.output import (
    ABSENT,
    KEY,
    Column,
    DataTable,
    duration,
    number,
    say,
    show,
    show_csv,
    show_json,
)
from trafficctl.cli.output import table as make_table
from trafficctl.cli.wrong_input import check_district, unknown
from trafficctl.errors import CHECK_FAILED, OK, UserError
from trafficctl.sensors.fault_labels import LABELS
from trafficctl.watch.render import in_zone, time_text

COLUMNS = (
    Column("Where", importance=KEY),
    Column("What", importance=8),
    Column("Since", importance=3),
    Column("For", number=True, importance=6),
    Column("Sensors", number=True, importance=4),
    Column("District", importance=5),
    Column("First step", importance=7),
)
STYLE = {FLEET: "bold red", DISTRICT: "bold red", SEGMENT: "yellow", SENSOR: ""}


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors health`."""
    parser = actions.add_parser(
        "health",
        help="list silent or implausible sensors",
        description=(
            "List sensor faults, the broadest first. A fault that is part of a broader "
            "one is counted there, not listed. A line on stderr says if the processor "
            "is behind: silent sensors are not detected until it catches up. An "
            "implausible sensor is excluded from its segment's figures until its "
            "fault is over or dismissed. "
            "Exit code 1 while a district or the whole fleet is silent."
        ),
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="include faults that are over, dismissed or part of a broader fault",
    )
    parser.add_argument("--district", help="only this district (case-insensitive)")
    parser.add_argument(
        "--dismiss",
        nargs="+",
        metavar="FAULT_ID",
        help="dismiss these faults because the sensors were removed (for a district or "
        "the fleet: all sensors that fell silent with it) or their lanes closed; they "
        "are not listed again until they report, a closed lane until it counts "
        "vehicles",
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `trafficctl sensors health`."""
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    table = outputs["SensorFaultsTable"]
    client, now_ms = aws.client(session, "dynamodb"), time.time_ns() // 1_000_000
    if args.dismiss is not None:
        return dismiss_each(client, table, args.dismiss, now_ms)
    faults = read(client, table, args.all)
    selected = in_order(faults, args.all, args.district)
    if args.district is not None and all(fault.scope == FLEET for fault in selected):
        roads = scan(client, outputs["RoadSegmentsTable"], ("district",))
        check_district(args.district, roads)
    if args.json:
        show_json([fault_items.listed(fault) for fault in selected])
    elif args.csv:
        write_csv(selected)
    else:
        show(view(selected, now_ms, args, zone_named(outputs.zone)))
    names = outputs["ReadingsStream"], outputs["ProcessorFunction"]
    warn(CloudWatchLag(aws.client(session, "cloudwatch"), *names), now_ms)
    return CHECK_FAILED if is_area_silent(selected) else OK


def warn(stream: CloudWatchLag, now_ms: int) -> None:
    """Warn on stderr if the list may miss sensors that have just fallen silent."""
    try:
        if stream.is_behind(now_ms):
            say(
                "the processor is behind: silent sensors are not detected until it "
                f"keeps up for {FIGURES_MS // 60_000} minutes - "
                "docs/runbooks/processor-behind.md"
            )
    except MetricsError as exc:
        say(f"cannot tell whether the processor is behind: {exc}")


def read(client: Any, table: str, everything: bool) -> list[Fault]:
    """The open faults, or with *everything* all faults in the table."""
    if not everything:
        return standing(client, table, (OPEN,))
    items = pages(client.scan, {"TableName": table})
    return [fault_items.fault_of(values_of(item)) for item in items]


def in_order(
    faults: Sequence[Fault], everything: bool = False, district: str | None = None
) -> list[Fault]:
    """The faults to list: open first, then the broadest, then the oldest."""
    broad = [f for f in faults if f.scope != SENSOR and f.standing == OPEN]
    selected = [
        fault
        for fault in faults
        if everything or not any(explains(one, fault) for one in broad)
    ]
    if district is not None:
        selected = [f for f in selected if _is_in(f, district.casefold())]
    return sorted(selected, key=_most_severe_first)


def _is_in(fault: Fault, district: str) -> bool:
    name = fault.subject if fault.scope == DISTRICT else fault.district
    return fault.scope == FLEET or (name or "").casefold() == district


def _most_severe_first(fault: Fault) -> tuple[bool, int, int, str]:
    rank = SCOPES.index(fault.scope)
    return (fault.standing != OPEN, rank, fault.since, fault.fault_id)


def is_area_silent(faults: Iterable[Fault]) -> bool:
    """Whether a district or the fleet is silent now."""
    return any(f.standing == OPEN and f.scope in (FLEET, DISTRICT) for f in faults)


def view(
    faults: Sequence[Fault], now_ms: int, args: argparse.Namespace, zone: tzinfo
) -> RenderableType:
    """The faults with a headline, or that there are none."""
    if not faults:
        where = f" in {args.district}" if args.district else ""
        return Text(f"no sensor faults{where}")
    return Group(faults_table(faults, now_ms, zone), Text(headline(faults), "dim"))


def faults_table(faults: Iterable[Fault], now_ms: int, zone: tzinfo) -> DataTable:
    """The faults as a table, in the order given."""
    rows = (row(fault, now_ms, zone) for fault in faults)
    return make_table(in_zone(COLUMNS, "Since", zone), rows)


def row(fault: Fault, now_ms: int, zone: tzinfo) -> list[Text]:
    """The cells of one fault, in the order of COLUMNS."""
    is_open = fault.standing == OPEN
    lasted = (now_ms - fault.since) / 1000 if is_open else fault.duration_s
    district = fault.subject if fault.scope == DISTRICT else fault.district
    cells = (
        where(fault),
        what(fault) + ("" if is_open else f" ({ended(fault, zone)})"),
        time_text(fault.since, zone),
        duration(lasted),
        number(fault.sensors),
        district or ABSENT,
        first_of(fault.kind, fault.scope) if is_open else "",
    )
    return [
        Text(cell, style=STYLE[fault.scope] if is_open else "dim") for cell in cells
    ]


def where(fault: Fault) -> str:
    """The location: the road and its id, for a sensor also the sensor id."""
    if fault.scope in (FLEET, DISTRICT):
        return place_of(fault)
    road = f"{fault.name} ({fault.segment_id})" if fault.name else fault.segment_id
    return f"{road}, sensor {fault.sensor_id}" if fault.sensor_id else str(road)


def what(fault: Fault) -> str:
    """The label of the fault with its detail."""
    return (
        f"{LABELS[fault.kind]} ({fault.detail})" if fault.detail else LABELS[fault.kind]
    )


def ended(fault: Fault, zone: tzinfo) -> str:
    """How a fault ended: `over 11-22 18:32`."""
    word = "over" if fault.dismissed_at is None else "dismissed"
    return f"{word} {time_text(fault.closed_at, zone)}"


def headline(faults: Sequence[Fault]) -> str:
    """How many faults of each scope are open, in one line."""
    open_now = [fault for fault in faults if fault.standing == OPEN]
    counts = [(scope, sum(f.scope == scope for f in open_now)) for scope in SCOPES]
    text = ", ".join(f"{n:,} {scope}{'s' * (n != 1)}" for scope, n in counts if n)
    out = sum(map(leaves_out, open_now))
    excluded = f"; excluded from their segments' figures: {out:,}" if out else ""
    return f"open faults: {text or 'none'}{excluded}"


def write_csv(faults: Iterable[Fault]) -> None:
    """Print the faults as CSV."""
    names = list(fault_items.listed(Fault(FLEET, "", "silent", 0, 0)))
    times = ("since", *(name for name in names if name.endswith("_at")))
    show_csv(names, map(fault_items.listed, faults), times)


def dismiss_each(client: Any, table: str, fault_ids: Sequence[str], now_ms: int) -> int:
    """Dismiss these faults; a failure does not stop the others."""
    refused = []
    for fault_id in fault_ids:
        try:
            dismiss(client, table, fault_id, now_ms)
        except UserError as exc:
            refused.append(str(exc))
    if refused:
        raise UserError("\n".join(refused))
    return OK


def dismiss(client: Any, table: str, fault_id: str, now_ms: int) -> int:
    """Dismiss a fault if it is still open."""
    answer = client.get_item(
        TableName=table, Key={"fault_id": {"S": fault_id}}, ConsistentRead=True
    )
    if "Item" not in answer:
        known = (fault.fault_id for fault in read(client, table, False))
        advice = "`trafficctl sensors health --json` names them"
        raise unknown("fault", fault_id, known, advice)
    fault = _dismissable(fault_id, answer["Item"])
    statement = fault_items.change(table, fault, dismissed(fault, now_ms), 0)
    try:
        client.execute_statement(**statement)
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise UserError(
            f"{fault_id} changed meanwhile - list the faults again"
        ) from exc
    wide = fault.scope in (FLEET, DISTRICT)
    what = "all sensors that fell silent with " if wide else ""
    until = "counts vehicles" if fault.kind in LANE_KINDS else "reports"
    say(f"dismissed {what}{place_of(fault)} until it {until} again")
    return OK


def _dismissable(fault_id: str, item: dict[str, Any]) -> Fault:
    fault = fault_items.fault_of(values_of(item))
    if fault.standing != OPEN:
        state = "dismissed already" if fault.standing == DISMISSED else "over"
        raise UserError(f"{fault_id} is {state} - nothing to dismiss")
    return fault
