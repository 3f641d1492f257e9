"""`trafficctl preflight`: checks that an account is ready for a deployment."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from rich.text import Text

from trafficctl.aws import session as aws
from trafficctl.cli import options, output
from trafficctl.cli.output import KEY, Column
from trafficctl.cost import load_options
from trafficctl.errors import CHECK_FAILED, OK
from trafficctl.preflight import result as verdicts
from trafficctl.preflight.checks import preflight
from trafficctl.preflight.result import CheckResult, PreflightRequest
from trafficctl.stack import parameter_limits, parameters
from trafficctl.stack import template as texts

STYLES = {
    verdicts.OK: "green",
    verdicts.RAISE: "bold red",
    verdicts.MISSING: "bold red",
    verdicts.UNKNOWN: "yellow",
}


def register(subparsers: Any) -> None:
    """Add the command preflight."""
    parser = subparsers.add_parser(
        "preflight",
        help="check that an AWS account is ready for a deployment",
        description="Check quotas, permissions, runtime and retained resources; change "
        "nothing. Parameters that are not given keep the deployed stack's value, else "
        "have their default. Exit code 0 if the account is ready.",
    )
    options.add_common(parser, json=True, csv=True)
    load_options.add(parser)
    options.add_template(parser)
    parameters.add_options(parser)
    parser.add_argument(
        "--quicksight",
        action="store_true",
        help="also check the QuickSight subscription",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the checks; 1 if a quota is too low or something is missing."""
    request = request_of(args, dt.datetime.now(dt.timezone.utc).date())
    rows = preflight(aws.session(), request)
    if args.json:
        output.show_json(
            {"go_on": can_deploy(rows), "checks": [vars(row) for row in rows]}
        )
    elif args.csv:
        output.show_csv([one.name for one in fields(CheckResult)], map(vars, rows))
    else:
        show(rows)
    return OK if can_deploy(rows) else CHECK_FAILED


def request_of(args: argparse.Namespace, today: dt.date) -> PreflightRequest:
    """The request from the options."""
    template = texts.read(args.template)
    given = parameters.given(args)
    parameter_limits.check(template, given)
    load = load_options.load_of(args, args.sensors)
    return PreflightRequest(args.stack, template, load, given, today, args.quicksight)


def can_deploy(rows: Sequence[CheckResult]) -> bool:
    """Whether nothing blocks a deployment; unknown results do not."""
    return not any(row.verdict in verdicts.NOT_YET for row in rows)


def show(rows: Sequence[CheckResult]) -> None:
    """Print the table, then each next step unwrapped, so commands stay whole."""
    columns = [
        Column("check", importance=KEY),
        Column("have", importance=6),
        Column("need", importance=7),
        Column("verdict", importance=KEY),
        Column("", importance=KEY),  # number of the next step
    ]
    steps = [row for row in rows if row.next_step]
    cells = [
        (
            row.check,
            row.have,
            row.need,
            Text(row.verdict, STYLES[row.verdict]),
            str(steps.index(row) + 1) if row in steps else "",
        )
        for row in rows
    ]
    output.show(output.table(columns, cells))
    for number, row in enumerate(steps, 1):
        print(f"{number:>3}  {row.next_step}")
