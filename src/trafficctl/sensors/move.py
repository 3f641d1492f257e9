"""`trafficctl sensors move`: binds a device to another segment."""

from __future__ import annotations

import argparse

from traffic.provisioning.admission import REGISTERED
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import check_segments
from trafficctl.cli.options import add_common
from trafficctl.cli.output import say
from trafficctl.errors import OK
from trafficctl.registry.context import open_context
from trafficctl.registry.selection import read_devices, require

DESCRIPTION = """\
Bind a device to another segment, in the registry and in what its certificate may
publish. The topic contains the segment, so the device needs new settings and a new
connection. Until then its readings are rejected."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors move`."""
    parser = actions.add_parser(
        "move", help="bind a device to another segment", description=DESCRIPTION
    )
    parser.add_argument("device", metavar="DEVICE")
    parser.add_argument("segment", metavar="SEGMENT")
    add_common(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    context = open_context(args.stack)
    (row,) = read_devices(context.table, [args.device])
    require(
        row["status"] != "revoked",
        f"{args.device} is revoked - use `trafficctl sensors register --again` first",
    )
    check_segments(aws.session(), context.outputs, [args.segment])
    if row["status"] == REGISTERED:
        context.things.check_type(args.device)
    context.table.write(
        args.device,
        {"segment_id": args.segment},
        expected=row,
        also={"segment_id": args.segment},
    )
    if row["status"] == REGISTERED:
        context.things.bind(args.device, args.segment)
    topic = f"{context.outputs['IngestTopicPrefix']}/{args.segment}/{args.device}"
    say(f"moved {args.device} to {args.segment}; it must publish to {topic}")
    return OK
