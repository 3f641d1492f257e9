"""What a redrive is told on the command line."""

from __future__ import annotations

import argparse
import re
from datetime import datetime

from traffic.health.limits import BEHIND_MS, FIGURES_SHOW_MS
from trafficctl.cli_common import positive_float
from trafficctl.errors import UserError
from trafficctl.redriving.shards import Span

# Even in messages of one reading no more than a single shard takes.
DEFAULT_RATE = 1000.0
# Half of what a PROVISIONED table has at least, unless the stack says otherwise.
DEFAULT_TABLE_READS = 50.0
# What came so lately may be on its way to the tables: it is not lost. A processor that
# stopped before shows in its figures.
SETTLED_MS = FIGURES_SHOW_MS + BEHIND_MS
SETTLED_MINUTES = SETTLED_MS / 60_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* what is special to a redrive."""
    parser.add_argument(
        "--execute", action="store_true", help="do it; without this, nothing changes"
    )
    parser.add_argument(
        "--rate",
        type=positive_float,
        default=DEFAULT_RATE,
        metavar="N",
        help="most readings per second (%(default)g), to leave room for live traffic",
    )
    parser.add_argument(
        "--segment",
        metavar="ID",
        help="only letters with a record of this segment; each goes back whole",
    )
    _add_letters(parser.add_argument_group("dead letters"))
    _add_stream(parser.add_argument_group("where a dead letter could not be written"))


def _add_letters(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--quarantine",
        action="store_true",
        help="also rejected readings, once the cause is fixed",
    )
    group.add_argument(
        "--prefix",
        default="",
        metavar="KEY",
        help="only objects with this key prefix",
    )
    group.add_argument(
        "--day", type=_day, metavar="YYYY-MM-DD", help="only letters of this day, UTC"
    )


def _add_stream(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--stream",
        action="store_true",
        help="read the stream again instead, for readings missing in the tables",
    )
    group.add_argument(
        "--from",
        dest="begin_ms",
        type=_instant,
        metavar="TIME",
        help="from this arrival time in the stream, such as 2026-11-25T07:00Z",
    )
    group.add_argument(
        "--until",
        dest="end_ms",
        type=_instant,
        metavar="TIME",
        help=f"up to this arrival time (default: {SETTLED_MINUTES:g} minutes ago)",
    )
    group.add_argument(
        "--table-reads",
        type=positive_float,
        default=DEFAULT_TABLE_READS,
        metavar="N",
        help="most table read units per second (%(default)g), to leave "
        "room for processor and map",
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


def _instant(text: str) -> int:
    """The instant of a text with an offset, in ms."""
    try:
        at = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no instant, as 2026-11-25T07:00Z or "
            "2026-11-25T08:00:00+01:00 is one"
        )
    return round(at.timestamp() * 1000)


def span_of(args: argparse.Namespace, now_ms: int) -> Span | None:
    """What is meant of the stream, None where dead letters are. Raises UserError."""
    if not args.stream:
        _refuse(args, ("from", "begin_ms"), ("until", "end_ms"), with_="--stream")
        return None
    _refuse(args, ("quarantine",) * 2, ("prefix",) * 2, ("day",) * 2)
    if args.begin_ms is None:
        raise UserError("--stream needs --from: since when readings are missing")
    end_ms = now_ms - SETTLED_MS if args.end_ms is None else min(args.end_ms, now_ms)
    if args.begin_ms >= end_ms:
        raise UserError(
            "--from must be before --until, which is "
            f"{SETTLED_MINUTES:g} minutes ago unless you say it"
        )
    return Span(args.begin_ms, end_ms, args.segment)


def _refuse(
    args: argparse.Namespace, *options: tuple[str, str], with_: str = ""
) -> None:
    for name, field in options:
        if getattr(args, field):
            raise UserError(
                f"--{name} goes with {with_ or 'dead letters, not with --stream'}"
            )
