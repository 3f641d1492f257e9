"""`trafficctl sensors rotate`: renews certificates without downtime.

A device whose key was created here gets a second certificate for the operator to
install. One that requested its own may request another with its claim. Both are valid
until `--finish`, so no device is locked out.
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
Give devices a second certificate. For a device whose key was created here it is
issued at once: install its file on the device. A device that requested its own
certificate may request another with its claim within --days. When the devices work
with the new certificate, repeat the command with --finish to delete the old ones.
Until then both are valid."""


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
        help="only devices with a certificate older than DAYS",
    )
    parser.add_argument(
        "--days",
        type=positive_int,
        default=30,
        metavar="N",
        help="days in which a device may claim a new certificate (default %(default)s)",
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
        "give either DEVICE names or --all",
    )
    context = open_context(args.stack)
    rows = selected_rows(context, args, now_ms())
    if not rows:
        say("no devices to rotate")
        return OK
    if args.finish:
        return _finish(context, rows)
    return _begin(context, rows, args.days)


def selected_rows(
    context: RegistryContext, args: argparse.Namespace, at_ms: int
) -> list[Found]:
    """The rows of the selected devices. Raises UserError."""
    if args.device:
        rows = read_devices(context.table, args.device)
        wrong = [r["device_id"] for r in rows if r["status"] != REGISTERED]
        require(
            not wrong,
            f"{', '.join(wrong)}: not registered - only registered devices can rotate",
        )
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
        say(f"{created} new certificates to install: {context.directory(RENEWALS)}")
    if waiting:
        say(f"{waiting} devices may claim a new certificate for {days} days")
    say("when they are in use, run: trafficctl sensors rotate ... --finish")
    return OK


def _finish(context: RegistryContext, rows: list[Found]) -> int:
    finished, waiting = finish(context, rows)
    say(f"{finished} devices finished: their old certificates are deleted")
    if waiting:
        say(f"{waiting} devices unchanged: they have no new certificate yet")
    return OK
