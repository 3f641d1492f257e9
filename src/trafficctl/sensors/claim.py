"""`trafficctl sensors claim`: claim certificates for new devices."""

from __future__ import annotations

import argparse
import re

from trafficctl.cli.options import add_common
from trafficctl.cli.output import say
from trafficctl.cli.wrong_input import suggestion
from trafficctl.errors import OK, UserError
from trafficctl.registry.certificates import NewCertificate, pem_path
from trafficctl.registry.context import CLAIMS, RegistryContext, open_context
from trafficctl.registry.csv_file import CLAIM_PREFIX, DEVICE_ID
from trafficctl.registry.iot_calls import InDoubtError
from trafficctl.registry.journal import BEGUN, GONE, CertificateEntry, Journal
from trafficctl.registry.worker_pool import RETRY_HINT

DESCRIPTION = """\
Create a claim certificate. With it a new device can request its own certificate and
do nothing else. Create one per delivery or installer, to revoke them separately."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors claim`."""
    parser = actions.add_parser(
        "claim",
        help="create or revoke a claim certificate for new devices",
        description=DESCRIPTION,
    )
    parser.add_argument(
        "name", type=_name, metavar="NAME", help="for example delivery-7"
    )
    parser.add_argument(
        "--revoke", action="store_true", help="delete the claim certificate"
    )
    add_common(parser)
    parser.set_defaults(run=_run)


def _name(text: str) -> str:
    if re.fullmatch(DEVICE_ID, text):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a name: use 1-64 of letters, digits, _ : -"
    )


def _run(args: argparse.Namespace) -> int:
    context = open_context(args.stack)
    with context.journal(CLAIMS) as journal:
        if args.revoke:
            revoke(context, journal, args.name)
        else:
            make(context, journal, args.name)
    return OK


def make(context: RegistryContext, journal: Journal, name: str) -> CertificateEntry:
    """Create the claim certificate of that name, or continue."""
    issuer = context.issuer(journal, CLAIMS)
    issuer.recover([name])
    pem = pem_path(context.directory(CLAIMS), name)
    try:
        entry = issuer.certificate(NewCertificate(name), keep=pem.exists())
    except InDoubtError as exc:
        raise UserError(f"{exc} - {RETRY_HINT}", exit_code=3) from exc
    if not issuer.attach(entry, context.outputs["ClaimPolicy"]):
        issuer.forget(entry)  # of a city that no longer exists
        return make(context, journal, name)
    issuer.activate(entry)
    issuer.finish(entry)
    say(f"""\
created claim certificate {entry.certificate_id[:12]}, with its key: {pem}
Send it to the installer of the devices over a secure channel, with:
  client id    {CLAIM_PREFIX}<device id>
  template     {context.outputs["FleetTemplate"]}
It works only for devices of `trafficctl sensors register --claim`. When all devices
of the batch are registered, run `trafficctl sensors claim {name} --revoke`""")
    return entry


def revoke(context: RegistryContext, journal: Journal, name: str) -> None:
    """Delete the claim certificate of that name and its key here."""
    issuer = context.issuer(journal, CLAIMS)
    issuer.recover([name])
    entry = journal.get(name)
    if entry is None or entry.step in (BEGUN, GONE):
        names = [n for n, e in journal.entries().items() if e.step not in (BEGUN, GONE)]
        look = f"look for it in IoT Core under policy {context.outputs['ClaimPolicy']}"
        raise UserError(
            f"no claim certificate {name} was created from this machine - "
            f"{suggestion(name, names) or look}"
        )
    context.remover.delete(entry.certificate_arn)
    issuer.forget(entry)
    say(f"deleted claim certificate {name}")
