"""The deployed rule's actions: into the stream, or into the dead letters."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.services import iot

from localcity.iot import broker_speed
from localcity.iot.rules import Message, substitute
from localcity.s3_delivery import ActionError

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
    return str(found["errorAction"]["s3"]["roleArn"])


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


def dead_letters(local_city: Any, prefix: str) -> dict[str, Any]:
    """Objects in the dead-letter bucket by key."""
    s3, bucket = local_city.client("s3"), local_city.outputs["DeadLetterBucket"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {
        o["Key"]: json.load(s3.get_object(Bucket=bucket, Key=o["Key"])["Body"])
        for o in listed
    }


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
    before = dead_letters(local_city, "iot/")
    with without_action(role, action):
        assert eventually(lambda: _refused(local_city, device, topic))
    found = dead_letters(local_city, "iot/")
    (body,) = (body for key, body in found.items() if key not in before)

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
    before = dead_letters(local_city, "iot/")
    refused = _refused(local_city, device, topic)
    return refused and dead_letters(local_city, "iot/") == before


@pytest.mark.parametrize("action", ["s3:PutObject", "kms:GenerateDataKey"])
def test_an_error_action_that_may_not_write_writes_nothing(
    local_city: Any,
    device: Device,
    topic: str,
    role: str,
    error_role: str,
    without_action: Any,
    eventually: Any,
    action: str,
) -> None:
    with (
        without_action(role, "kinesis:PutRecord"),
        without_action(error_role, action),
    ):
        assert eventually(lambda: _lost(local_city, device, topic))


# Substitution templates by themselves


def test_templates_read_topic_and_payload() -> None:
    message = Message("traffic/seg/dev", b'{"a": {"b": 7}}', "client")

    found = substitute("x/${topic(2)}-${a.b}/${topic()}", message)

    assert found == "x/seg-7/traffic/seg/dev"


def test_a_template_without_value_fails_the_action() -> None:
    with pytest.raises(ActionError, match=r"topic\(9\)"):
        substitute("${topic(9)}", Message("a/b", b"{}", None))


# JSON: quicker than MiniStack's, and the same

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values | st.text() | st.floats(allow_infinity=True))
def test_messages_are_decoded_as_ministack_decodes_them(value: Any) -> None:
    payload = json.dumps(value).encode()

    assert repr(broker_speed.decode(payload)) == repr(iot._rule_message(payload))


@given(st.binary())
def test_what_is_not_json_is_decoded_as_ministack_decodes_it(payload: bytes) -> None:
    assert repr(broker_speed.decode(payload)) == repr(iot._rule_message(payload))


@given(json_values)
def test_events_are_encoded_to_the_same_values(value: Any) -> None:
    event = broker_speed.decode(json.dumps(value).encode())

    assert repr(json.loads(broker_speed.encode(event))) == repr(event)
