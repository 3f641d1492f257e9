"""`trafficctl sensors register`: registers devices from a CSV file."""

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
optionally note. Each gets a Thing, a certificate whose key is created here and never
leaves this machine, and a row in the registry. With --claim it gets only the row and
requests its certificate itself. If any line is invalid, nothing changes. After an
interrupt or a failure, repeat the command: it continues and creates nothing twice."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sensors register`."""
    parser = actions.add_parser(
        "register", help="register the devices of a CSV file", description=DESCRIPTION
    )
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--claim",
        action="store_true",
        help="only expect the devices: each requests its certificate with a claim",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="include devices that are revoked, lost or registered elsewhere, and "
        "delete their old certificates",
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="do not ask before certificates of devices in service are deleted",
    )
    parser.add_argument(
        "--allow-unknown-segments",
        action="store_true",
        help="allow segments that are not in a loaded road file",
    )
    parser.add_argument(
        "--rate",
        type=positive_float,
        metavar="N",
        help=f"devices per second (default on AWS: {DEFAULT_RATE:g}, below its quotas; "
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
            say("nothing was changed")
            return CHECK_FAILED
        carry_out(plan, registrar.expect if args.claim else registrar.register)
    _report(args, plan, context)
    return OK


def _rate(args: argparse.Namespace) -> float | None:
    """Devices a second: as given, else the default for the calls to make."""
    if args.rate is None and args.claim and not args.again:
        return ROWS_RATE
    rate: float | None = args.rate
    return rate


def unknown_segments(
    context: RegistryContext, specs: Sequence[DeviceSpec]
) -> list[str]:
    """Errors for devices whose segment does not exist."""
    known = set(segment_ids(aws.session(), context.outputs))
    unknown = [spec for spec in specs if spec.segment_id not in known]
    # Near matches are slow: find them only for the errors that are listed.
    hints = [suggestion(spec.segment_id, known) for spec in unknown[:MOST_FAULTS]]
    advice = (
        "or load its road (`trafficctl roads load`), or use --allow-unknown-segments"
    )
    return [
        f"{spec.where}segment_id: {spec.segment_id!r} not found - "
        f"{hint or 'correct it,'} {advice}"
        for spec, hint in zip_longest(unknown, hints)
    ]


def claims_plan(
    context: RegistryContext, specs: Sequence[DeviceSpec], again: bool
) -> RegistrationPlan:
    """The plan for devices that request their certificates. Raises UserError."""
    rows = context.table.read(spec.device_id for spec in specs)
    plan = plan_claims(specs, rows, again)
    raise_faults(list(plan.refusals))
    return plan


def confirm_replacement(replaced: Sequence[str], yes: bool) -> bool:
    """Ask before certificates of devices in service are deleted; True to continue.

    Raises UserError if stdin is not a terminal.
    """
    if not replaced:
        return True
    question = (
        f"This deletes the certificates of {len(replaced)} devices in service, for "
        f"example {replaced[0]}. Continue?"
    )
    return confirm(question, yes)


def _report(
    args: argparse.Namespace, plan: RegistrationPlan, context: RegistryContext
) -> None:
    if args.json:
        show_json({"registered": len(plan.tasks), "already": plan.unchanged})
    verb = "expected" if args.claim else "registered"
    say(f"{len(plan.tasks)} devices {verb}, {plan.unchanged} unchanged")
    if not args.claim:
        say(f"keys and certificates: {context.directory(DEVICES)}")
