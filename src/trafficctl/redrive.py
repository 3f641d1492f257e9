"""`trafficctl redrive`: what was lost on its way, back into the stream."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from trafficctl import aws
from trafficctl.cli_common import add_common
from trafficctl.errors import ANSWER_IS_NO, OK
from trafficctl.output import say, show, show_csv, show_json
from trafficctl.progress import counting, publishing
from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.from_stream import look_whether_behind, open_lost
from trafficctl.redriving.lost import Looked, Lost
from trafficctl.redriving.objects import Objects
from trafficctl.redriving.options import add_options, span_of
from trafficctl.redriving.selection import Selection, Sums
from trafficctl.redriving.steps import Steps
from trafficctl.redriving.stream import Stream
from trafficctl.redriving.view import sums_view
from trafficctl.redriving.work import Redrive, Seen, Source
from trafficctl.tables import check_segments

FIELDS = (
    "kind",
    "day",
    "letters",
    "records",
    "readings",
    "segments",
    "oldest",
    "newest",
)
TIMES = ("oldest", "newest")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `redrive`."""
    parser = subparsers.add_parser(
        "redrive",
        help="put lost readings back into the stream",
        description=(
            "List what is in the dead letters, or with --stream the readings of the "
            "stream that are missing in the tables. With --execute, put them back into "
            "the stream. Safe to interrupt and repeat: a reading counts once. Exit "
            "code 1 when an object could not be put back."
        ),
    )
    add_options(parser)
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    span = span_of(args, _now_ms())
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    buckets = Buckets(aws.client(session, "s3"), outputs)
    source: Source
    if span is None:
        selection = Selection(args.prefix, args.day, args.segment)
        source = Objects(buckets, selection, args.quarantine)
    else:
        look_whether_behind(session, outputs, _now_ms(), args.execute)
        source = open_lost(session, outputs, buckets, span, args.table_reads, _now_ms)
    redrive = Redrive(buckets, source)
    if args.execute:
        kinesis = aws.client(session, "kinesis")
        name = outputs["ReadingsStream"]
        stream = Stream(kinesis, name, args.rate, time.monotonic, time.sleep)
        _execute(redrive, stream)
    else:
        with progress(source, "reading") as seen:
            redrive.survey(seen)
    if args.segment is not None and not redrive.sums.letters + redrive.sums.left:
        check_segments(session, outputs, [args.segment])
    looked = source.looked if isinstance(source, Lost) else None
    _report(redrive.sums, looked, args)
    return ANSWER_IS_NO if redrive.sums.left else OK


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _execute(redrive: Redrive, stream: Stream) -> None:
    uncertain = redrive.source.settle()
    if uncertain:
        say(
            f"An earlier run was interrupted: up to {uncertain:,} readings may be in "
            "the stream already. They are put again, and then count as duplicates."
        )
    with progress(redrive.source, "putting back") as seen:
        redrive.execute(stream, _name_of_run(), seen)


def _name_of_run() -> str:
    now = datetime.now(timezone.utc)
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@contextmanager
def progress(source: Source, what: str) -> Iterator[Seen]:
    """A display on stderr; only where somebody looks is the total counted first."""
    display = publishing() if isinstance(source, Lost) else counting("objects")
    total = None if display.disable else source.total()
    with display, _told(source) as tell:
        task = display.add_task(what, total=total, state="of the stream")

        def seen(count: int) -> None:
            display.advance(task, count)
            tell()

        yield seen


@contextmanager
def _told(source: Source) -> Iterator[Callable[[], None]]:
    """Say from time to time, and where it breaks off, how far the stream is read."""
    if not isinstance(source, Lost):
        yield lambda: None
        return
    steps = Steps(time.monotonic())
    try:
        yield lambda: _say_some(steps.reached(source.reached_ms, time.monotonic()))
    except BaseException:
        _say_some(steps.broken_off(source.reached_ms))
        raise


def _say_some(message: str | None) -> None:
    if message is not None:
        say(message)


def _report(sums: Sums, looked: Looked | None, args: argparse.Namespace) -> None:
    if args.json:
        left = [{"object": name, "reason": why} for name, why in sums.left_named]
        by_day = {"executed": args.execute, "by_day": sums.as_json()}
        totals = {"letters": sums.letters, "readings": sums.readings}
        read = {} if looked is None else {"read": vars(looked)}
        named = {"left": sums.left, "left_named": left}
        show_json({**by_day, **totals, **read, **named})
        return
    if args.csv:
        show_csv(FIELDS, sums.as_json(), TIMES)
    elif sums.letters or sums.left:
        show(sums_view(sums))
    if looked is not None:
        say(f"Read again: {looked.readings:,} readings in {looked.records:,} messages.")
    say(_sentence(sums, looked is not None, args.execute))


def _sentence(sums: Sums, is_stream: bool, executed: bool) -> str:
    if not sums.letters:
        lack = "The tables lack nothing that can be put back from there."
        return lack if is_stream else "There is nothing to put back."
    where = f"{sums.letters:,} objects"
    if is_stream:
        where = f"{sums.records:,} messages with something that the tables lack"
    what = f"{sums.readings:,} readings in {where}"
    if executed:
        return (
            f"{what} are back in the stream. `trafficctl audit` says what became of "
            "them."
        )
    return f"{what} would be put back. Nothing was changed: --execute does it."
