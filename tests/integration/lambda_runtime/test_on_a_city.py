"""The functions beside the processor, under every Lambda Python, on a local city."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.chain.inbox import Inbox, Mail
from tests.integration.conftest import LocalCity, beside
from tests.integration.traffic.sensor_health.deployed import Deployed
from tests.unit.traffic.notifier.events import RECEIVED_MS, jam
from traffic.aws.dynamodb import attributes
from traffic.incidents.incident import OpenAlert
from traffic.notifier.notification import notification_of
from traffic.provisioning.admission import EXPECTED
from traffic.shard_scaler.aws import TAG

from .function import running
from .runtime_api import RuntimeApi

Answers = tuple[list[Any], list[dict[str, Any]]]
Ask = Callable[..., Answers]


@pytest.fixture(scope="module")
def own(local_city: LocalCity) -> LocalCity:
    """A stack whose roads and alerts are of this file."""
    return beside(local_city, "runtimes")


@pytest.fixture
def ask(
    runtime: str,
    task_root: Path,
    api: RuntimeApi,
    own: LocalCity,
    tmp_path: Path,
) -> Ask:
    """`ask(module, settings, event, ...)`: its answers, and the JSON it printed."""
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    where = {name: own.city.environment()[name] for name in names}

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


def settings_of(own: LocalCity, function: str) -> dict[str, str]:
    """What the template tells the deployed function."""
    told = own.client("lambda").get_function_configuration(
        FunctionName=f"{own.city.stack}-{function}"
    )
    return dict(told["Environment"]["Variables"])


@pytest.fixture(scope="module")
def street(own: LocalCity) -> Deployed:
    """The city without its own sweeps."""
    return Deployed(own)


def test_a_sweep_closes_the_alert_of_a_silent_road(
    ask: Ask, street: Deployed, own: LocalCity
) -> None:
    street.afresh()
    road = street.jammed()
    settings = settings_of(own, "sensor-health")

    _, lines = ask("sensor_health", settings, {})
    alert = street.alert(road)

    (figures,) = (line for line in lines if "_aws" in line)
    assert (figures["SensorsKnown"], figures["SensorsSilent"]) == (1, 1)
    assert (alert["cleared_by"], "open_flag" in alert) == ("silence", False)


def test_the_hook_lets_in_a_device_that_the_registry_expects_and_no_other(
    ask: Ask, own: LocalCity, runtime: str
) -> None:
    device = "expected-" + runtime.replace(".", "-")  # a thing's name has no dot
    own.client("dynamodb").put_item(
        TableName=own.outputs["DeviceRegistryTable"],
        Item={
            "device_id": {"S": device},
            "segment_id": {"S": "seg-1"},
            "status": {"S": EXPECTED},
        },
    )
    settings = settings_of(own, "provisioning-hook")

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
    ask: Ask, own: LocalCity
) -> None:
    kinesis, stream = own.client("kinesis"), own.outputs["ReadingsStream"]
    summary = kinesis.describe_stream_summary(StreamName=stream)
    shards = summary["StreamDescriptionSummary"]["OpenShardCount"]
    kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=[TAG])

    _, (told,) = ask("shard_scaler", settings_of(own, "shard-scaler"), {})

    tags = kinesis.list_tags_for_stream(StreamName=stream)["Tags"]
    (seen,) = (one["Value"] for one in tags if one["Key"] == TAG)
    assert (told["Shards"], told["ShardChanges"]) == (shards, 0)
    assert seen.endswith(f":{shards}")


def test_the_notifier_publishes_a_jam_and_tells_how_late_it_was(
    ask: Ask, own: LocalCity, eventually: Callable[..., Any]
) -> None:
    inbox = Inbox(own, own.outputs["AlertTopicArn"])

    _, (told,) = ask("notifier", settings_of(own, "notifier"), jam())

    _, subject, body, _ = notification_of(jam())
    assert eventually(lambda: Mail(subject, body) in inbox.mails())
    assert told["AlertLatencyMs"] == told["_aws"]["Timestamp"] - RECEIVED_MS


def test_a_sweep_makes_an_incident_of_an_open_alert(
    ask: Ask, own: LocalCity, runtime: str
) -> None:
    alert = OpenAlert(f"jam-{runtime.replace('.', '-')}", 1_800_000_000_000)
    row = {"alert_id": alert.alert_id, "segment_id": alert.segment_id}
    row |= {"opened_at": alert.opened_at, "level": "high", "open_flag": "open"}
    dynamodb = own.client("dynamodb")
    table = own.outputs["CongestionAlertsTable"]
    dynamodb.put_item(TableName=table, Item=attributes(row))

    _, lines = ask("incidents", settings_of(own, "incidents"), {})

    found = dynamodb.get_item(
        TableName=own.outputs["TrafficIncidentsTable"],
        Key=attributes({"incident_id": alert.alert_id}),
    )
    (figures,) = (line for line in lines if "_aws" in line)
    assert figures["IncidentSweeps"] == 1
    assert (found["Item"]["alerts"], found["Item"]["level"]) == (
        {"N": "1"},
        {"S": "high"},
    )
