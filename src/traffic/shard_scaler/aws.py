"""The stream as Kinesis and CloudWatch have it, and changes to its shards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..aws import cloudwatch as stream_metrics
from ..timestamps import MINUTE_S
from . import history as shard_history
from .decide import QUIET_S, Decision, Hold, Minute, Scale, Seen
from .settings import Settings

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


@dataclass(frozen=True)
class Clients:
    """The services it speaks to."""

    kinesis: Any
    cloudwatch: Any


def read_stream(clients: Clients, chosen: Settings, now_s: int) -> Seen:
    """Return the stream as it is, with its known minutes."""
    told = clients.kinesis.describe_stream_summary(StreamName=chosen.stream)
    summary = told["StreamDescriptionSummary"]
    return Seen(
        shards=summary["OpenShardCount"],
        minutes=_minutes(clients.cloudwatch, chosen, now_s),
        status=summary["StreamStatus"],
        mode=summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
    )


def update_history(
    kinesis: Any, stream: str, seen: Seen, now_s: int
) -> shard_history.History:
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


def apply(kinesis: Any, stream: str, decision: Scale) -> Decision:
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
