"""`trafficctl sensors list`: lists the device registry."""

from __future__ import annotations

import argparse
from typing import Any

from traffic.provisioning.admission import STATUSES
from traffic.timestamps import second_text
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import LIST_SEGMENTS_HINT, segment_ids
from trafficctl.cli.options import add_common
from trafficctl.cli.output import (
    ABSENT,
    KEY,
    Column,
    say,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.cli.wrong_input import raise_unknown
from trafficctl.errors import OK
from trafficctl.registry.table import FIELDS, open_table

TIMES = {"registered": "registered_at", "revoked": "revoked_at"}
ENDS = ("_at", "_until")  # suffixes of time fields
COLUMNS = (
    Column("device_id", importance=KEY),
    Column("segment_id", importance=8),
    Column("status", importance=8),
    Column("since", importance=6),
    Column("certificate", importance=3),
    Column("note", importance=4),
)
CERTIFICATE_SHOWN = 12  # characters of an id, enough to find it in the console


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors list`."""
    parser = actions.add_parser("list", help="list the registered devices")
    parser.add_argument(
        "--segment", metavar="SEGMENT", help="only devices of this segment"
    )
    parser.add_argument(
        "--status", choices=STATUSES, help="only devices with this status"
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    rows = open_table(session, outputs).all()
    used = {str(row["segment_id"]) for row in rows if "segment_id" in row}
    if args.segment is not None and args.segment not in used:
        known = used.union(segment_ids(session, outputs))
        raise_unknown("segment", [args.segment], known, LIST_SEGMENTS_HINT)
    selected = [
        row
        for row in rows
        if args.segment in (None, row.get("segment_id"))
        and args.status in (None, row.get("status"))
    ]
    if args.json:
        show_json([{name: row.get(name) for name in FIELDS} for row in selected])
    elif args.csv:
        show_csv(FIELDS, selected, [name for name in FIELDS if name.endswith(ENDS)])
    elif selected:
        show(table(COLUMNS, map(_cells, selected)))
    else:
        say("no devices match")
    return OK


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    since = row.get(TIMES.get(row["status"], "expected_at"))
    status = row["status"] + (", renewing" if _renewing(row) else "")
    return (
        row["device_id"],
        row.get("segment_id", ABSENT),
        status,
        ABSENT if since is None else second_text(since),
        row.get("certificate_id", ABSENT)[:CERTIFICATE_SHOWN],
        row.get("note", ABSENT),
    )


def _renewing(row: dict[str, Any]) -> bool:
    return "next_certificate_id" in row or "renew_until" in row
