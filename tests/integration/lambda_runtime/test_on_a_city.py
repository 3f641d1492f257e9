"""The functions beside the processor, under every Lambda Python, on a local city."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import LocalCity
from tests.integration.traffic.sensor_health.deployed import Deployed
from traffic.provisioning.admission import EXPECTED
from traffic.shard_scaler.aws import TAG

from .function import running
from .runtime_api import RuntimeApi

Answers = tuple[list[Any], list[dict[str, Any]]]
Ask = Callable[..., Answers]


@pytest.fixture
def ask(
    runtime: str,
    task_root: Path,
    api: RuntimeApi,
    local_city: LocalCity,
    tmp_path: Path,
) -> Ask:
    """`ask(module, settings, event, ...)`: its answers, and the JSON it printed."""
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    where = {name: local_city.city.environment()[name] for name in names}

    def asked(module: str, settings: dict[str, str], *events: Any) -> Answers:
        log = tmp_path / "log"
        handler = f"traffic.{module}.function.handler"
        with running(runtime, task_root, handler, api, {**settings, **where}, log):
            answers = [api.invoke(event) for event in events]
        told = log.read_text()
        assert {kind for kind, _ in answers} == {"response"}, (answers, told)
        lines = [json.loads(one) for one in told.splitlines() if one.startswith("{")]
        return [answer for _, answer in answers], lines

    return asked


def settings_of(local_city: LocalCity, function: str) -> dict[str, str]:
    """What the template tells the deployed function."""
    told = local_city.client("lambda").get_function_configuration(
        FunctionName=f"{local_city.city.stack}-{function}"
    )
    return dict(told["Environment"]["Variables"])


@pytest.fixture(scope="module")
def street(local_city: LocalCity) -> Deployed:
    """The city without its own sweeps."""
    return Deployed(local_city)


def test_a_sweep_closes_the_alert_of_a_silent_road(
    ask: Ask, street: Deployed, local_city: LocalCity
) -> None:
    street.afresh()
    road = street.jammed()
    settings = settings_of(local_city, "sensor-health")

    _, lines = ask("sensor_health", settings, {})
    alert = street.alert(road)

    (figures,) = (line for line in lines if "_aws" in line)
    assert (figures["SensorsKnown"], figures["SensorsSilent"]) == (1, 1)
    assert (alert["cleared_by"], "open_flag" in alert) == ("silence", False)


def test_the_hook_lets_in_a_device_that_the_registry_expects_and_no_other(
    ask: Ask, local_city: LocalCity, runtime: str
) -> None:
    device = "expected-" + runtime.replace(".", "-")  # a thing's name has no dot
    local_city.client("dynamodb").put_item(
        TableName=local_city.outputs["DeviceRegistryTable"],
        Item={
            "device_id": {"S": device},
            "segment_id": {"S": "seg-1"},
            "status": {"S": EXPECTED},
        },
    )
    settings = settings_of(local_city, "provisioning-hook")

    claims = [
        {"certificateId": "c" * 64, "parameters": {"DeviceId": name}}
        for name in ("unheard-of", device)
    ]

    (stranger, expected), _ = ask("provisioning", settings, *claims)

    assert stranger == {"allowProvisioning": False}
    assert expected == {
        "allowProvisioning": True,
        "parameterOverrides": {"DeviceId": device, "SegmentId": "seg-1"},
    }


def test_the_scaler_counts_the_shards_and_remembers_them(
    ask: Ask, local_city: LocalCity
) -> None:
    kinesis, stream = local_city.client("kinesis"), local_city.outputs["ReadingsStream"]
    summary = kinesis.describe_stream_summary(StreamName=stream)
    shards = summary["StreamDescriptionSummary"]["OpenShardCount"]
    kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=[TAG])

    _, (told,) = ask("shard_scaler", settings_of(local_city, "shard-scaler"), {})

    tags = kinesis.list_tags_for_stream(StreamName=stream)["Tags"]
    (seen,) = (one["Value"] for one in tags if one["Key"] == TAG)
    assert (told["Shards"], told["ShardChanges"]) == (shards, 0)
    assert seen.endswith(f":{shards}")
