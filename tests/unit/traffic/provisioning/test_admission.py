"""Who comes in by a claim: the rules, and the function that IoT Core asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.template.template import properties
from traffic.errors import Conflict, StoreError
from traffic.provisioning.admission import (
    CertificateRequest,
    RegistryUpdate,
    decide,
    request_of,
)
from traffic.provisioning.aws import ThingTypes
from traffic.provisioning.function import (
    ProvisioningPorts,
    ProvisioningSettings,
    answer,
)
from traffic.settings import required

from ...trafficctl.registry.fakes import refused

CASES = json.loads(Path(__file__).with_name("admissions.json").read_text())
NOW = 1000


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_the_registry_decides(case: dict[str, Any]) -> None:
    found = decide(case["row"], CertificateRequest("d1", case["certificate"]), NOW)

    assert (found.reason, found.segment_id) == (
        case.get("reason", ""),
        case.get("segment", ""),
    )
    expected = case.get("writes") and RegistryUpdate(case["writes"], case["only_if"])
    assert found.update == expected
    assert found.allowed == ("segment" in case)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {"certificateId": "c", "parameters": {"DeviceId": "d"}},
            CertificateRequest("d", "c"),
        ),
        (
            {"certificateId": "c", "parameters": {"DeviceId": 7}},
            CertificateRequest("", "c"),
        ),
        (
            {"certificateId": "c", "parameters": ["DeviceId"]},
            CertificateRequest("", "c"),
        ),
        ({"certificateId": None}, CertificateRequest("", "")),
        ({}, CertificateRequest("", "")),
    ],
)
def test_what_is_no_text_names_no_device(
    event: dict[str, Any], expected: CertificateRequest
) -> None:
    assert request_of(event) == expected


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "ü", "a#"])
def test_a_name_that_no_device_may_have_is_refused(name: str) -> None:
    assert decide({}, CertificateRequest(name, "c"), NOW).reason == "malformed_request"


# The function


class FakeRegistry:
    """One row, that others may write in between."""

    def __init__(self, *rows: dict[str, Any] | None) -> None:
        self._rows = list(rows)
        self.written: list[RegistryUpdate] = []

    def read(self, _device_id: str) -> dict[str, Any] | None:
        return self._rows[0]

    def write(self, _device_id: str, update: RegistryUpdate) -> None:
        if len(self._rows) > 1:
            self._rows.pop(0)
            raise Conflict
        self.written.append(update)


EXPECTED = {"status": "expected", "segment_id": "s1"}
TAKEN = {"status": "registered", "segment_id": "s1", "certificate_id": "other"}
EVENT = {
    "claimCertificateId": "claim",
    "certificateId": "mine",
    "certificatePem": "-----BEGIN CERTIFICATE-----",
    "clientId": "claim-d1",
    "parameters": {"DeviceId": "d1", "SegmentId": "s9", "secret": "hush"},
}


class FakeIot:
    """One thing of that type; None is no thing, and an error is a fault."""

    def __init__(self, found: str | ClientError | None) -> None:
        self._found = found

    def describe_thing(self, thingName: str) -> dict[str, Any]:  # noqa: N803 - AWS's
        if self._found is None:
            raise refused("ResourceNotFoundException", 404)
        if isinstance(self._found, ClientError):
            raise self._found
        kind = {"thingTypeName": self._found} if self._found else {}
        return {"thingName": thingName, **kind}


def asked(
    *rows: dict[str, Any] | None,
    event: Any = EVENT,
    thing: str | ClientError | None = None,
) -> dict[str, Any]:
    registry, things = FakeRegistry(*rows), ThingTypes(FakeIot(thing))
    ports = ProvisioningPorts(registry, things, lambda: NOW, "city", "city-device")  # type: ignore[arg-type] # its methods are there
    return answer(event, ports)


def test_the_segment_comes_from_the_registry() -> None:
    assert asked(EXPECTED) == {
        "allowProvisioning": True,
        "parameterOverrides": {"DeviceId": "d1", "SegmentId": "s1"},
    }


def test_a_refusal_says_no_more_than_no() -> None:
    assert asked(None) == {"allowProvisioning": False}


@pytest.mark.parametrize("row", [EXPECTED, {**TAKEN, "certificate_id": "mine"}])
@pytest.mark.parametrize("thing", ["city-test-device", ""])
def test_a_name_that_another_stack_has_a_thing_of_does_not_come_in(
    row: dict[str, Any], thing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(row, thing=thing) == {"allowProvisioning": False}
    assert json.loads(capsys.readouterr().out)["reason"] == "foreign_device"


def test_a_refused_name_leaves_the_row_as_it_was() -> None:
    registry = FakeRegistry(EXPECTED)
    things = ThingTypes(FakeIot("city-test-device"))
    answer(
        EVENT, ProvisioningPorts(registry, things, lambda: NOW, "city", "city-device")
    )  # type: ignore[arg-type] # its methods are there

    assert registry.written == []


def test_a_device_whose_thing_is_there_already_comes_in() -> None:
    assert asked(EXPECTED, thing="city-device")["allowProvisioning"] is True


def test_a_thing_that_cannot_be_looked_at_is_a_fault() -> None:
    with pytest.raises(StoreError, match="UnauthorizedException"):
        asked(EXPECTED, thing=refused("UnauthorizedException", 401))


def test_of_two_certificates_at_once_one_wins() -> None:
    assert asked(EXPECTED, TAKEN) == {"allowProvisioning": False}


def test_of_two_equal_requests_at_once_both_are_let_in() -> None:
    mine = {**TAKEN, "certificate_id": "mine"}

    assert asked(EXPECTED, mine)["allowProvisioning"] is True


def test_a_row_that_never_rests_is_a_fault() -> None:
    with pytest.raises(StoreError, match="d1 changed during 3 attempts"):
        asked(*[EXPECTED] * 4)


def test_what_was_decided_is_counted_and_told_without_what_was_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked(EXPECTED)
    asked(None)

    allowed, refused = map(json.loads, capsys.readouterr().out.splitlines())
    head = {"Stack": "city", "event": "traffic.provisioning", "device_id": "d1"}
    counts = {"ProvisioningAllowed": 1, "ProvisioningRefused": 0}
    assert _without_head(allowed) == {**head, **counts}
    counts = {"ProvisioningAllowed": 0, "ProvisioningRefused": 1}
    assert _without_head(refused) == {**head, **counts, "reason": "unknown_device"}
    directive = refused["_aws"]["CloudWatchMetrics"][0]
    assert (directive["Namespace"], directive["Dimensions"]) == (
        "CityTraffic",
        [["Stack"]],
    )


def _without_head(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "_aws"}


def test_a_name_that_may_be_anything_is_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked(EXPECTED, event={**EVENT, "parameters": {"DeviceId": "x\ny"}})

    told = json.loads(capsys.readouterr().out)
    assert "device_id" not in told
    assert told["reason"] == "malformed_request"


def test_the_template_sets_every_variable_the_function_reads() -> None:
    told = properties("ProvisioningHook")["Environment"]["Variables"]

    assert set(told) == set(required(ProvisioningSettings))


# The registry, on the local city's own DynamoDB
