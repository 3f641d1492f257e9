"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from trafficctl.errors import UserError
from trafficctl.files import TEMPLATE

DEFAULT_STACK = "city-traffic"
LARGEST = 1_000_000_000_000  # no count of a city is larger
LARGEST_FLOAT = 1_000_000_000  # and no time in seconds
LONGEST_WATCH_S = 86_400

Number = TypeVar("Number", int, float)


def add_common(
    parser: argparse.ArgumentParser, json: bool = False, csv: bool = False
) -> None:
    """Give `parser` --stack, --json if it prints data, and --csv if it prints rows."""
    parser.add_argument(
        "--stack",
        type=stack_name,
        default=os.environ.get("TRAFFIC_STACK") or DEFAULT_STACK,
        metavar="NAME",
        help=f"name of the stack (default: $TRAFFIC_STACK or {DEFAULT_STACK})",
    )
    if json:
        add_formats(parser, csv)


def add_formats(parser: argparse.ArgumentParser, csv: bool = True) -> None:
    """Give `parser` --json, and --csv instead of it."""
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument(
        "--json", action="store_true", help="print JSON instead of a table"
    )
    if csv:
        formats.add_argument(
            "--csv", action="store_true", help="print CSV instead of a table"
        )


def add_template(parser: argparse.ArgumentParser) -> None:
    """Give `parser` --template, to use another template than the installed one."""
    parser.add_argument(
        "--template",
        type=Path,
        default=TEMPLATE,
        metavar="FILE",
        help="use this template instead of the built-in one",
    )


def add_watch(parser: argparse.ArgumentParser) -> None:
    """Give `parser` --watch, which repeats the output."""
    parser.add_argument(
        "--watch",
        type=up_to(LONGEST_WATCH_S, positive_float),
        metavar="SECONDS",
        help="refresh every SECONDS until Ctrl-C; not with --json or --csv",
    )


def check_watch(args: argparse.Namespace) -> None:
    """Raise UserError if --watch, which shows a table, is given with another form."""
    if args.watch is not None and (args.json or args.csv):
        raise UserError("--watch shows a table: leave out --json and --csv")


def stack_name(text: str) -> str:
    """A valid CloudFormation stack name."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", text):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a stack name: use a letter, then letters, digits or -"
    )


def positive_int(text: str) -> int:
    """An integer of at least 1, and at most `LARGEST`."""
    if re.fullmatch(r"0*[1-9][0-9]*", text):
        return int(_limited(text, float(text), LARGEST))
    raise argparse.ArgumentTypeError(f"{_short(text)} is not an integer of at least 1")


def non_negative_float(text: str) -> float:
    """A number of at least 0, and at most `LARGEST_FLOAT`."""
    if re.fullmatch(r"[0-9]*\.?[0-9]+([eE][+-]?[0-9]{1,3})?|[0-9]+\.", text):
        return _limited(text, float(text), LARGEST_FLOAT)
    raise argparse.ArgumentTypeError(f"{_short(text)} is not a number of at least 0")


def positive_float(text: str) -> float:
    """A number above 0, and at most `LARGEST_FLOAT`."""
    value = non_negative_float(text)
    if value > 0:
        return value
    raise argparse.ArgumentTypeError(f"{_short(text)} is not a number above 0")


def up_to(most: int, read: Callable[[str], Number]) -> Callable[[str], Number]:
    """What *read* gives for a text, and at most *most*."""
    return lambda text: _limited(text, read(text), most)


def _limited(text: str, value: Number, most: int) -> Number:
    if value <= most:
        return value
    raise argparse.ArgumentTypeError(
        f"{_short(text)} is too large: use at most {most:,}"
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")


def port(text: str) -> int:
    """A TCP port, 1-65535."""
    value = positive_int(text)
    if value <= 65535:
        return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
