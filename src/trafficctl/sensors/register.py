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
from trafficctl.cli.prompts import agree
from trafficctl.cli.wrong_input import MOST_FAULTS, raise_faults, suggestion
from trafficctl.errors import ANSWER_IS_NO, OK
from trafficctl.registry.context import DEVICES, Place, open_place
from trafficctl.registry.csv_file import read_devices
from trafficctl.registry.plan import Plan, Wanted, plan_claims
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
    wanted = read_devices(args.file)
    place = open_place(args.stack, _rate(args))
    if not args.allow_unknown_segments:
        raise_faults(unknown_segments(place, wanted))
    with place.journal(DEVICES) as journal:
        registrar = place.registrar(journal)
        if args.claim:
            plan = claims_plan(place, wanted, args.again)
        else:
            plan = keys_plan(place, journal, wanted, args.again)
        if not may_take(plan.losing, args.yes):
            say("nothing was done")
            return ANSWER_IS_NO
        carry_out(plan, registrar.expect if args.claim else registrar.register)
    _tell(args, plan, place)
    return OK


def _rate(args: argparse.Namespace) -> float | None:
    """Devices a second: as given, else as fast as what is asked may be asked."""
    if args.rate is None and args.claim and not args.again:
        return ROWS_RATE
    rate: float | None = args.rate
    return rate


def unknown_segments(place: Place, wanted: Sequence[Wanted]) -> list[str]:
    """Why devices cannot be registered: no road file has their segment."""
    known = set(segment_ids(aws.session(), place.outputs))
    strange = [one for one in wanted if one.segment_id not in known]
    # Near matches only for those that will be listed: each takes a look at all names.
    near = [suggestion(one.segment_id, known) for one in strange[:MOST_FAULTS]]
    advice = "else `trafficctl roads load` its road, or --allow-unknown-segments"
    return [
        f"{one.where}segment_id: {one.segment_id!r} is no segment of this city - "
        f"{hint or 'correct it,'} {advice}"
        for one, hint in zip_longest(strange, near)
    ]


def claims_plan(place: Place, wanted: Sequence[Wanted], again: bool) -> Plan:
    """The plan for devices that fetch their certificates. Raises UserError."""
    rows = place.rows.read(one.device_id for one in wanted)
    plan = plan_claims(wanted, rows, again)
    raise_faults(list(plan.refusals))
    return plan


def may_take(losing: Sequence[str], yes: bool) -> bool:
    """Whether devices in service may lose their certificates: asked, if any would.

    Raises UserError where nobody can answer.
    """
    if not losing:
        return True
    question = (
        f"{len(losing)} devices in service, such as {losing[0]}, lose the certificates "
        "they connect with. Go on?"
    )
    return agree(question, yes)


def _tell(args: argparse.Namespace, plan: Plan, place: Place) -> None:
    if args.json:
        show_json({"registered": len(plan.tasks), "already": plan.done})
    verb = "are expected" if args.claim else "are registered"
    say(f"{len(plan.tasks)} devices {verb}, {plan.done} were so already")
    if not args.claim:
        say(f"keys and certificates: {place.directory(DEVICES)}")
