"""`trafficctl sensors rotate`: new certificates, while the old ones still serve.

A device whose key was made here gets a second certificate at once, for the operator to
install. One that fetched its own may fetch another by its claim. Both are good until
`--finish`, so that nothing in between locks a device out.
"""

from __future__ import annotations

import argparse

from traffic.provisioning.admission import REGISTERED
from trafficctl.cli.options import add_common, non_negative_float, positive_int
from trafficctl.cli.output import say
from trafficctl.errors import OK
from trafficctl.registry.context import RENEWALS, RegistryContext, open_context
from trafficctl.registry.finish_renewal import finish
from trafficctl.registry.registrar import now_ms
from trafficctl.registry.renewal import Renewal
from trafficctl.registry.selection import Found, add_devices, read_devices, require

DAY_MS = 86_400_000
DESCRIPTION = """\
Give devices a second certificate beside the one they have. For a device whose key
was made here it is made at once: install its file on the device. A device that
fetched its own certificate may fetch another by its claim, within --days. Then, for
the devices that are seen to work with the new one, repeat the command with --finish:
it deletes the old certificates. Until then both are good."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors rotate`."""
    parser = actions.add_parser(
        "rotate", help="renew certificates", description=DESCRIPTION
    )
    add_devices(parser, many="*")
    parser.add_argument("--all", action="store_true", help="all registered devices")
    parser.add_argument(
        "--older-than",
        type=non_negative_float,
        metavar="DAYS",
        help="only devices whose certificate is older",
    )
    parser.add_argument(
        "--days",
        type=positive_int,
        default=30,
        metavar="N",
        help="days in which a device may fetch a new one with its claim (%(default)s)",
    )
    parser.add_argument(
        "--finish",
        action="store_true",
        help="delete the old certificates of devices that have a new one",
    )
    add_common(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    require(
        bool(args.device) != args.all,
        "name the devices to rotate, or give --all - one of both",
    )
    context = open_context(args.stack)
    rows = selected_rows(context, args, now_ms())
    if not rows:
        say("no device to rotate")
        return OK
    if args.finish:
        return _finish(context, rows)
    return _begin(context, rows, args.days)


def selected_rows(
    context: RegistryContext, args: argparse.Namespace, at_ms: int
) -> list[Found]:
    """The rows of the devices that the command means. Raises UserError."""
    if args.device:
        rows = read_devices(context.table, args.device)
        wrong = [r["device_id"] for r in rows if r["status"] != REGISTERED]
        require(not wrong, f"{', '.join(wrong)}: not registered - nothing to rotate")
    else:
        rows = [row for row in context.table.all() if row["status"] == REGISTERED]
    if args.older_than is None:
        return rows
    limit_ms = at_ms - args.older_than * DAY_MS
    return [row for row in rows if row.get("registered_at", 0) < limit_ms]


def _begin(context: RegistryContext, rows: list[Found], days: int) -> int:
    until_ms = now_ms() + days * DAY_MS
    with context.journal(RENEWALS) as journal:
        renewal = Renewal(context, journal, until_ms)
        created, waiting = renewal.begin(rows)
    if created:
        say(f"new certificates to install: {created}, in {context.directory(RENEWALS)}")
    if waiting:
        say(f"devices that may fetch one by their claim, for {days} days: {waiting}")
    say("then: trafficctl sensors rotate ... --finish")
    return OK


def _finish(context: RegistryContext, rows: list[Found]) -> int:
    finished, waiting = finish(context, rows)
    say(f"devices that now have their new certificate alone: {finished}")
    if waiting:
        say(f"devices that have no new one yet, and keep theirs: {waiting}")
    return OK
