"""`trafficctl deploy`: from template and code to a stack that runs."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from trafficctl.aws import session as aws
from trafficctl.cli import options, output, prompts
from trafficctl.cost import load_options
from trafficctl.cost.sized import offered, sized
from trafficctl.deploy import change_view
from trafficctl.deploy.deployment import deploy
from trafficctl.deploy.request import DeployRequest, Outcome, Prompter
from trafficctl.errors import CHECK_FAILED, OK
from trafficctl.package import base_map
from trafficctl.stack import outputs, parameters
from trafficctl.stack import template as texts


def register(subparsers: Any) -> None:
    """Add the command deploy."""
    parser = subparsers.add_parser(
        "deploy",
        help="deploy or update the system, on AWS or in the local city",
        description="Package the code, show the changes, ask, make them and follow "
        "them to the end. Parameters that are not given keep their values.",
    )
    options.add_common(parser, json=True, csv=True)
    options.add_template(parser)
    parameters.add_options(parser)
    load_options.add_size(parser)
    parser.add_argument(
        "--bucket",
        metavar="NAME",
        help="your own bucket for packages (default: one is created)",
    )
    base_map.add_option(parser)
    parser.add_argument(
        "--yes", action="store_true", help="do not ask for confirmation"
    )
    parser.add_argument(
        "--revert-drift",
        action="store_true",
        help="also undo changes made outside of CloudFormation, including the "
        "number of shards that the scaler set",
    )
    parser.add_argument(
        "--allow-replacement",
        action="store_true",
        help="allow a table, bucket, key, pool or stream to be replaced or removed",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Deploy; 1 if the person did not agree to the changes."""
    if args.base_map:
        base_map.packed(args.base_map)  # refused before anything is made
    wish = DeployRequest(
        stack=args.stack,
        template=args.template,
        parameters=chosen(args),
        bucket=args.bucket,
        allow_replacement=args.allow_replacement,
        revert_drift=args.revert_drift,
        base_map=args.base_map,
        today=dt.datetime.now(dt.timezone.utc).date(),
    )
    talk = Prompter(output.say, change_view.show_changes, prompts.confirmer(args.yes))
    outcome = deploy(aws.session(), wish, talk)
    if not outcome.done:
        output.say("nothing was changed")
        return CHECK_FAILED
    _tell(args, outcome)
    return OK


def chosen(args: argparse.Namespace) -> dict[str, str]:
    """The parameters that are given, and those that the size adds."""
    given = parameters.given(args)
    if args.size is None:
        return given
    template = texts.read(args.template)
    load = load_options.load_of(args, args.size)
    sizes = sized(load, offered(template), texts.parameters(template))
    added = {name: value for name, value in sizes.items() if name not in given}
    listed = ", ".join(f"{name}={value}" for name, value in added.items())
    output.say(f"for {args.size:,} sensors: {listed or 'all parameters are given'}")
    return {**added, **given}


def _tell(args: argparse.Namespace, outcome: Outcome) -> None:
    if not outcome.changes:
        output.say(f"no change: stack {args.stack} is as the template says")
    if args.json:
        output.show_json(
            {
                "stack": args.stack,
                "changes": [asdict(one) for one in outcome.changes],
                "outputs": dict(outcome.outputs),
            }
        )
        return
    if args.csv:
        output.show_csv(outputs.FIELDS, outputs.rows(outcome.outputs))
        return
    outputs.show(outputs.first(outcome.outputs))
    more = len(outcome.outputs) - len(outputs.first(outcome.outputs))
    output.say(f"{more} more: trafficctl outputs --stack {args.stack}")
    if outcome.created:
        output.say(next_steps(args.stack, parameters.given(args), outcome.outputs))


def next_steps(
    stack: str, chosen: Mapping[str, str], outputs: Mapping[str, str]
) -> str:
    """What to do after a first deployment, in order."""
    mails = [chosen.get(name) for name in ("AlertEmail", "OperationsEmail")]
    receivers = sorted({mail for mail in mails if mail})
    steps = [
        f"confirm the subscription in the mail that AWS sent to {', '.join(receivers)}"
        if receivers
        else "choose recipients: --parameter AlertEmail=... and OperationsEmail=...",
        f"load the roads: trafficctl roads load ROADS.geojson --stack {stack}",
        "register the devices: docs/guides/devices.md",
        f"let a controller in: trafficctl users add NAME@CITY --stack {stack}",
        f"open the live map (trafficctl map --stack {stack}): "
        f"{outputs.get('LiveUrl', 'output LiveUrl')}",
    ]
    listed = "\n".join(f"  {n}. {step}" for n, step in enumerate(steps, 1))
    return f"Next:\n{listed}"
