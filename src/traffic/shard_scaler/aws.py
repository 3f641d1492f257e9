"""The stream in Kinesis and CloudWatch, and changes of its shards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..aws import cloudwatch as stream_metrics
from ..timestamps import MINUTE_S
from . import history as shard_history
from .decide import QUIET_S, Hold, Minute, Scale, ScalingDecision, StreamState
from .settings import ShardScalerSettings

TAG = "shards-seen"
# Refusals to retry later: the stream's limit, the account's quota, a change in
# progress.
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
    """The AWS clients of the scaler."""

    kinesis: Any
    cloudwatch: Any


def read_stream(
    clients: Clients, settings: ShardScalerSettings, now_s: int
) -> StreamState:
    """Return the stream's state, with the minutes that have metrics."""
    text = clients.kinesis.describe_stream_summary(StreamName=settings.stream)
    summary = text["StreamDescriptionSummary"]
    return StreamState(
        shards=summary["OpenShardCount"],
        minutes=_minutes(clients.cloudwatch, settings, now_s),
        status=summary["StreamStatus"],
        mode=summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
    )


def update_history(
    kinesis: Any, stream: str, state: StreamState, now_s: int
) -> shard_history.History:
    """Return the stream's history with the current count; write it back if changed.

    While the stream is updating, its count is neither the old nor the new one.
    """
    tags = kinesis.list_tags_for_stream(StreamName=stream, Limit=50)["Tags"]
    tag = next((one["Value"] for one in tags if one["Key"] == TAG), "")
    history = shard_history.read(tag)
    if state.status != "ACTIVE":
        return history
    history = shard_history.with_count(history, state.shards, now_s)
    text = shard_history.text(history)
    if text != tag:
        _refusal_of(
            lambda: kinesis.add_tags_to_stream(StreamName=stream, Tags={TAG: text})
        )
    return history


def apply(kinesis: Any, stream: str, decision: Scale) -> ScalingDecision:
    """Request the change; Hold if AWS does not allow it now."""
    refusal = _refusal_of(
        lambda: kinesis.update_shard_count(
            StreamName=stream,
            TargetShardCount=decision.target,
            ScalingType="UNIFORM_SCALING",
        )
    )
    if refusal is None:
        return decision
    return Hold(f"{decision.reason}, AWS: {refusal}", held_back=True)


def _refusal_of(call: Callable[[], Any]) -> str | None:
    """Return why AWS refused *call*, None if it did not; raises ClientError."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_NOW:
            raise
        return str(error.response["Error"].get("Message", error))
    return None


def _minutes(
    cloudwatch: Any, settings: ShardScalerSettings, now_s: int
) -> list[Minute]:
    """Return the known minutes of the last hour, oldest first.

    A minute is known if CloudWatch has its records; the other metrics have no value
    where nothing happened.
    """
    end = now_s - now_s % MINUTE_S
    request = stream_metrics.metric_data_request(
        METRICS, settings.stream, settings.processor, end - QUIET_S, end
    )
    minutes = stream_metrics.minutes(cloudwatch.get_metric_data(**request))
    return [
        Minute(
            at_s=at_s,
            records=records,
            size=minutes["size"].get(at_s, 0),
            throttled=minutes["throttled"].get(at_s, 0),
            age_ms=minutes["age_ms"].get(at_s),
        )
        for at_s, records in sorted(minutes["records"].items())
    ]
