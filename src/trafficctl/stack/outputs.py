"""`trafficctl outputs`: what a deployed stack says of itself."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, NoReturn

from trafficctl.aws import session as aws
from trafficctl.cli import options, output
from trafficctl.errors import OK, CityError, UserError
from trafficctl.stack.parameter_limits import near

# Those that the next step needs: where to look, whom to let in, whom to tell.
FIRST = (
    "LiveUrl",
    "DashboardUrl",
    "UserPoolId",
    "AlertTopicArn",
    "OperationsTopicArn",
)
FIELDS = ("output", "value")


def register(subparsers: Any) -> None:
    """Add the command outputs."""
    parser = subparsers.add_parser(
        "outputs",
        help="print the outputs of a deployed stack: addresses, names, ARNs",
        description="Prints every output of the stack, or the value of one alone: "
        '"$(trafficctl outputs UserPoolId)".',
    )
    options.add_common(parser, json=True, csv=True)
    parser.add_argument("name", nargs="?", metavar="NAME", help="print this one alone")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print them; UserError for a name that the stack has no output of."""
    outputs = aws.stack_outputs(aws.session(), args.stack)
    if not outputs:
        raise CityError(
            f"stack {args.stack} has no outputs yet - `trafficctl deploy` finishes it"
        )
    if args.name is not None and args.name not in outputs:
        _refuse(args.stack, args.name, outputs)
    chosen = {args.name: outputs[args.name]} if args.name else dict(outputs)
    if args.json:
        output.show_json(chosen)
    elif args.csv:
        output.show_csv(FIELDS, rows(chosen))
    elif args.name:
        print(outputs[args.name])
    else:
        show(outputs)
    return OK


def show(outputs: Mapping[str, str]) -> None:
    """One output a line, none broken: an address is there to be copied."""
    width = max((len(name) for name in outputs), default=0)
    for name, value in outputs.items():
        print(f"{name:<{width}}  {value}")


def rows(outputs: Mapping[str, str]) -> list[dict[str, str]]:
    """The outputs as rows of `FIELDS`."""
    return [dict(zip(FIELDS, pair, strict=True)) for pair in sorted(outputs.items())]


def first(outputs: Mapping[str, str]) -> dict[str, str]:
    """Those that the next step needs, in the order of their use."""
    return {name: outputs[name] for name in FIRST if name in outputs}


def _refuse(stack: str, name: str, outputs: Mapping[str, str]) -> NoReturn:
    alike = near(name, outputs)
    if alike:
        raise UserError(
            f"stack {stack} has no output {name} - did you mean {' or '.join(alike)}?"
        )
    raise UserError(f"stack {stack} has no output {name} - it has {', '.join(outputs)}")
