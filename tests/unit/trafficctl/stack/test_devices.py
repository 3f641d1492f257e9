"""What a purge deletes in IoT Core: the stack's own, whenever AWS lets go of it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.template.template import properties, shown
from tests.unit.trafficctl.registry.fakes import ARN, FakeIot, Faults, refused
from trafficctl.aws.retry import ConflictRetry
from trafficctl.errors import CityError
from trafficctl.stack import device_cleanup


class Account(FakeIot):
    """An account's IoT Core, in which what was detached counts for `lag` more looks."""

    exceptions = SimpleNamespace(ResourceNotFoundException=KeyError)

    def __init__(self) -> None:
        super().__init__(Faults())
        self.policies: set[str] = set()
        self.deprecated: set[str] = set()
        self.policy_lag = 0
        self.answers_deletions = True
        self.said, self.slept = list[str](), list[float]()
        self.patience = ConflictRetry(self.slept.append, self.said.append)

    def client(self, _service: str) -> Account:
        return self

    def device(self, stack: str, name: str, *policies: str) -> str:
        """A thing of the stack with a certificate; gives its ARN."""
        self.things[name], self.types[name] = {}, f"{stack}-device"
        arn = f"{ARN}{name}-{stack}"
        self.principals.setdefault(name, set()).add(arn)
        self.certificate(arn, *(policies or [f"{stack}-device"]))
        return arn

    def certificate(self, arn: str, *policies: str) -> None:
        self.policies |= set(policies)
        self.certificates[arn] = {"status": "ACTIVE", "policies": set(policies)}

    def get_paginator(self, call: str) -> Any:
        return SimpleNamespace(paginate=getattr(self, f"pages_{call}"))

    def pages_list_things(self, **asked: str) -> Iterator[Any]:
        for name, kind in list(self.types.items()):
            if kind == asked["thingTypeName"] and name in self.things:
                yield {"things": [{"thingName": name}]}

    def pages_list_targets_for_policy(self, **asked: str) -> Iterator[Any]:
        for arn, one in list(self.certificates.items()):
            if asked["policyName"] in one["policies"]:
                yield {"targets": [arn]}

    def do_delete_certificate(self, **asked: Any) -> None:
        super().do_delete_certificate(**asked)
        if not self.answers_deletions:
            super().do_delete_certificate(**asked)

    def do_delete_thing(self, **asked: str) -> None:
        name = asked["thingName"]
        if self.principals.get(name) or self.lag > len(self.slept):
            raise refused("InvalidRequestException")
        del self.things[name]

    def do_deprecate_thing_type(self, **asked: str) -> None:
        self.deprecated.add(asked["thingTypeName"])

    def do_delete_thing_type(self, **asked: str) -> None:
        kind = asked["thingTypeName"]
        used = any(kind == self.types[name] for name in self.things)
        if used or kind not in self.deprecated:
            raise refused("InvalidRequestException")

    def do_list_policy_versions(self, **_asked: str) -> dict[str, Any]:
        return {"policyVersions": [{"versionId": "1", "isDefaultVersion": True}]}

    def do_delete_policy(self, **asked: str) -> None:
        name = asked["policyName"]
        attached = any(name in one["policies"] for one in self.certificates.values())
        self.policy_lag -= 1
        if attached or self.policy_lag >= 0:
            raise refused("DeleteConflictException", 409)
        self.policies.discard(name)

    def purge(self, stack: str) -> None:
        """The order of the purge: things and their type, then policies."""
        done: list[int] = []
        device_cleanup.delete_all(self, f"{stack}-device", done.append, self.patience)  # type: ignore[arg-type] # it has the client
        for policy in (f"{stack}-device", f"{stack}-claim"):
            device_cleanup.delete_policy(self, policy, done.append, self.patience)  # type: ignore[arg-type] # it has the client


@pytest.fixture
def account() -> Account:
    """An account with two stacks that have a device and a claim each."""
    made = Account()
    for stack in ("city", "city-test"):
        made.device(stack, f"{stack}-unit-1")
        made.certificate(f"{ARN}{stack}-claim", f"{stack}-claim")
    return made


