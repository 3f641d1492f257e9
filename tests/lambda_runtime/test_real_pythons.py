"""The package that is deployed, under every Python it may be deployed to."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trafficctl.package import RUNTIMES

from .canned_aws import CannedAws
from .pythons import equipped, missing, required, unpacked
from .runtime_api import RuntimeApi

MESSAGES = json.loads(Path(__file__).with_name("messages.json").read_text())

FIRST_SEQUENCE_NUMBER = 49590338271490256608559692538361571095921575989136588898

COUNTED = {"Received": 6, "Accepted": 3, "Duplicate": 1, "Late": 0, "Redelivered": 0}
REJECTED = {"out_of_range": 1, "not_json": 1}


@pytest.fixture(scope="session")
def task_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("lambda") / "task")


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    reason = missing(name)
    if reason and name in required():
        pytest.fail(f"{name} is required here: {reason}")
    if reason:
        pytest.skip(f"{reason}: the package was not tried under it")
    return name


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    server = RuntimeApi()
    yield server
    server.close()


@pytest.fixture
def aws() -> Iterator[CannedAws]:
    server = CannedAws()
    yield server
    server.close()


def test_every_lambda_python_gives_the_same_account_of_a_batch(
    runtime: str, task_root: Path, api: RuntimeApi, aws: CannedAws, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    env = _lambda_environment(runtime, api, aws)
    with log.open("w") as stdout:
        function = _start(equipped(runtime), task_root, env, stdout)
        try:
            cold, warm = api.invoke(_event()), api.invoke(_event())
        finally:
            function.kill()
            function.wait()
    told = log.read_text()

    assert (cold, told) == (("response", {"batchItemFailures": []}), told)
    assert warm == cold
    assert _sums(told, COUNTED) == {name: 2 * n for name, n in COUNTED.items()}
    assert _rejected(told) == {reason: 2 * n for reason, n in REJECTED.items()}
    assert len(aws.asked("TransactWriteItems")) == 2
    assert _quarantined(aws) == sorted([*REJECTED] * 2)


def _start(
    python: Path, task_root: Path, env: dict[str, str], stdout: Any
) -> subprocess.Popen[bytes]:
    command = [str(python), "-m", "awslambdaric", "traffic.processor.handler"]
    return subprocess.Popen(
        command, cwd=task_root, env=env, stdout=stdout, stderr=subprocess.STDOUT
    )


def _lambda_environment(
    runtime: str, api: RuntimeApi, aws: CannedAws
) -> dict[str, str]:
    """What Lambda sets, what the template sets, and where AWS is for this test."""
    return {
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": "city-traffic-processor",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": aws.url,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
        "TZ": ":UTC",
        **_template_environment(),
    }


def _template_environment() -> dict[str, str]:
    return {
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
    }


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
