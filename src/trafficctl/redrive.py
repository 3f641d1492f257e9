"""`trafficctl redrive`: dead letters and refused readings, back into the stream."""

from __future__ import annotations

import argparse
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from trafficctl import aws
from trafficctl.cli_common import add_common, positive_float
from trafficctl.errors import ANSWER_IS_NO, OK
from trafficctl.output import say, show, show_json
from trafficctl.progress import counting
from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.selection import Selection
from trafficctl.redriving.stream import Stream
from trafficctl.redriving.view import sums_view
from trafficctl.redriving.work import Redrive, Seen

# Even in messages of one reading no more than a single shard takes.
DEFAULT_RATE = 1000.0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `redrive`."""
    parser = subparsers.add_parser(
        "redrive",
        help="put dead letters back into the stream",
        description=(
            "Say what lies in the dead letters, and with --execute put it back into "
            "the stream and move it out of the way. Safe to kill and to repeat: a "
            "reading counts once. Exit code 1 when an object had to be left."
        ),
    )
    parser.add_argument(
        "--execute", action="store_true", help="do it; without, nothing is changed"
    )
    parser.add_argument(
        "--quarantine",
        action="store_true",
        help="also the readings that were refused, after what they broke is mended",
    )
    parser.add_argument(
        "--rate",
        type=positive_float,
        default=DEFAULT_RATE,
        metavar="N",
        help="readings a second at most (%(default)g), to leave room for live traffic",
    )
    _add_selection(parser)
    add_common(parser, json=True)
    parser.set_defaults(run=_run)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prefix", default="", metavar="KEY", help="only objects whose key begins so"
    )
    parser.add_argument(
        "--day", type=_day, metavar="YYYY-MM-DD", help="only those of this day, UTC"
    )
    parser.add_argument(
        "--segment",
        metavar="ID",
        help="only those that hold a record of this segment; they go back whole",
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


def _run(args: argparse.Namespace) -> int:
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    buckets = Buckets(aws.client(session, "s3"), outputs)
    selection = Selection(args.prefix, args.day, args.segment)
    redrive = Redrive(buckets, selection, args.quarantine)
    if args.execute:
        kinesis = aws.client(session, "kinesis")
        name = outputs["ReadingsStream"]
        stream = Stream(kinesis, name, args.rate, time.monotonic, time.sleep)
        _execute(redrive, stream)
    else:
        with _progress(redrive, "reading") as seen:
            redrive.survey(seen)
    _report(redrive, args)
    return ANSWER_IS_NO if redrive.sums.left else OK


def _execute(redrive: Redrive, stream: Stream) -> None:
    uncertain = redrive.settle()
    if uncertain:
        say(
            f"An earlier run was interrupted: up to {uncertain:,} readings may be in "
            "the stream already. They are put again, and then count as duplicates."
        )
    with _progress(redrive, "putting back") as seen:
        redrive.execute(stream, _name_of_run(), seen)


def _name_of_run() -> str:
    now = datetime.now(timezone.utc)
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@contextmanager
def _progress(redrive: Redrive, what: str) -> Iterator[Seen]:
    """A display on stderr; only where somebody looks are the objects counted first."""
    display = counting("objects")
    total = None if display.disable else sum(1 for _ in redrive.entries())
    with display:
        task = display.add_task(what, total=total)
        yield lambda count: display.advance(task, count)


def _report(redrive: Redrive, args: argparse.Namespace) -> None:
    sums = redrive.sums
    if args.json:
        left = [{"object": name, "reason": why} for name, why in sums.left_named]
        by_day = {"executed": args.execute, "by_day": sums.as_json()}
        totals = {"letters": sums.letters, "readings": sums.readings}
        show_json({**by_day, **totals, "left": sums.left, "left_named": left})
        return
    if sums.letters or sums.left:
        show(sums_view(sums))
    say(_sentence(sums.letters, sums.readings, args.execute))


def _sentence(letters: int, readings: int, executed: bool) -> str:
    if not letters:
        return "There is nothing to put back."
    what = f"{readings:,} readings in {letters:,} objects"
    if executed:
        return (
            f"{what} are back in the stream. `trafficctl audit` says what became of "
            "them."
        )
    return f"{what} would be put back. Nothing was changed: --execute does it."