def test_a_purge_takes_its_own_stacks_devices_and_claims(account: Account) -> None:
    account.purge("city-test")

    assert set(account.things) == {"city-unit-1"}
    assert set(account.certificates) == {ARN + "city-unit-1-city", ARN + "city-claim"}
    assert account.policies == {"city-device", "city-claim"}
    assert {one["status"] for one in account.certificates.values()} == {"ACTIVE"}
    assert account.slept == []


def test_what_has_a_certificate_of_another_stack_stays_with_it(
    account: Account,
) -> None:
    """A device of the city, which a neighbour took before names were guarded."""
    foreign = account.device("city", "unit-1")
    account.device("city-test", "unit-1")

    account.purge("city-test")

    assert account.principals["unit-1"] == {foreign}
    assert account.types["unit-1"] is None
    assert account.certificates[foreign] == {
        "status": "ACTIVE",
        "policies": {"city-device"},
    }
    assert account.said == [
        "1 of the things have certificates of others, such as unit-1: they stay, "
        "without a type, and are this stack's no longer - "
        "docs/guides/devices.md, Two stacks in one account"
    ]
    assert ARN + "unit-1-city-test" not in account.certificates


def test_a_certificate_with_another_stacks_policy_too_is_kept(account: Account) -> None:
    both = account.device("city-test", "unit-2", "city-test-device", "city-device")

    account.purge("city-test")

    assert account.certificates[both]["policies"] == {"city-device"}
    assert account.certificates[both]["status"] == "ACTIVE"


def test_a_policy_that_the_city_attached_besides_keeps_no_certificate(
    account: Account,
) -> None:
    own = account.device("city-test", "unit-3", "city-test-device", "fleet-audit")
    audited = account.device("city-test", "unit-4", "fleet-audit")

    account.purge("city-test")

    assert own not in account.certificates
    assert account.certificates[audited]["status"] == "ACTIVE"


def test_certificates_and_things_go_once_aws_has_let_go(account: Account) -> None:
    account.lag = 4

    account.purge("city-test")

    assert set(account.things) == {"city-unit-1"}
    assert account.slept == [0.5, 1.0, 2.0, 4.0]
    assert account.said == []  # seconds are no news


def test_a_certificate_whose_deletion_was_not_answered_is_gone(
    account: Account,
) -> None:
    """boto3 asks again, and hears that there is none."""
    account.answers_deletions = False

    account.purge("city-test")

    assert set(account.things) == {"city-unit-1"}
    assert set(account.certificates) == {ARN + "city-unit-1-city", ARN + "city-claim"}


def test_a_policy_is_waited_for_as_long_as_aws_may_take(account: Account) -> None:
    account.policy_lag = 20

    account.purge("city-test")

    assert account.policies == {"city-device", "city-claim"}
    assert 200 < sum(account.slept) < 360
    assert account.said == [
        "waiting for policy city-test-device to be released, up to 360 s"
    ]


def test_a_policy_that_is_never_let_go_of_is_an_error(account: Account) -> None:
    account.policy_lag = 10**6

    with pytest.raises(
        CityError, match=r"policy city-test-device is still in use.*five"
    ):
        account.purge("city-test")

    assert 360 <= sum(account.slept) < 380


def test_a_purge_that_was_killed_goes_on(account: Account) -> None:
    """Detached, and the process gone: the policy still leads to the certificate."""
    account.principals["city-test-unit-1"].clear()

    account.purge("city-test")

    assert set(account.certificates) == {ARN + "city-unit-1-city", ARN + "city-claim"}


def test_a_stacks_policy_for_devices_is_known_by_the_end_of_its_name() -> None:
    name = shown(properties("DevicePolicy")["PolicyName"])

    assert name == "${AWS::StackName}" + device_cleanup.DEVICES_OF


def test_type_and_policy_of_devices_have_one_name() -> None:
    kind, policy = properties("DeviceThingType"), properties("DevicePolicy")

    assert kind["ThingTypeName"] == policy["PolicyName"]
