"""`trafficctl redrive`: sends dead letters back to the stream."""

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
from trafficctl.errors import CHECK_FAILED, OK
from trafficctl.redrive.buckets import Buckets
from trafficctl.redrive.options import add_options
from trafficctl.redrive.report import totals_view
from trafficctl.redrive.run import Progress, Redrive
from trafficctl.redrive.selected_objects import SelectedObjects
from trafficctl.redrive.selection import RedriveTotals, Selection
from trafficctl.redrive.stream_writer import StreamWriter

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
        help="send dead letters back to the stream",
        description=(
            "List the dead letters. With --execute, send them back to the stream. Safe "
            "to interrupt and repeat: a reading is counted once. Exit code 1 if an "
            "object cannot be redriven."
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
    redrive = Redrive(buckets, SelectedObjects(buckets, selection, args.quarantine))
    if args.execute:
        kinesis = aws.client(session, "kinesis")
        name = outputs["ReadingsStream"]
        stream = StreamWriter(kinesis, name, args.rate, time.monotonic, time.sleep)
        _execute(redrive, stream)
    else:
        with _progress(redrive.objects, "reading") as progress:
            redrive.survey(progress)
    if args.segment is not None and not redrive.totals.letters + redrive.totals.skipped:
        check_segments(session, outputs, [args.segment])
    _report(redrive.totals, args)
    return CHECK_FAILED if redrive.totals.skipped else OK


def _execute(redrive: Redrive, stream: StreamWriter) -> None:
    uncertain = redrive.objects.resume()
    if uncertain:
        say(
            f"An earlier run was interrupted: up to {uncertain:,} readings may already "
            "be in the stream. They are sent again and count as duplicates then."
        )
    with _progress(redrive.objects, "redriving") as progress:
        redrive.execute(stream, _name_of_run(), progress)


def _name_of_run() -> str:
    now = datetime.now(timezone.utc)
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@contextmanager
def _progress(objects: SelectedObjects, what: str) -> Iterator[Progress]:
    """A display on stderr; the total is counted first only on a terminal."""
    display = counting("objects")
    total = None if display.disable else objects.total()
    with display:
        task = display.add_task(what, total=total)
        yield lambda count: display.advance(task, count)


def _report(totals: RedriveTotals, args: argparse.Namespace) -> None:
    if args.json:
        skipped = [
            {"object": name, "reason": why} for name, why in totals.skipped_objects
        ]
        by_day = {"executed": args.execute, "by_day": totals.as_json()}
        counts = {"letters": totals.letters, "readings": totals.readings}
        show_json({**by_day, **counts, "left": totals.skipped, "left_named": skipped})
        return
    if args.csv:
        show_csv(FIELDS, totals.as_json(), TIMES)
    elif totals.letters or totals.skipped:
        show(totals_view(totals))
    say(_sentence(totals, args.execute))


def _sentence(totals: RedriveTotals, executed: bool) -> str:
    if not totals.letters:
        return "There is nothing to redrive."
    what = f"{totals.readings:,} readings in {totals.letters:,} objects"
    if executed:
        return f"Sent {what} back to the stream. Check with `trafficctl audit`."
    return f"{what} to redrive. Nothing was changed: use --execute."
