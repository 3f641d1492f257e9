"""What a redrive is told on the command line."""

from __future__ import annotations

import argparse
import re
from datetime import datetime

from trafficctl.cli.options import positive_float

# Even in messages of one reading no more than a single shard takes.
DEFAULT_RATE = 1000.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* what is special to a redrive."""
    parser.add_argument(
        "--execute", action="store_true", help="do it; without this, nothing changes"
    )
    parser.add_argument(
        "--quarantine",
        action="store_true",
        help="also rejected readings, once the cause is fixed",
    )
    parser.add_argument(
        "--prefix", default="", metavar="KEY", help="only objects with this key prefix"
    )
    parser.add_argument(
        "--day", type=_day, metavar="YYYY-MM-DD", help="only letters of this day, UTC"
    )
    parser.add_argument(
        "--segment",
        metavar="ID",
        help="only letters with a record of this segment; each goes back whole",
    )
    parser.add_argument(
        "--rate",
        type=positive_float,
        default=DEFAULT_RATE,
        metavar="N",
        help="most readings per second (%(default)g), to leave room for live traffic",
    )


def _day(text: str) -> str:
    try:
        is_day = re.fullmatch(r"\d{4}-\d\d-\d\d", text) and datetime.fromisoformat(text)
    except ValueError:
        is_day = None
    if not is_day:
        message = f"{text!r} is no day, as 2026-11-22 is one"
        raise argparse.ArgumentTypeError(message)
    return text
