"""`trafficctl sensors register`: devices in bulk, from a CSV file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import segment_ids
from trafficctl.cli.options import add_common, positive_float
from trafficctl.cli.output import say, show_json
from trafficctl.cli.prompts import confirm
from trafficctl.cli.wrong_input import MOST_FAULTS, raise_faults, suggestion
from trafficctl.errors import CHECK_FAILED, OK
from trafficctl.registry.context import DEVICES, RegistryContext, open_context
from trafficctl.registry.csv_file import read_devices
from trafficctl.registry.plan import DeviceSpec, RegistrationPlan, plan_claims
from trafficctl.registry.rate_limit import DEFAULT_RATE, ROWS_RATE
from trafficctl.registry.registration import carry_out, keys_plan

DESCRIPTION = """\
Register the devices of a CSV file with the columns device_id, segment_id and
optionally note. Each gets a Thing, a certificate whose key is made here and never
leaves this machine, and its row of the registry. With --claim it gets the row only,
and fetches its certificate itself. Nothing is done if any line is wrong. After an
interrupt, or a failure, repeat the command: it goes on, and makes nothing twice."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors register`."""
    parser = actions.add_parser(
        "register", help="register the devices of a CSV file", description=DESCRIPTION
    )
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--claim",
        action="store_true",
        help="only expect the devices: each fetches its certificate with a claim",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="also devices that are revoked, lost or registered elsewhere: "
        "their old certificates are deleted",
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="do not ask before devices in service lose their certificates",
    )
    parser.add_argument(
        "--allow-unknown-segments",
        action="store_true",
        help="allow segments that are in no loaded road file",
    )
    parser.add_argument(
        "--rate",
        type=positive_float,
        metavar="N",
        help=f"devices per second (on AWS {DEFAULT_RATE:g}, under its quotas; "
        f"with --claim {ROWS_RATE:g})",
    )
    add_common(parser, json=True)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    specs = read_devices(args.file)
    context = open_context(args.stack, _rate(args))
    if not args.allow_unknown_segments:
        raise_faults(unknown_segments(context, specs))
    with context.journal(DEVICES) as journal:
        registrar = context.registrar(journal)
        if args.claim:
            plan = claims_plan(context, specs, args.again)
        else:
            plan = keys_plan(context, journal, specs, args.again)
        if not confirm_replacement(plan.replaced, args.yes):
            say("nothing was done")
            return CHECK_FAILED
        carry_out(plan, registrar.expect if args.claim else registrar.register)
    _tell(args, plan, context)
    return OK


def _rate(args: argparse.Namespace) -> float | None:
    """Devices a second: as given, else as fast as what is asked may be asked."""
    if args.rate is None and args.claim and not args.again:
        return ROWS_RATE
    rate: float | None = args.rate
    return rate


def unknown_segments(
    context: RegistryContext, specs: Sequence[DeviceSpec]
) -> list[str]:
    """Why devices cannot be registered: no road file has their segment."""
    known = set(segment_ids(aws.session(), context.outputs))
    unknown = [spec for spec in specs if spec.segment_id not in known]
    # Near matches only for those that will be listed: each takes a look at all names.
    hints = [suggestion(spec.segment_id, known) for spec in unknown[:MOST_FAULTS]]
    advice = "else `trafficctl roads load` its road, or --allow-unknown-segments"
    return [
        f"{spec.where}segment_id: {spec.segment_id!r} is no segment of this city - "
        f"{hint or 'correct it,'} {advice}"
        for spec, hint in zip_longest(unknown, hints)
    ]


def claims_plan(
    context: RegistryContext, specs: Sequence[DeviceSpec], again: bool
) -> RegistrationPlan:
    """The plan for devices that fetch their certificates. Raises UserError."""
    rows = context.table.read(spec.device_id for spec in specs)
    plan = plan_claims(specs, rows, again)
    raise_faults(list(plan.refusals))
    return plan


def confirm_replacement(replaced: Sequence[str], yes: bool) -> bool:
    """Whether devices in service may lose their certificates: asked, if any would.

    Raises UserError where nobody can answer.
    """
    if not replaced:
        return True
    question = (
        f"This deletes the certificates of {len(replaced)} devices in service, for "
        f"example {replaced[0]}. Continue?"
    )
    return confirm(question, yes)


def _tell(
    args: argparse.Namespace, plan: RegistrationPlan, context: RegistryContext
) -> None:
    if args.json:
        show_json({"registered": len(plan.tasks), "already": plan.unchanged})
    verb = "are expected" if args.claim else "are registered"
    say(f"{len(plan.tasks)} devices {verb}, {plan.unchanged} were so already")
    if not args.claim:
        say(f"keys and certificates: {context.directory(DEVICES)}")
