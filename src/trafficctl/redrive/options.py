"""The options of `trafficctl redrive`."""

from __future__ import annotations

import argparse
import re
from datetime import datetime

from trafficctl.cli.options import positive_float

# What one shard takes, even with one reading per message.
DEFAULT_RATE = 1000.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of redrive."""
    parser.add_argument(
        "--execute", action="store_true", help="redrive; without it, only list"
    )
    parser.add_argument(
        "--quarantine",
        action="store_true",
        help="also redrive quarantined readings (fix the cause first)",
    )
    parser.add_argument(
        "--prefix", default="", metavar="KEY", help="only objects with this key prefix"
    )
    parser.add_argument(
        "--day",
        type=_day,
        metavar="YYYY-MM-DD",
        help="only dead letters of this day (UTC)",
    )
    parser.add_argument(
        "--segment",
        metavar="ID",
        help="only dead letters with a record of this segment; each is redriven whole",
    )
    parser.add_argument(
        "--rate",
        type=positive_float,
        default=DEFAULT_RATE,
        metavar="N",
        help="most readings per second, to leave room for live traffic "
        "(default %(default)g)",
    )


def _day(text: str) -> str:
    try:
        is_day = re.fullmatch(r"\d{4}-\d\d-\d\d", text) and datetime.fromisoformat(text)
    except ValueError:
        is_day = None
    if not is_day:
        message = f"{text!r} is not a day such as 2026-11-22"
        raise argparse.ArgumentTypeError(message)
    return text
