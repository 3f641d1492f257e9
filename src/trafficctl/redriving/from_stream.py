"""The stream and the tables of a deployed stack, to find out what lacks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from traffic.errors import MetricsError, SettingsError
from traffic.health.limits import FIGURES_MS
from traffic.health.stream import CloudWatchStream
from traffic.policy import Policy
from traffic.settings import policy_of
from traffic.store import Tables as Names
from trafficctl import aws
from trafficctl.errors import CityError
from trafficctl.output import say
from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.lost import Lost
from trafficctl.redriving.reads import Reads
from trafficctl.redriving.shards import Shards, Span
from trafficctl.redriving.tables import Tables

TABLES = ("RoadSegmentsTable", "SegmentHistoryTable", "CongestionAlertsTable")


def open_lost(
    session: Any,
    outputs: dict[str, str],
    buckets: Buckets,
    span: Span,
    table_reads: float,
    now_ms: Callable[[], int],
) -> Lost:
    """What lacks of the stream, by the rules that the processor goes by."""
    policy = _policy(session, outputs["ProcessorFunction"])
    names = Names(*(outputs[name] for name in TABLES))
    clock, sleep = time.monotonic, time.sleep
    reads = Reads(aws.client(session, "dynamodb"), table_reads, clock, sleep)
    kinesis = aws.client(session, "kinesis")
    shards = Shards(kinesis, outputs["ReadingsStreamArn"], clock, sleep)
    return Lost(buckets, shards, span, Tables(reads, names, policy, now_ms, clock))


def _policy(session: Any, processor: str) -> Policy:
    function = aws.client(session, "lambda").get_function_configuration(
        FunctionName=processor
    )
    try:
        return policy_of(function.get("Environment", {}).get("Variables", {}))
    except (KeyError, SettingsError) as error:
        raise CityError(
            f"the settings of {processor} can't be read ({error}) - "
            "they need kms:Decrypt with the stack's key, and a finished deployment"
        ) from None


def look_whether_behind(
    session: Any, outputs: dict[str, str], now_ms: int, execute: bool
) -> None:
    """Refuse, or warn of, what a processor that is behind would make of the answer."""
    names = outputs["ReadingsStream"], outputs["ProcessorFunction"]
    stream = CloudWatchStream(aws.client(session, "cloudwatch"), *names)
    refuse_while_behind(stream, now_ms, execute)


def refuse_while_behind(stream: CloudWatchStream, now_ms: int, execute: bool) -> None:
    """Raise CityError before anything is put that the processor may still read."""
    try:
        is_behind = stream.is_behind(now_ms)
    except MetricsError as error:
        if error.__cause__ is not None:  # AWS's own words, which have their advice
            raise error.__cause__ from None
        raise CityError(
            f"whether the processor is behind is not known ({error}) - wait until "
            "CloudWatch answers, and repeat"
        ) from None
    if not is_behind:
        return
    if not execute:
        say(
            "The processor is behind: what it has not read yet is counted as missing "
            "here, and --execute is refused - docs/runbooks/processor-behind.md"
        )
        return
    raise CityError(
        "the processor is behind: what it has not read yet would be put in a second "
        f"time - wait until it has kept up for {FIGURES_MS // 60_000} minutes "
        "(docs/runbooks/processor-behind.md), and repeat"
    )
