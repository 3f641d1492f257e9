"""The deployed rule's actions: into the stream, or into the dead letters."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..device import Device, register

SEGMENT, NAME = "seg:rules", "dev-rules"
READINGS = {"readings": [{"sensor_id": "s1", "vehicle_count": 0}], "note": "ä"}


@pytest.fixture(scope="module")
def device(
    local_city: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Device]:
    folder: Path = tmp_path_factory.mktemp("rules")
    own = register(local_city, folder, NAME, {"segment_id": SEGMENT})
    made = Device(local_city.city, NAME, own)
    yield made
    made.close()


@pytest.fixture
def topic(local_city: Any) -> str:
    return f"{local_city.outputs['IngestTopicPrefix']}/{SEGMENT}/{NAME}"


@pytest.fixture
def role(local_city: Any) -> str:
    rule = local_city.outputs["IngestRule"]
    found = local_city.client("iot").get_topic_rule(ruleName=rule)["rule"]
    return str(found["actions"][0]["kinesis"]["roleArn"])


@pytest.fixture
def error_role(local_city: Any) -> str:
    rule = local_city.outputs["IngestRule"]
    found = local_city.client("iot").get_topic_rule(ruleName=rule)["rule"]
    return str(found["errorAction"]["sqs"]["roleArn"])


def in_stream(local_city: Any, key: str) -> list[Any]:
    """What the stream holds under a partition key."""
    kinesis, name = local_city.client("kinesis"), local_city.outputs["ReadingsStream"]
    found = []
    for shard in kinesis.list_shards(StreamName=name)["Shards"]:
        at = kinesis.get_shard_iterator(
            StreamName=name,
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )
        records = kinesis.get_records(ShardIterator=at["ShardIterator"])["Records"]
        found += [json.loads(r["Data"]) for r in records if r["PartitionKey"] == key]
    return found


def kept(local_city: Any) -> dict[str, Any]:
    """Our device's messages that are kept as dead letters, by their ids."""
    ours = f"/{SEGMENT}/{NAME}"
    letters = all_kept(local_city)
    return {k: one for k, one in letters.items() if one["topic"].endswith(ours)}


def all_kept(local_city: Any) -> dict[str, Any]:
    """The messages that are kept as dead letters, by their ids."""
    s3, bucket = local_city.client("s3"), local_city.outputs["DeadLetterBucket"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="undelivered/")
    bodies = [
        s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
        for one in listed.get("Contents", [])
    ]
    lines = [json.loads(line) for body in bodies for line in body.splitlines()]
    return {line["message_id"]: line for line in lines}


def sent_on(local_city: Any) -> float:
    """How many messages were ever sent to the queue of undelivered ones."""
    url = local_city.outputs["UndeliveredQueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = local_city.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=names
    )["Attributes"]
    return len(all_kept(local_city)) + sum(int(found[name]) for name in names)


def test_a_message_reaches_the_stream_with_the_rules_fields(
    local_city: Any, device: Device, topic: str
) -> None:
    assert device.publish(topic, READINGS) == "Success"

    found = in_stream(local_city, SEGMENT)[-1]

    received_at = found.pop("received_at")
    own = {"segment_id": SEGMENT, "device_id": NAME}
    assert found == {**READINGS, **own}
    assert isinstance(received_at, int)


def test_what_the_payload_claims_never_wins(
    local_city: Any, device: Device, topic: str
) -> None:
    claims = {"segment_id": "other", "device_id": "x", "received_at": 1}
    device.publish(topic, claims)

    found = in_stream(local_city, SEGMENT)[-1]

    assert (found["segment_id"], found["device_id"]) == (SEGMENT, NAME)
    assert found["received_at"] > 1


@pytest.mark.parametrize("action", ["kinesis:PutRecord", "kms:GenerateDataKey"])
def test_a_refused_put_leads_to_the_error_action(
    local_city: Any,
    device: Device,
    topic: str,
    role: str,
    without_action: Any,
    eventually: Any,
    action: str,
) -> None:
    assert eventually(lambda: not _refused(local_city, device, topic))
    before = kept(local_city)
    began_ms = time.time() * 1_000
    with without_action(role, action):
        assert eventually(lambda: _refused(local_city, device, topic))
    assert eventually(lambda: kept(local_city).keys() - before.keys())
    found = kept(local_city)
    (body,) = (body for key, body in found.items() if key not in before)

    assert began_ms - 1 <= body["received_at"] <= time.time() * 1_000
    assert base64.b64decode(body["base64OriginalPayload"]) == b'"probe"'
    assert body["failures"][0]["failedAction"] == "KinesisAction"
    assert action in body["failures"][0]["errorMessage"]


def _refused(local_city: Any, device: Device, topic: str) -> bool:
    """Whether a probe does not come into the stream."""
    before = len(in_stream(local_city, SEGMENT))
    assert device.publish(topic, "probe") == "Success"  # PUBACK says nothing of rules
    return len(in_stream(local_city, SEGMENT)) == before


def _lost(local_city: Any, device: Device, topic: str) -> bool:
    """Whether a probe comes neither into the stream nor to the dead letters."""
    before = sent_on(local_city)
    refused = _refused(local_city, device, topic)
    return refused and sent_on(local_city) == before


def test_an_error_action_that_may_not_send_sends_nothing(
    local_city: Any,
    device: Device,
    topic: str,
    role: str,
    error_role: str,
    without_action: Any,
    eventually: Any,
) -> None:
    with (
        without_action(role, "kinesis:PutRecord"),
        without_action(error_role, "sqs:SendMessage"),
    ):
        assert eventually(lambda: _lost(local_city, device, topic))


@pytest.fixture
def locked_queue(local_city: Any) -> Iterator[None]:
    """Meanwhile the queue is under a key that the error action's role may not use."""
    sqs, url = local_city.client("sqs"), local_city.outputs["UndeliveredQueueUrl"]
    key = local_city.client("kms").create_key()["KeyMetadata"]["Arn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": ""})


@pytest.mark.usefixtures("locked_queue")
def test_an_error_action_needs_the_key_of_its_queue(
    local_city: Any,
    device: Device,
    topic: str,
    role: str,
    without_action: Any,
    eventually: Any,
) -> None:
    with without_action(role, "kinesis:PutRecord"):
        assert eventually(lambda: _lost(local_city, device, topic))
