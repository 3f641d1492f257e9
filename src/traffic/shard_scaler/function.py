"""The Lambda function that gives the stream as many shards as its traffic needs."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from ..aws import cloudwatch as stream_metrics
from ..aws.emf import line
from ..settings import number, require
from ..timestamps import MINUTE_S
from . import history as shard_history
from .decide import QUIET_S, Bounds, Decision, Hold, Minute, Scale, Seen, decide, share

REQUIRED = ("STREAM_NAME", "PROCESSOR_NAME", "STACK_NAME", "MIN_SHARDS", "MAX_SHARDS")
TAG = "shards-seen"
# AWS's "not now": the stream's limit, the account's quota, or a change under way.
NOT_NOW = {"LimitExceededException", "ResourceInUseException"}
# By field of a minute.
METRICS = {
    "records": stream_metrics.INCOMING_RECORDS,
    "size": stream_metrics.INCOMING_BYTES,
    "throttled": stream_metrics.THROTTLED,
    "age_ms": stream_metrics.ITERATOR_AGE,
}
_CLIENT = Config(
    connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}
)  # the next try comes in a minute anyway


@dataclass(frozen=True)
class Settings:
    """The names of the stack's parts, and the bounds that its parameters choose."""

    stream: str
    processor: str
    stack: str
    bounds: Bounds


@dataclass(frozen=True)
class Clients:
    """The services it speaks to."""

    kinesis: Any
    cloudwatch: Any


def handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Look at the stream once, and change its shards if that is due."""
    look(_clients(), settings(os.environ), time.time_ns() // 1_000_000)


def look(clients: Clients, chosen: Settings, now_ms: int) -> None:
    """Look at the stream at *now_ms*, decide, apply, and print the figures."""
    now_s = now_ms // 1_000
    seen = _seen(clients, chosen, now_s)
    history = _noted(clients.kinesis, chosen.stream, seen, now_s)
    decision = decide(seen, history, now_s, chosen.bounds)
    if isinstance(decision, Scale):
        decision = _applied(clients.kinesis, chosen.stream, decision)
    print(figures(seen, decision, chosen.stack, now_ms))


def figures(seen: Seen, decision: Decision, stack: str, now_ms: int) -> str:
    """Return the line of metrics that tells what was seen and done."""
    held = decision if isinstance(decision, Hold) else Hold("")
    values: dict[str, Any] = {
        "Shards": seen.shards,
        "ShardChanges": int(isinstance(decision, Scale)),
        "ScalerHeldBack": int(held.held_back),
        "HotShard": int(held.hot),
    }
    in_use = share(seen)
    if in_use is not None:
        values["ShardUtilizationPercent"] = round(100 * in_use, 1)
    told = {"Decision": decision.reason}
    if isinstance(decision, Scale):
        told["Decision"] = f"{seen.shards} to {decision.target}: {decision.reason}"
    return line(values, {"Stack": stack}, now_ms, **told)


def settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    require(environment, REQUIRED)
    return Settings(
        stream=environment["STREAM_NAME"],
        processor=environment["PROCESSOR_NAME"],
        stack=environment["STACK_NAME"],
        bounds=Bounds(
            least=int(number(environment, "MIN_SHARDS")),
            most=int(number(environment, "MAX_SHARDS")),
        ),
    )


def _seen(clients: Clients, chosen: Settings, now_s: int) -> Seen:
    told = clients.kinesis.describe_stream_summary(StreamName=chosen.stream)
    summary = told["StreamDescriptionSummary"]
    return Seen(
        shards=summary["OpenShardCount"],
        minutes=_minutes(clients.cloudwatch, chosen, now_s),
        status=summary["StreamStatus"],
        mode=summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
    )


def _noted(kinesis: Any, stream: str, seen: Seen, now_s: int) -> shard_history.History:
    """Return the stream's history with what is seen, and write it back if that is new.

    While the stream changes, its count is neither the old nor the new one.
    """
    tags = kinesis.list_tags_for_stream(StreamName=stream, Limit=50)["Tags"]
    tag = next((one["Value"] for one in tags if one["Key"] == TAG), "")
    history = shard_history.read(tag)
    if seen.status != "ACTIVE":
        return history
    history = shard_history.with_seen(history, seen.shards, now_s)
    told = shard_history.text(history)
    if told != tag:
        _not_now(
            lambda: kinesis.add_tags_to_stream(StreamName=stream, Tags={TAG: told})
        )
    return history


def _applied(kinesis: Any, stream: str, decision: Scale) -> Decision:
    """Ask for the change; what AWS does not allow now is held back."""
    refusal = _not_now(
        lambda: kinesis.update_shard_count(
            StreamName=stream,
            TargetShardCount=decision.target,
            ScalingType="UNIFORM_SCALING",
        )
    )
    if refusal is None:
        return decision
    return Hold(f"{decision.reason}, AWS: {refusal}", held_back=True)


def _not_now(call: Callable[[], Any]) -> str | None:
    """Return why AWS does not allow *call* now, None if it did; raises ClientError."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_NOW:
            raise
        return str(error.response["Error"].get("Message", error))
    return None


def _minutes(cloudwatch: Any, chosen: Settings, now_s: int) -> list[Minute]:
    """Return the known minutes of the last hour, oldest first.

    A minute is known when CloudWatch tells its records; the other metrics have no
    value where nothing happened.
    """
    end = now_s - now_s % MINUTE_S
    asked = stream_metrics.asked(
        METRICS, chosen.stream, chosen.processor, end - QUIET_S, end
    )
    found = stream_metrics.minutes(cloudwatch.get_metric_data(**asked))
    return [
        Minute(
            at_s=at_s,
            records=records,
            size=found["size"].get(at_s, 0),
            throttled=found["throttled"].get(at_s, 0),
            age_ms=found["age_ms"].get(at_s),
        )
        for at_s, records in sorted(found["records"].items())
    ]


@functools.lru_cache(maxsize=1)
def _clients() -> Clients:
    """Connect once for each execution environment, at its first look."""
    session = boto3.session.Session()
    return Clients(
        kinesis=session.client("kinesis", config=_CLIENT),
        cloudwatch=session.client("cloudwatch", config=_CLIENT),
    )
