"""`trafficctl redrive`: what was lost on its way, back into the stream."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from traffic.errors import SettingsError
from traffic.settings import policy_of
from traffic.store import DynamoStore
from traffic.store import Tables as Names
from trafficctl import aws
from trafficctl.cli_common import add_common
from trafficctl.errors import ANSWER_IS_NO, OK, CityError
from trafficctl.output import say, show, show_json
from trafficctl.progress import counting, publishing
from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.lost import Looked, Lost, Tables
from trafficctl.redriving.objects import Objects
from trafficctl.redriving.options import add_options, span_of
from trafficctl.redriving.selection import Selection, Sums
from trafficctl.redriving.shards import Shards, Span
from trafficctl.redriving.stream import Stream
from trafficctl.redriving.view import sums_view
from trafficctl.redriving.work import Redrive, Seen, Source


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `redrive`."""
    parser = subparsers.add_parser(
        "redrive",
        help="put what was lost back into the stream",
        description=(
            "Say what lies in the dead letters, or with --stream what the stream holds "
            "and the tables lack; with --execute put it back into the stream, and "
            "dead letters out of the way. Safe to kill and to repeat: a reading counts "
            "once. Exit code 1 when an object had to be left."
        ),
    )
    add_options(parser)
    add_common(parser, json=True)
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
        source = _lost(session, outputs, buckets, span)
    redrive = Redrive(buckets, source)
    if args.execute:
        kinesis = aws.client(session, "kinesis")
        name = outputs["ReadingsStream"]
        stream = Stream(kinesis, name, args.rate, time.monotonic, time.sleep)
        _execute(redrive, source, stream)
    else:
        with _progress(source, "reading") as seen:
            redrive.survey(seen)
    looked = source.looked if isinstance(source, Lost) else None
    _report(redrive.sums, looked, args)
    return ANSWER_IS_NO if redrive.sums.left else OK


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _lost(session: Any, outputs: dict[str, str], buckets: Buckets, span: Span) -> Lost:
    """What lacks of the stream, by the rules that the processor goes by."""
    function = aws.client(session, "lambda").get_function_configuration(
        FunctionName=outputs["ProcessorFunction"]
    )
    try:
        policy = policy_of(function.get("Environment", {}).get("Variables", {}))
    except (KeyError, SettingsError) as error:
        raise CityError(
            f"the settings of {outputs['ProcessorFunction']} can't be read ({error}) - "
            "they need kms:Decrypt with the stack's key, and a finished deployment"
        ) from None
    tables = ("RoadSegmentsTable", "SegmentHistoryTable", "CongestionAlertsTable")
    names = Names(*(outputs[name] for name in tables))
    dynamodb = aws.client(session, "dynamodb")
    store = DynamoStore(dynamodb, names, policy.retention_days, time.sleep)
    kinesis = aws.client(session, "kinesis")
    shards = Shards(kinesis, outputs["ReadingsStreamArn"], time.monotonic, time.sleep)
    return Lost(buckets, shards, span, Tables(store, policy, _now_ms))


def _execute(redrive: Redrive, source: Source, stream: Stream) -> None:
    uncertain = source.settle()
    if uncertain:
        say(
            f"An earlier run was interrupted: up to {uncertain:,} readings may be in "
            "the stream already. They are put again, and then count as duplicates."
        )
    with _progress(source, "putting back") as seen:
        redrive.execute(stream, _name_of_run(), seen)


def _name_of_run() -> str:
    now = datetime.now(timezone.utc)
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@contextmanager
def _progress(source: Source, what: str) -> Iterator[Seen]:
    """A display on stderr; only where somebody looks is the total counted first."""
    display = publishing() if isinstance(source, Lost) else counting("objects")
    total = None if display.disable else source.total()
    with display:
        task = display.add_task(what, total=total, state="of the stream")
        yield lambda count: display.advance(task, count)


def _report(sums: Sums, looked: Looked | None, args: argparse.Namespace) -> None:
    if args.json:
        left = [{"object": name, "reason": why} for name, why in sums.left_named]
        by_day = {"executed": args.execute, "by_day": sums.as_json()}
        totals = {"letters": sums.letters, "readings": sums.readings}
        read = {} if looked is None else {"read": vars(looked)}
        named = {"left": sums.left, "left_named": left}
        show_json({**by_day, **totals, **read, **named})
        return
    if sums.letters or sums.left:
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
