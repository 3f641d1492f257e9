"""A device publishes to its own segment under its own name, and to nothing else."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcity.iot import policies

from ..device import Certificate, Device, register

DENIED = "Not authorized"
OWN = {"segment_id": "seg-own"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("devices")


@pytest.fixture(scope="module")
def certificate(local_city: Any, folder: Path) -> Certificate:
    return register(local_city, folder, "dev-own", OWN)


@pytest.fixture(scope="module")
def device(local_city: Any, certificate: Certificate) -> Iterator[Device]:
    made = Device(local_city.city, "dev-own", certificate)
    yield made
    made.close()


def test_its_own_topic_is_open(local_city: Any, device: Device) -> None:
    prefix = local_city.outputs["IngestTopicPrefix"]

    assert device.connected == "Success"
    assert device.publish(f"{prefix}/seg-own/dev-own", {}) == "Success"


@pytest.mark.parametrize(
    "topic",
    [
        "{prefix}/seg-other/dev-own",
        "{prefix}/seg-own/dev-other",
        "{prefix}/seg-own",
        "{prefix}/seg-own/dev-own/more",
        "$aws/rules/another_rule/traffic/seg-own/dev-own",
        "traffic/seg-own/dev-own",
    ],
)
def test_any_other_topic_is_refused(
    local_city: Any, device: Device, topic: str
) -> None:
    prefix = local_city.outputs["IngestTopicPrefix"]

    assert device.publish(topic.format(prefix=prefix), {}) == DENIED


def test_what_a_certificate_may_do_is_noticed_with_its_next_message(
    local_city: Any, folder: Path
) -> None:
    own = register(local_city, folder, "dev-changed", OWN)
    iot, policy = local_city.client("iot"), local_city.outputs["DevicePolicy"]
    (arn,) = iot.list_thing_principals(thingName="dev-changed")["principals"]
    device = Device(local_city.city, "dev-changed", own)
    topic = f"{local_city.outputs['IngestTopicPrefix']}/seg-own/dev-changed"

    def becomes(status: str) -> None:
        certificate = arn.rpartition("/")[2]
        iot.update_certificate(certificateId=certificate, newStatus=status)

    answers = [device.publish(topic, {})]
    iot.detach_policy(policyName=policy, target=arn)
    answers.append(device.publish(topic, {}))
    iot.attach_policy(policyName=policy, target=arn)
    answers.append(device.publish(topic, {}))
    becomes("INACTIVE")
    answers.append(device.publish(topic, {}))
    becomes("ACTIVE")
    answers.append(device.publish(topic, {}))
    device.close()

    assert answers == ["Success", DENIED, "Success", DENIED, "Success"]


def test_another_name_may_not_connect(
    local_city: Any, certificate: Certificate
) -> None:
    device = Device(local_city.city, "dev-other", certificate)
    device.close()

    assert device.connected == DENIED


def test_a_thing_without_segment_may_publish_nowhere(
    local_city: Any, folder: Path
) -> None:
    """Not even to a topic spelled as the variable is."""
    own = register(local_city, folder, "dev-none", {})
    device = Device(local_city.city, "dev-none", own)
    prefix = local_city.outputs["IngestTopicPrefix"]
    variable = "${iot:Connection.Thing.Attributes[segment_id]}"

    answers = [device.publish(f"{prefix}/{s}/dev-none", {}) for s in ("x", variable)]
    device.close()

    assert answers == [DENIED, DENIED]


@pytest.fixture
def neighbour(local_city: Any, folder: Path) -> Device:
    """A thing of another type: of another stack of the account, or of no city."""
    local_city.client("iot").create_thing_type(thingTypeName="neighbours-device")
    own = register(local_city, folder, "dev-next", OWN, "neighbours-device")
    device = Device(local_city.city, "dev-next", own)
    device.close()
    return device


def test_a_thing_of_another_type_may_not_connect_though_it_has_the_policy(
    neighbour: Device,
) -> None:
    assert neighbour.connected == DENIED


def test_a_thing_of_this_city_is_let_in_by_its_type_while_it_has_it(
    local_city: Any, folder: Path
) -> None:
    iot, prefix = local_city.client("iot"), local_city.outputs["IngestTopicPrefix"]
    own = register(local_city, folder, "dev-turned", OWN)
    device = Device(local_city.city, "dev-turned", own)
    topic, kind = f"{prefix}/seg-own/dev-turned", local_city.outputs["DeviceThingType"]
    iot.create_thing_type(thingTypeName="turned-device")

    answers = [device.publish(topic, {})]
    for other in ("turned-device", kind):
        iot.update_thing(thingName="dev-turned", thingTypeName=other)
        again = Device(local_city.city, "dev-turned", own)
        answers.append(again.connected)
        again.close()
    device.close()

    assert answers == ["Success", DENIED, "Success"]


def test_a_device_without_certificate_is_refused(local_city: Any) -> None:
    """TLS 1.3 lets the client believe for a moment: no CONNACK is what counts."""
    try:
        device = Device(local_city.city, "nobody", None, patience_s=2)
    except (ssl.SSLError, ConnectionError):
        return
    device.close()
    assert device.connected is None


# Policy variables by themselves

CONTEXT = {
    "iot:connection.thing.thingname": "dev-1",
    **policies.thing_variables(
        {"attributes": {"Segment": "A", "segment": "b"}, "thingTypeName": "sensor"}
    ),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iot:Connection.Thing.ThingName", "dev-1"),
        ("iot:Connection.Thing.ThingTypeName", "sensor"),
        ("iot:Connection.Thing.Attributes[Segment]", "A"),
        ("iot:Connection.Thing.Attributes[segment]", "b"),
        ("iot:Connection.Thing.Attributes[SEGMENT]", None),
        ("iot:Connection.Thing.Attributes", None),
    ],
)
def test_names_of_attributes_are_case_sensitive(name: str, value: str | None) -> None:
    assert policies.variable(name, CONTEXT) == value


@pytest.mark.parametrize("value", ["*", "seg-?", "a*b"])
def test_a_wildcard_in_a_value_does_not_widen_the_policy(value: str) -> None:
    context = policies.thing_variables({"attributes": {"segment": value}})

    assert (
        policies.variable("iot:Connection.Thing.Attributes[segment]", context) is None
    )


def test_an_unresolvable_variable_is_replaced_by_what_nobody_can_guess() -> None:
    template = "topic/${iot:Connection.Thing.Attributes[x]}"

    found = policies.resolved(template, {})

    assert "${" not in found
    assert len(found) > len("topic/") + 32
