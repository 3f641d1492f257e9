"""Registering devices: what IoT Core is asked for, what is kept, and how to connect."""

from __future__ import annotations

import json
import re
import stat
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509

from trafficctl.devices import (
    Broker,
    Device,
    Registry,
    device_id,
    find_broker,
    pem_path,
    read_index,
    wanted_for,
)
from trafficctl.errors import UserError

OUTPUTS = {"DeviceThingType": "city-device", "DevicePolicy": "city-policy"}


class AlreadyExistsError(Exception):
    """What botocore raises for a Thing with other attributes."""


class FakeIot:
    """As much of IoT Core as registering needs."""

    exceptions = SimpleNamespace(ResourceAlreadyExistsException=AlreadyExistsError)

    def __init__(self) -> None:
        self.things: dict[str, dict[str, str]] = {}
        self.certificates: dict[str, str] = {}
        self.policies: dict[str, str] = {}
        self.principals: dict[str, str] = {}
        self.calls: list[str] = []
        self._lock = threading.Lock()

    def _called(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)

    def create_thing(
        self,
        thingName: str,  # noqa: N803 - boto3's own spelling
        thingTypeName: str,  # noqa: N803
        attributePayload: dict[str, Any],  # noqa: N803
    ) -> None:
        self._called("create_thing")
        assert thingTypeName == "city-device"
        attributes = attributePayload["attributes"]
        if self.things.get(thingName, attributes) != attributes:
            raise AlreadyExistsError
        self.things[thingName] = attributes

    def update_thing(self, **described: Any) -> None:
        self._called("update_thing")
        self.things[described["thingName"]] = described["attributePayload"][
            "attributes"
        ]

    def create_certificate_from_csr(
        self,
        certificateSigningRequest: str,  # noqa: N803
        setAsActive: bool,  # noqa: N803
    ) -> dict[str, str]:
        self._called("create_certificate_from_csr")
        request = x509.load_pem_x509_csr(certificateSigningRequest.encode())
        assert request.is_signature_valid
        assert setAsActive
        with self._lock:
            number = f"c{len(self.certificates)}"
            self.certificates[number] = "ACTIVE"
        arn = f"arn:{number}"
        return {
            "certificateId": number,
            "certificateArn": arn,
            "certificatePem": f"{number}\n",
        }

    def attach_policy(self, policyName: str, target: str) -> None:  # noqa: N803
        self.policies[target] = policyName

    def attach_thing_principal(self, thingName: str, principal: str) -> None:  # noqa: N803
        self.principals[thingName] = principal

    def get_paginator(self, operation: str) -> Any:
        pages = {
            "list_certificates": [
                {
                    "certificates": [
                        {"certificateId": c, "status": s}
                        for c, s in self.certificates.items()
                    ]
                }
            ],
            "list_things": [
                {
                    "things": [
                        {"thingName": n, "attributes": a}
                        for n, a in self.things.items()
                    ]
                }
            ],
        }[operation]
        return SimpleNamespace(paginate=lambda **_: pages)


@pytest.fixture
def iot() -> FakeIot:
    return FakeIot()


@pytest.fixture
def registry(iot: FakeIot, tmp_path: Path) -> Registry:
    return Registry(iot, OUTPUTS, tmp_path / "devices")


WANTED = wanted_for(["s1", "s2"], 2)


def test_each_segment_has_its_units() -> None:
    assert WANTED == [
        ("s1-unit1", "s1"),
        ("s1-unit2", "s1"),
        ("s2-unit1", "s2"),
        ("s2-unit2", "s2"),
    ]


@pytest.mark.parametrize("segment", ["a.b", "a_b", "x" * 64, "x" * 63 + "y", "I-5:N"])
def test_every_segment_id_makes_a_name_that_a_thing_may_have(segment: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9:_-]{1,64}", device_id(segment, 12))


def test_no_two_segments_share_a_device() -> None:
    segments = ["a.b", "a_b", "x" * 64, "x" * 63 + "y"]
    assert len({device_id(segment, 1) for segment in segments}) == 4


def test_a_device_is_a_thing_of_the_stack_bound_to_its_segment(
    registry: Registry, iot: FakeIot
) -> None:
    registry.register(WANTED)
    assert iot.things["s2-unit1"] == {"segment_id": "s2"}
    assert iot.policies[iot.principals["s2-unit1"]] == "city-policy"
    assert len(set(iot.principals.values())) == 4


def test_devices_come_back_in_the_order_asked_for(
    registry: Registry, tmp_path: Path
) -> None:
    made = registry.register(WANTED)
    directory = tmp_path / "devices"
    assert made == [Device(n, s, directory / f"{n}.pem") for n, s in WANTED]


def test_the_key_is_kept_here_and_readable_by_its_owner_alone(
    registry: Registry, iot: FakeIot
) -> None:
    device = registry.register(WANTED)[0]
    assert "BEGIN PRIVATE KEY" in device.pem.read_text()
    certificate = iot.principals["s1-unit1"].removeprefix("arn:")
    assert device.pem.read_text().endswith(f"{certificate}\n")
    assert stat.S_IMODE(device.pem.stat().st_mode) == 0o600
    assert stat.S_IMODE(device.pem.parent.stat().st_mode) == 0o700


def test_registering_again_asks_for_nothing_new(
    registry: Registry, iot: FakeIot
) -> None:
    first = registry.register(WANTED)
    iot.calls.clear()
    progress: list[int] = []
    assert registry.register(WANTED, progress.append) == first
    assert iot.calls == []
    assert sum(progress) == 4


def test_what_the_city_has_forgotten_is_registered_anew(
    registry: Registry, iot: FakeIot
) -> None:
    registry.register(WANTED)
    forgotten = iot.principals["s1-unit2"].removeprefix("arn:")
    iot.certificates[forgotten] = "REVOKED"
    iot.calls.clear()
    registry.register(WANTED)
    assert iot.calls == ["create_thing", "create_certificate_from_csr"]
    assert iot.principals["s1-unit2"] != f"arn:{forgotten}"


def test_a_lost_key_is_replaced(registry: Registry, tmp_path: Path) -> None:
    registry.register(WANTED)
    pem_path(tmp_path / "devices", "s1-unit1").unlink()
    assert registry.register(WANTED)[0].pem.exists()


def test_a_thing_that_belonged_to_another_segment_is_bound_anew(
    registry: Registry, iot: FakeIot
) -> None:
    iot.things["s1-unit1"] = {"segment_id": "elsewhere"}
    registry.register(WANTED)
    assert iot.things["s1-unit1"] == {"segment_id": "s1"}


def test_devices_registered_before_a_failure_are_remembered(
    registry: Registry, iot: FakeIot, tmp_path: Path
) -> None:
    registry.register(WANTED[:2])
    iot.certificates = dict.fromkeys(iot.certificates, "ACTIVE")
    iot.create_certificate_from_csr = refuse  # type: ignore[assignment,method-assign]
    with pytest.raises(PermissionError):
        registry.register(WANTED)
    assert set(read_index(tmp_path / "devices")) == {"s1-unit1", "s1-unit2"}


def refuse(**_: Any) -> Any:
    raise PermissionError


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
