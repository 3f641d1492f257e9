"""The object Lambda writes into S3 when it gives up on a batch, as pure functions."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from localcity.kinesis.event_source_model import Condition, Discard, Record

# Kinesis records in an event and in a failure object have this schema's name.
SCHEMA_VERSION = "1.0"


def object_key(mapping_id: str, shard_id: str, now: float, random_id: str) -> str:
    """The key AWS gives the object; `now` in seconds since the epoch."""
    at = datetime.fromtimestamp(now, timezone.utc)
    return (
        f"aws/lambda/{mapping_id}/{shard_id}/{at:%Y/%m/%d}/"
        f"{at:%Y-%m-%dT%H.%M.%S}-{random_id}"
    )


def failure_object(
    discard: Discard,
    *,
    event: dict[str, Any],
    function_arn: str,
    function_raised: bool,
    shard_id: str,
    stream_arn: str,
    now: float,
    request_id: str,
) -> dict[str, Any]:
    """What the object says: why, of what, and the whole event as `payload`."""
    records = discard.batch.records
    body: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": discard.condition.value,
            "approximateInvokeCount": discard.batch.invocations,
        },
        "responseContext": _response_context(function_raised),
        "version": "1.0",
        "timestamp": _iso(now),
        "KinesisBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": records[0].sequence_number,
            "endSequenceNumber": records[-1].sequence_number,
            "approximateArrivalOfFirstRecord": _iso(records[0].arrived_at),
            "approximateArrivalOfLastRecord": _iso(records[-1].arrived_at),
            "batchSize": len(records),
            "streamArn": stream_arn,
        },
        "payload": event,
    }
    if discard.condition is Condition.AGE:
        del body["responseContext"]  # as AWS: no answer brought this about
    return body


def kinesis_event(
    records: tuple[Record, ...],
    *,
    shard_id: str,
    stream_arn: str,
    role_arn: str,
    region: str,
) -> dict[str, Any]:
    """The event a function gets for these records."""
    common = {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role_arn,
        "awsRegion": region,
        "eventSourceARN": stream_arn,
    }
    return {"Records": [_event_record(record, shard_id, common) for record in records]}


def _event_record(
    record: Record, shard_id: str, common: dict[str, str]
) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": SCHEMA_VERSION,
            "partitionKey": record.partition_key,
            "sequenceNumber": record.sequence_number,
            "data": record.data,
            "approximateArrivalTimestamp": record.arrived_at,
        },
        "eventID": f"{shard_id}:{record.sequence_number}",
        **common,
    }


def _response_context(function_raised: bool) -> dict[str, Any]:
    context: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    if function_raised:
        context["functionError"] = "Unhandled"
    return context


def _iso(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
