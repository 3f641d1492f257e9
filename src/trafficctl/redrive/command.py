"""`trafficctl redrive`: dead letters back into the stream."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import check_segments
from trafficctl.cli.options import add_common
from trafficctl.cli.output import say, show, show_csv, show_json
from trafficctl.cli.progress import counting
from trafficctl.errors import ANSWER_IS_NO, OK
from trafficctl.redrive.buckets import Buckets
from trafficctl.redrive.options import add_options
from trafficctl.redrive.report import sums_view
from trafficctl.redrive.run import Redrive, Seen
from trafficctl.redrive.selected_objects import Objects
from trafficctl.redrive.selection import Selection, Sums
from trafficctl.redrive.stream_writer import Stream

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
        help="put dead letters back into the stream",
        description=(
            "List what is in the dead letters. With --execute, put it back into the "
            "stream. Safe to interrupt and repeat: a reading counts once. Exit code 1 "
            "when an object could not be put back."
        ),
    )
    add_options(parser)
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    session = aws.session()
    outputs = aws.stack_outputs(session, args.stack)
    buckets = Buckets(aws.client(session, "s3"), outputs)
    selection = Selection(args.prefix, args.day, args.segment)
    redrive = Redrive(buckets, Objects(buckets, selection, args.quarantine))
    if args.execute:
        kinesis = aws.client(session, "kinesis")
        name = outputs["ReadingsStream"]
        stream = Stream(kinesis, name, args.rate, time.monotonic, time.sleep)
        _execute(redrive, stream)
    else:
        with _progress(redrive.objects, "reading") as seen:
            redrive.survey(seen)
    if args.segment is not None and not redrive.sums.letters + redrive.sums.left:
        check_segments(session, outputs, [args.segment])
    _report(redrive.sums, args)
    return ANSWER_IS_NO if redrive.sums.left else OK


def _execute(redrive: Redrive, stream: Stream) -> None:
    uncertain = redrive.objects.settle()
    if uncertain:
        say(
            f"An earlier run was interrupted: up to {uncertain:,} readings may be in "
            "the stream already. They are put again, and then count as duplicates."
        )
    with _progress(redrive.objects, "putting back") as seen:
        redrive.execute(stream, _name_of_run(), seen)


def _name_of_run() -> str:
    now = datetime.now(timezone.utc)
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@contextmanager
def _progress(objects: Objects, what: str) -> Iterator[Seen]:
    """A display on stderr; only where somebody looks is the total counted first."""
    display = counting("objects")
    total = None if display.disable else objects.total()
    with display:
        task = display.add_task(what, total=total)
        yield lambda count: display.advance(task, count)


def _report(sums: Sums, args: argparse.Namespace) -> None:
    if args.json:
        left = [{"object": name, "reason": why} for name, why in sums.left_named]
        by_day = {"executed": args.execute, "by_day": sums.as_json()}
        totals = {"letters": sums.letters, "readings": sums.readings}
        show_json({**by_day, **totals, "left": sums.left, "left_named": left})
        return
    if args.csv:
        show_csv(FIELDS, sums.as_json(), TIMES)
    elif sums.letters or sums.left:
        show(sums_view(sums))
    say(_sentence(sums, args.execute))


def _sentence(sums: Sums, executed: bool) -> str:
    if not sums.letters:
        return "There is nothing to put back."
    what = f"{sums.readings:,} readings in {sums.letters:,} objects"
    if executed:
        return (
            f"{what} are back in the stream. `trafficctl audit` shows what came of it."
        )
    return f"{what} would be put back. Nothing was changed: --execute does it."
