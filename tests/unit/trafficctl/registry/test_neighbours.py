"""Two stacks of one account share its Things' names, and take nothing of each other."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from trafficctl.errors import CityError, UserError
from trafficctl.registry.certificates import pem_path
from trafficctl.registry.context import DEVICES, RENEWALS
from trafficctl.registry.finish_renewal import finish
from trafficctl.registry.plan import DeviceSpec
from trafficctl.registry.registrar import now_ms
from trafficctl.registry.renewal import Renewal
from trafficctl.sensors import revoke

from .fakes import ARN, World
from .registering import ONE, is_whole, register

ACCOUNT = ARN.split(":")[4]
OTHER_SEGMENT = [DeviceSpec("d1", "s9")]


@pytest.fixture
def city(world: World) -> World:
    """A city that has registered a device."""
    register(world)
    return world


@pytest.fixture
def staging(city: World, tmp_path: Path) -> World:
    """A stack beside the city, with a registry of its own."""
    return World(tmp_path / "staging", "staging", beside=city)


def state(world: World) -> Any:
    iot = world.iot
    return copy.deepcopy((iot.things, iot.types, iot.certificates, iot.principals))


@pytest.mark.parametrize("again", [False, True])
def test_a_device_of_another_stack_is_refused_and_nothing_is_changed(
    city: World, staging: World, again: bool
) -> None:
    before = state(city)

    with pytest.raises(CityError) as refusal:
        register(staging, OTHER_SEGMENT, again)

    assert str(refusal.value) == (
        "d1: expected a Thing of type staging-device, but this account has one of type "
        "city-device, of another stack - Thing names are unique per account: use "
        "another device id in one of the stacks"
    )
    assert state(city) == before
    assert staging.table.rows == {}
    is_whole(city)


def test_a_thing_that_nobody_gave_a_type_is_not_taken_unasked(world: World) -> None:
    world.iot.things["d1"], world.iot.types["d1"] = {"owner": "somebody"}, None

    with pytest.raises(
        CityError, match=r"without a type .* --thing-type-name city-dev"
    ):
        register(world)

    assert world.iot.things["d1"] == {"owner": "somebody"}
    assert world.iot.certificates == {}


def foreign_certificate(city: World, staging: World) -> str:
    """Have both stacks' certificates on one Thing, as before names were guarded."""
    register(staging, [DeviceSpec("elsewhere", "s1")])
    (number,) = staging.certificates_of("elsewhere")
    city.iot.principals["d1"].add(ARN + number)
    return ARN + number


def test_revoking_leaves_the_certificate_of_another_stack_alone(
    city: World, staging: World
) -> None:
    foreign = foreign_certificate(city, staging)

    assert revoke.revoke(city.context, city.table.all()[0], delete=True) == 1

    assert list(city.iot.certificates) == [foreign]
    assert city.iot.certificates[foreign]["status"] == "ACTIVE"
    assert city.iot.certificates[foreign]["policies"] == {"staging-device"}


def test_the_end_of_a_renewal_leaves_the_certificate_of_another_stack_alone(
    city: World, staging: World
) -> None:
    foreign = foreign_certificate(city, staging)
    with city.context.journal(RENEWALS) as journal:
        Renewal(city.context, journal, now_ms()).begin(city.table.all())

    assert finish(city.context, city.table.all()) == (1, 0)

    own = ARN + city.table.rows["d1"]["certificate_id"]
    assert set(city.iot.certificates) == {foreign, own}
    assert city.iot.certificates[foreign]["status"] == "ACTIVE"


def test_a_take_over_leaves_the_certificate_of_another_stack_alone(
    city: World, staging: World
) -> None:
    foreign = foreign_certificate(city, staging)
    (before,) = (a for a in city.iot.principals["d1"] if a != foreign)
    city.table.rows["d1"]["status"] = "revoked"

    register(city, ONE, again=True)

    assert before not in city.iot.certificates
    assert city.iot.certificates[foreign]["status"] == "ACTIVE"


# Keys of two accounts


def table_arn(account: str, region: str) -> str:
    return f"arn:aws:dynamodb:{region}:{account}:table/city-device_registry"


def at(world: World, account: str, region: str) -> World:
    """The same machine, and a stack of the same name somewhere else."""
    world.context.outputs["DeviceRegistryTableArn"] = table_arn(account, region)  # type: ignore[index] # a dict here
    return world


def test_keys_of_another_account_are_not_written_over(city: World) -> None:
    kept = pem_path(city.context.directory(DEVICES), "d1")
    before = kept.read_text()
    city.table.rows.clear()

    for account, region in [("111122223333", "us-east-1"), (ACCOUNT, "eu-west-1")]:
        with pytest.raises(UserError) as refusal:
            register(at(city, account, region))
        assert f"expected keys of account {account} in {region}" in str(refusal.value)
        assert f"got those of {ACCOUNT} in us-east-1" in str(refusal.value)

    assert kept.read_text() == before
    assert city.table.rows == {}
    assert register(at(city, ACCOUNT, "us-east-1")) == 1


# AWS is late


def test_a_certificate_is_deleted_once_aws_has_let_go_of_it(city: World) -> None:
    city.iot.lag = 3

    revoke.revoke(city.context, city.table.all()[0], delete=True)

    assert city.iot.certificates == {}
    assert city.slept == [0.5, 1.0, 2.0]


def test_a_certificate_that_stays_attached_is_an_error_that_says_what_to_do(
    city: World,
) -> None:
    city.iot.lag = 10**6

    with pytest.raises(CityError, match=r"certificate c0001 is still in use.* repeat"):
        revoke.revoke(city.context, city.table.all()[0], delete=True)

    assert 60 <= sum(city.slept) < 90
