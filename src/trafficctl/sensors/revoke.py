"""`trafficctl sensors revoke`: a device comes in no more, from now on."""

from __future__ import annotations

import argparse

from traffic.admission import REVOKED
from trafficctl.cli_common import add_common
from trafficctl.errors import OK
from trafficctl.output import say
from trafficctl.sensors.chosen import Found, add_devices, read_chosen
from trafficctl.sensors.registrar import now_ms
from trafficctl.sensors.rows import ChangedError, certificates_in
from trafficctl.sensors.workplace import Place, open_place

TRIES = 3  # of a row that somebody else writes at the same time
DESCRIPTION = """\
Deactivate all certificates of the devices, and mark them as revoked, so that no
claim brings them in again. A new connection is refused at once; AWS ends a
connection that is open within a few minutes. With --delete the certificates are also
detached and deleted. `sensors register --again` lets a revoked device in anew."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors revoke`."""
    parser = actions.add_parser(
        "revoke", help="let a lost or stolen device in no more", description=DESCRIPTION
    )
    add_devices(parser)
    parser.add_argument(
        "--delete", action="store_true", help="also delete its certificates"
    )
    add_common(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    place = open_place(args.stack)
    for row in read_chosen(place.rows, args.device):
        count = revoke(place, row, args.delete)
        verb = "deleted" if args.delete else "deactivated"
        say(f"{row['device_id']}: revoked; {count} certificates {verb}")
    return OK


def revoke(place: Place, row: Found, delete: bool) -> int:
    """Revoke one device, and count its certificates; safe to repeat.

    The row comes first: a claim that comes meanwhile finds it, and what a claim has
    attached just before is found with the others.
    """
    name = row["device_id"]
    _mark(place, row)
    retiring = place.retiring
    arns = retiring.certificates_of(name, certificates_in(row))
    for arn in arns:
        retiring.deactivate(arn)
    if delete:
        for arn in arns:
            retiring.delete(arn)
    return len(arns)


def _mark(place: Place, row: Found) -> None:
    values = {"status": REVOKED, "revoked_at": now_ms(), "renew_until": None}
    name = row["device_id"]
    for _ in range(TRIES):
        try:
            place.rows.write(name, values, seen=row, also={"status": REVOKED})
        except ChangedError:  # the device came in this moment: revoked all the same
            row = place.rows.read([name])[name]
        else:
            return
    place.rows.write(name, values, seen=row, also={"status": REVOKED})
