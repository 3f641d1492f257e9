"""`trafficctl sensors revoke`: locks out a device."""

from __future__ import annotations

import argparse

from traffic.provisioning.admission import REVOKED
from trafficctl.cli.options import add_common
from trafficctl.cli.output import say
from trafficctl.errors import OK
from trafficctl.registry.certificates import CLOCKS_APART_MS
from trafficctl.registry.context import RegistryContext, open_context
from trafficctl.registry.registrar import now_ms
from trafficctl.registry.selection import Found, add_devices, read_devices
from trafficctl.registry.table import RowChangedError, certificates_in

SETTLED_S = 10.0  # upper bound from the hook's response to an active certificate
TRIES = 3  # of a row that changes at the same time
DESCRIPTION = """\
Deactivate all certificates of the devices and mark them as revoked, so that they
cannot claim new ones. New connections are refused at once; AWS closes an open
connection within a few minutes. With --delete the certificates are also detached and
deleted. To register a revoked device again, use `sensors register --again`."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors revoke`."""
    parser = actions.add_parser(
        "revoke", help="revoke a lost or stolen device", description=DESCRIPTION
    )
    add_devices(parser)
    parser.add_argument(
        "--delete", action="store_true", help="also delete its certificates"
    )
    add_common(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    context = open_context(args.stack)
    for row in read_devices(context.table, args.device):
        count = revoke(context, row, args.delete)
        verb = "deleted" if args.delete else "deactivated"
        say(f"{row['device_id']}: revoked; {count} certificates {verb}")
    return OK


def revoke(context: RegistryContext, row: Found, delete: bool) -> int:
    """Revoke one device; returns its number of certificates. Idempotent.

    The row changes first, so that a later claim is denied and the certificate of an
    earlier one is found. A certificate that the hook has just allowed may become active
    later, so its certificates are read once more.
    """
    revoked = _mark(context, row)
    arns = _deactivated(context, revoked)
    if revoked is not row or _registered_just_now(revoked, now_ms()):
        context.calls.sleep(SETTLED_S)
        arns = list(dict.fromkeys([*arns, *_deactivated(context, revoked)]))
    remover = context.remover
    if delete:
        for arn in arns:
            remover.delete(arn)
    return len(arns)


def _registered_just_now(row: Found, at_ms: int) -> bool:
    """Whether the hook has just allowed a certificate of the device.

    A device whose keys were created here was never expected: False.
    """
    registered = row.get("registered_at") or 0, row.get("next_registered_at") or 0
    since = at_ms - SETTLED_S * 1000 - CLOCKS_APART_MS
    return row.get("expected_at") is not None and max(registered) > since


def _deactivated(context: RegistryContext, row: Found) -> list[str]:
    """Deactivate the device's certificates and return their ARNs."""
    remover = context.remover
    arns = remover.certificates_of(row["device_id"], certificates_in(row))
    for arn in arns:
        remover.deactivate(arn)
    return arns


def _mark(context: RegistryContext, row: Found) -> Found:
    """Mark the row as revoked and return its earlier state."""
    values = {"status": REVOKED, "revoked_at": now_ms(), "renew_until": None}
    name = row["device_id"]
    for _ in range(TRIES):
        try:
            context.table.write(name, values, expected=row, also={"status": REVOKED})
        except RowChangedError:  # the device registered meanwhile: revoke it anyway
            row = context.table.read([name])[name]
        else:
            return row
    context.table.write(name, values, expected=row, also={"status": REVOKED})
    return row
