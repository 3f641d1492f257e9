"""The package that is deployed, under every Python it may be deployed to."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .canned_aws import CannedAws
from .function import running
from .runtime_api import RuntimeApi

MESSAGES = json.loads(Path(__file__).with_name("messages.json").read_text())

SETTINGS = {
    "STACK_NAME": "city-traffic",
    "SEGMENTS_TABLE": "city-traffic-road_segments",
    "HISTORY_TABLE": "city-traffic-segment_history",
    "ALERTS_TABLE": "city-traffic-congestion_alerts",
    "EVENT_BUS_NAME": "city-traffic-alerts",
    "QUARANTINE_BUCKET": "city-traffic-quarantine",
    "CONGESTION_HIGH_THRESHOLD": "50",
    "CONGESTION_SEVERE_THRESHOLD": "80",
    "CONGESTION_CLEAR_THRESHOLD": "40",
    "ALERT_HOLD_SECONDS": "60",
    "ALERT_CLEAR_SECONDS": "120",
    "DEFAULT_INTERVAL_SECONDS": "60",
    "HISTORY_RETENTION_DAYS": "90",
    "SITE_URL": "",
    "TIME_ZONE": "Europe/Berlin",
}

COUNTED = {"Received": 6, "Accepted": 3, "Duplicate": 1, "Late": 0, "Redelivered": 0}
REJECTED = {"out_of_range": 1, "not_json": 1}


def test_every_lambda_python_gives_the_same_account_of_a_batch(
    runtime: str, task_root: Path, api: RuntimeApi, aws: CannedAws, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    settings = {**SETTINGS, "AWS_ENDPOINT_URL": aws.url}
    with running(
        runtime, task_root, "traffic.processor.function.handler", api, settings, log
    ):
        cold, warm = api.invoke(_event()), api.invoke(_event())
    told = log.read_text()

    assert cold == ("response", {"batchItemFailures": []}), told
    assert warm == cold
    assert _sums(told, COUNTED) == {name: 2 * n for name, n in COUNTED.items()}
    assert _rejected(told) == {reason: 2 * n for reason, n in REJECTED.items()}
    assert len(aws.asked("TransactWriteItems")) == 2
    assert _quarantined(aws) == sorted([*REJECTED] * 2)


def _event() -> dict[str, Any]:
    return {"Records": [_record(index, each) for index, each in enumerate(MESSAGES)]}


def _record(index: int, message: dict[str, Any]) -> dict[str, Any]:
    """One Kinesis record as Lambda receives it, the rule's fields added."""
    added = {key: message[key] for key in ("segment_id", "device_id", "received_at")}
    text = message.get("text") or json.dumps({**message["payload"], **added})
    stream = "arn:aws:kinesis:us-east-1:000000000000:stream/city-traffic-readings"
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": message["segment_id"],
            "sequenceNumber": str(
                49590338271490256608559692538361571095921575989 + index
            ),
            "data": base64.b64encode(text.encode()).decode(),
            "approximateArrivalTimestamp": message["received_at"] / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{index}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::000000000000:role/processor",
        "awsRegion": "us-east-1",
        "eventSourceARN": stream,
    }


def _metrics(told: str) -> Iterator[dict[str, Any]]:
    """The lines in CloudWatch's embedded metric format."""
    for line in told.splitlines():
        if line.startswith("{") and '"_aws"' in line:
            yield json.loads(line)


def _sums(told: str, names: dict[str, int]) -> dict[str, int]:
    lines = [line for line in _metrics(told) if "Reason" not in line]
    return {name: sum(line.get(name, 0) for line in lines) for name in names}


def _rejected(told: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in _metrics(told):
        if "Reason" in line:
            counts[line["Reason"]] = counts.get(line["Reason"], 0) + line["Rejected"]
    return counts


def _quarantined(aws: CannedAws) -> list[str]:
    lines = b"".join(aws.asked("PutObject")).splitlines()
    return sorted(json.loads(line)["reason"] for line in lines)
