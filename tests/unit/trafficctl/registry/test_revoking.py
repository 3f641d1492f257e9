"""What was revoked comes in no more, whenever it was let in; a claim is made once."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from trafficctl.errors import UserError
from trafficctl.registry.context import CLAIMS
from trafficctl.registry.iot_calls import IotCalls
from trafficctl.registry.rate_limit import UNLIMITED, RateLimiter
from trafficctl.registry.registrar import now_ms
from trafficctl.sensors import claim, revoke
from trafficctl.sensors.register import claims_plan

from .fakes import ARN, Killed, World, kill
from .registering import ONE, WHENS, active, begin


def test_revoking_stops_every_certificate_and_the_claim(registered: World) -> None:
    begin(registered)

    assert revoke.revoke(registered.context, registered.table.all()[0], False) == 2

    assert active(registered) == []
    assert registered.table.rows["d1"]["status"] == "revoked"
    assert len(registered.iot.certificates) == 2


def test_revoking_deletes_if_that_is_asked_for(registered: World) -> None:
    row = registered.table.all()[0]
    revoke.revoke(registered.context, row, False)

    assert revoke.revoke(registered.context, registered.table.all()[0], True) == 1
    assert registered.iot.certificates == {}
    assert registered.table.rows["d1"]["status"] == "revoked"


def test_a_device_that_comes_in_meanwhile_is_revoked_all_the_same(
    registered: World,
) -> None:
    seen = registered.table.all()[0]
    registered.table.rows["d1"]["certificate_id"] = "another"

    revoke.revoke(registered.context, seen, False)

    assert registered.table.rows["d1"]["status"] == "revoked"


def test_what_the_hook_let_in_just_before_is_stopped_though_activated_after(
    registered: World,
) -> None:
    """IoT Core activates the certificate, and attaches its policy, after the hook."""
    seen = registered.table.all()[0]
    (old,) = active(registered)
    newcomer = {"status": "INACTIVE", "policies": set[str](), "certificatePem": ""}
    registered.iot.certificates[ARN + "new"] = newcomer
    registered.table.rows["d1"]["certificate_id"] = "new"

    def wait(_seconds: float) -> None:
        newcomer["status"] = "ACTIVE"
        registered.iot.principals["d1"].add(ARN + "new")

    calls = IotCalls(RateLimiter(UNLIMITED, 0.0), clock=lambda: 0.0, sleep=wait)
    context = dataclasses.replace(registered.context, calls=calls)

    assert revoke.revoke(context, seen, False) == 2
    assert newcomer["status"] == "INACTIVE"
    assert registered.iot.certificates[ARN + old]["status"] == "INACTIVE"


@pytest.mark.parametrize(
    ("claimed", "ago_s", "slept"),
    [(True, 5, [10.0]), (True, 3_600, []), (False, 5, [])],
    ids=["claimed just now", "claimed long ago", "with a key made here"],
)
def test_who_has_just_claimed_is_looked_at_twice(
    registered: World, claimed: bool, ago_s: int, slept: list[float]
) -> None:
    row = registered.table.rows["d1"]
    row["registered_at"] = now_ms() - ago_s * 1000
    row["expected_at"] = row["registered_at"] - 1000 if claimed else None

    assert revoke.revoke(registered.context, registered.table.all()[0], False) == 1

    assert registered.slept == slept


def test_a_revoked_device_is_expected_anew_only_when_it_is_said(world: World) -> None:
    row = {"device_id": "d1", "segment_id": "s1", "status": "revoked"}
    world.table.rows["d1"] = row

    with pytest.raises(UserError, match="d1 is revoked - use --again"):
        claims_plan(world.context, ONE, again=False)
    assert len(claims_plan(world.context, ONE, again=True).tasks) == 1


@pytest.mark.parametrize("at", list(itertools.product(range(3), WHENS)))
def test_a_claim_is_made_once_whatever_is_killed(
    world: World, at: tuple[int, str]
) -> None:
    def make() -> None:
        with world.context.journal(CLAIMS) as journal:
            claim.make(world.context, journal, "delivery")

    world.faults.strike(*at, kill)
    with pytest.raises(Killed):
        make()
    world.faults.lift()
    make()
    make()

    (certificate,) = world.iot.certificates.values()
    assert certificate["status"] == "ACTIVE"
    assert certificate["policies"] == {"city-claim"}
    assert world.iot.principals == {}


def test_a_revoked_claim_is_gone_here_and_there(world: World) -> None:
    with world.context.journal(CLAIMS) as journal:
        claim.make(world.context, journal, "delivery")
        claim.revoke(world.context, journal, "delivery")
        with pytest.raises(UserError, match="no claim certificate delivery"):
            claim.revoke(world.context, journal, "delivery")

    assert world.iot.certificates == {}
    assert list(world.context.directory(CLAIMS).glob("*.pem")) == []
