"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from trafficctl.files import TEMPLATE

DEFAULT_STACK = "city-traffic"


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
        type=positive_float,
        metavar="SECONDS",
        help="refresh every SECONDS until Ctrl-C",
    )


def stack_name(text: str) -> str:
    """A valid CloudFormation stack name."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", text):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a stack name: use a letter, then letters, digits or -"
    )


def positive_int(text: str) -> int:
    """An integer of at least 1."""
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least 1")


def non_negative_float(text: str) -> float:
    """A finite number of at least 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if 0 <= value < float("inf"):
        return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")


def positive_float(text: str) -> float:
    """A finite number above 0."""
    value = non_negative_float(text)
    if value > 0:
        return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")


def port(text: str) -> int:
    """A TCP port, 1-65535."""
    value = positive_int(text)
    if value <= 65535:
        return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
