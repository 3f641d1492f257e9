"""Simulated devices: how they are named, and where they connect."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.publishing.devices import (
    Broker,
    SimulatedDevice,
    device_id,
    devices_of,
    find_broker,
)

SEGMENTS = ["a.b", "a_b", "x" * 64, "x" * 63 + "y", "I-5:N"]
STACKS = ["city", "city-test", "c" * 29 + "x", "c" * 29 + "y"]  # 30 at the most


def test_each_segment_has_its_units() -> None:
    assert devices_of("city", ["s1", "s2"], 2) == [
        SimulatedDevice("s1-unit1", "city_s1-unit1", "s1"),
        SimulatedDevice("s1-unit2", "city_s1-unit2", "s1"),
        SimulatedDevice("s2-unit1", "city_s2-unit1", "s2"),
        SimulatedDevice("s2-unit2", "city_s2-unit2", "s2"),
    ]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_segment_id_makes_a_name_that_a_thing_may_have(
    segment: str, stack: str
) -> None:
    name = device_id(stack, segment, 12)

    assert re.fullmatch(r"[A-Za-z0-9:_-]{1,64}", name)
    assert name.startswith(f"{stack}_")


def test_no_two_segments_and_no_two_stacks_share_a_device() -> None:
    named = {device_id(stack, one, 1) for stack in STACKS for one in SEGMENTS}

    assert len(named) == len(STACKS) * len(SEGMENTS)


def test_a_hyphen_more_in_the_stacks_name_makes_another_device() -> None:
    assert device_id("city", "test-1", 1) != device_id("city-test", "1", 1)


class FakeSession:
    """A session whose IoT client answers with AWS's endpoint."""

    def client(self, service: str, **_: Any) -> Any:
        assert service == "iot"
        return SimpleNamespace(
            meta=SimpleNamespace(endpoint_url="https://iot.eu-west-1.amazonaws.com"),
            describe_endpoint=lambda endpointType: {  # noqa: N803
                "endpointAddress": f"{endpointType[4:].lower()}.iot.amazonaws.com"
            },
        )


def test_on_aws_devices_connect_to_the_data_endpoint(tmp_path: Path) -> None:
    found = find_broker(FakeSession(), "city", {"TRAFFIC_HOME": str(tmp_path)})
    assert found == Broker("data-ats.iot.amazonaws.com", 8883)


def test_a_local_city_of_the_same_name_does_not_catch_devices_of_aws(
    tmp_path: Path,
) -> None:
    record = tmp_path / "city" / "city.json"
    record.parent.mkdir()
    fields = ["stack", "endpoint", "mqtt_host", "ca_file", "region", "started", "log"]
    made = dict.fromkeys(fields, "x") | {"mqtt_port": 1, "pid": 1}
    record.write_text(json.dumps(made))
    found = find_broker(FakeSession(), "city", {"TRAFFIC_HOME": str(tmp_path)})
    assert found.port == 8883


def test_the_endpoint_may_be_given() -> None:
    environ = {"TRAFFIC_MQTT_ENDPOINT": "[::1]:9", "TRAFFIC_MQTT_CA": "/ca.pem"}
    found = find_broker(FakeSession(), "city", environ)
    assert found == Broker("::1", 9, Path("/ca.pem"))


def test_a_malformed_endpoint_is_refused() -> None:
    with pytest.raises(UserError, match="expected host:port, got 'here'"):
        find_broker(FakeSession(), "city", {"TRAFFIC_MQTT_ENDPOINT": "here"})
