"""`trafficctl sensors health`: what is out of order, as a maintenance crew reads it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Group, RenderableType
from rich.text import Text

from traffic.aws.dynamodb import pages
from traffic.errors import MetricsError, StoreError
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
from traffic.sensor_health.thresholds import (
    DISTRICT,
    FIGURES_MS,
    FLEET,
    LEFT_OUT_KINDS,
    SCOPES,
    SEGMENT,
    SENSOR,
)
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
from trafficctl.errors import ANSWER_IS_NO, OK, UserError
from trafficctl.sensors.fault_words import WORDS
from trafficctl.watch.render import utc_text

COLUMNS = (
    Column("Where", importance=KEY),
    Column("What", importance=8),
    Column("Since\nUTC", importance=3),
    Column("For", number=True, importance=6),
    Column("Sensors", number=True, importance=4),
    Column("District", importance=5),
    Column("What to do first", importance=7),
)
STYLE = {FLEET: "bold red", DISTRICT: "bold red", SEGMENT: "yellow", SENSOR: ""}


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors health`."""
    parser = actions.add_parser(
        "health",
        help="list sensors that are silent or report nonsense",
        description=(
            "List sensor faults, the broadest first. A fault that a broader one "
            "explains is counted in it, not listed. A line on stderr says when the "
            "processor is behind: it finds no new silent sensors until it catches up. "
            "A sensor that can't be believed is left out of its segment's figures "
            "until its fault is over or dismissed. "
            "Exit code 1 while a district or the whole fleet is silent."
        ),
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="also faults that are over, dismissed, or part of a broader fault",
    )
    parser.add_argument("--district", help="only this district; upper or lower case")
    parser.add_argument(
        "--dismiss",
        nargs="+",
        metavar="FAULT_ID",
        help="the sensors with these faults were removed from the street (for a "
        "district or the fleet: all that fell silent with it); they are not listed "
        "again until they report",
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
    chosen = in_order(faults, args.all, args.district)
    if args.district is not None and all(fault.scope == FLEET for fault in chosen):
        roads = scan(client, outputs["RoadSegmentsTable"], ("district",))
        check_district(args.district, roads)
    if args.json:
        show_json([fault_items.listed(fault) for fault in chosen])
    elif args.csv:
        write_csv(chosen)
    else:
        show(view(chosen, now_ms, args))
    names = outputs["ReadingsStream"], outputs["ProcessorFunction"]
    warn(CloudWatchLag(aws.client(session, "cloudwatch"), *names), now_ms)
    return ANSWER_IS_NO if is_out(chosen) else OK


def warn(stream: CloudWatchLag, now_ms: int) -> None:
    """Say on stderr where the list may miss a sensor that has just fallen silent."""
    try:
        if stream.is_behind(now_ms):
            say(
                "the processor is behind: no silence is judged until it has kept up "
                f"for {FIGURES_MS // 60_000} minutes - "
                "docs/runbooks/processor-behind.md"
            )
    except MetricsError as exc:
        say(f"whether the processor is behind, and silence judged, is not known: {exc}")


def read(client: Any, table: str, everything: bool) -> list[Fault]:
    """The open faults, or with *everything* all that the table still has."""
    try:
        if not everything:
            return standing(client, table, (OPEN,))
        found = list(pages(client.scan, {"TableName": table}))
    except StoreError as exc:  # the Lambda code's word for it; ours names the next step
        raise exc.__cause__ or exc from None
    return [fault_items.fault_of(fault_items.plain(item)) for item in found]


def in_order(
    faults: Sequence[Fault], everything: bool = False, district: str | None = None
) -> list[Fault]:
    """What is listed: open before over, the broadest first, the oldest first."""
    broad = [f for f in faults if f.scope != SENSOR and f.standing == OPEN]
    chosen = [
        fault
        for fault in faults
        if everything or not any(explains(one, fault) for one in broad)
    ]
    if district is not None:
        chosen = [f for f in chosen if _is_in(f, district.casefold())]
    return sorted(chosen, key=_gravest_first)


def _is_in(fault: Fault, district: str) -> bool:
    name = fault.subject if fault.scope == DISTRICT else fault.district
    return fault.scope == FLEET or (name or "").casefold() == district


def _gravest_first(fault: Fault) -> tuple[bool, int, int, str]:
    rank = SCOPES.index(fault.scope)
    return (fault.standing != OPEN, rank, fault.since, fault.fault_id)


def is_out(faults: Iterable[Fault]) -> bool:
    """Whether a district or the fleet is silent now."""
    return any(f.standing == OPEN and f.scope in (FLEET, DISTRICT) for f in faults)


def view(
    faults: Sequence[Fault], now_ms: int, args: argparse.Namespace
) -> RenderableType:
    """The list with its headline, or that there is nothing to repair."""
    if not faults:
        where = f" in {args.district}" if args.district else ""
        return Text(f"no sensor is out of order{where}")
    return Group(faults_table(faults, now_ms), Text(headline(faults), "dim"))


def faults_table(faults: Iterable[Fault], now_ms: int) -> DataTable:
    """The faults as a table, in the order given."""
    return make_table(COLUMNS, (row(fault, now_ms) for fault in faults))


def row(fault: Fault, now_ms: int) -> list[Text]:
    """The cells of one fault, in the order of COLUMNS."""
    is_open = fault.standing == OPEN
    lasted = (now_ms - fault.since) / 1000 if is_open else fault.duration_s
    district = fault.subject if fault.scope == DISTRICT else fault.district
    cells = (
        where(fault),
        what(fault) + ("" if is_open else f" ({ended(fault)})"),
        utc_text(fault.since),
        duration(lasted),
        number(fault.sensors),
        district or ABSENT,
        first_of(fault.kind, fault.scope) if is_open else "",
    )
    return [
        Text(cell, style=STYLE[fault.scope] if is_open else "dim") for cell in cells
    ]


def where(fault: Fault) -> str:
    """Where the crew has to go: the road and its id, for a sensor also its own."""
    if fault.scope in (FLEET, DISTRICT):
        return place_of(fault)
    road = f"{fault.name} ({fault.segment_id})" if fault.name else fault.segment_id
    return f"{road}, sensor {fault.sensor_id}" if fault.sensor_id else str(road)


def what(fault: Fault) -> str:
    """What is wrong, with what the sweep saw of it."""
    return (
        f"{WORDS[fault.kind]} ({fault.detail})" if fault.detail else WORDS[fault.kind]
    )


def ended(fault: Fault) -> str:
    """How a fault ended: `over 11-22 18:32`."""
    word = "over" if fault.dismissed_at is None else "dismissed"
    return f"{word} {utc_text(fault.closed_at)}"


def headline(faults: Sequence[Fault]) -> str:
    """How many faults of each scope are open, in one line."""
    open_now = [fault for fault in faults if fault.standing == OPEN]
    counts = [(scope, sum(f.scope == scope for f in open_now)) for scope in SCOPES]
    told = ", ".join(f"{n:,} {scope}{'s' * (n != 1)}" for scope, n in counts if n)
    out = sum(fault.kind in LEFT_OUT_KINDS for fault in open_now)
    left = f"; left out of their segments' figures: {out:,}" if out else ""
    return f"out of order: {told or 'nothing now'}{left}"


def write_csv(faults: Iterable[Fault]) -> None:
    """Print the faults as CSV."""
    names = list(fault_items.listed(Fault(FLEET, "", "silent", 0, 0)))
    times = ("since", *(name for name in names if name.endswith("_at")))
    show_csv(names, map(fault_items.listed, faults), times)


def dismiss_each(client: Any, table: str, fault_ids: Sequence[str], now_ms: int) -> int:
    """Dismiss those faults; one that can't be does not keep the others."""
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
    """Take what has the fault off the street, if the fault still stands."""
    found = client.get_item(
        TableName=table, Key={"fault_id": {"S": fault_id}}, ConsistentRead=True
    )
    if "Item" not in found:
        known = (fault.fault_id for fault in read(client, table, False))
        advice = "`trafficctl sensors health --json` names them"
        raise unknown("fault", fault_id, known, advice)
    fault = _dismissable(fault_id, found["Item"])
    statement = fault_items.change(table, fault, dismissed(fault, now_ms), 0)
    try:
        client.execute_statement(**statement)
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise UserError(f"{fault_id} has just changed - list the faults again") from exc
    wide = fault.scope in (FLEET, DISTRICT)
    what = f"what fell silent with {place_of(fault)}" if wide else place_of(fault)
    say(f"{what} is off the street until it speaks again")
    return OK


def _dismissable(fault_id: str, item: dict[str, Any]) -> Fault:
    fault = fault_items.fault_of(fault_items.plain(item))
    if fault.standing != OPEN:
        state = "dismissed already" if fault.standing == DISMISSED else "over"
        raise UserError(f"{fault_id} is {state} - nothing to dismiss")
    return fault
