"""Certificates are renewed while the old ones serve; nothing locks a device out."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.sensors import claim, revoke, rotate
from trafficctl.sensors.calls import Calls
from trafficctl.sensors.certificates import pem_path
from trafficctl.sensors.finishing import finish
from trafficctl.sensors.pace import UNPACED, Pace
from trafficctl.sensors.planning import Wanted
from trafficctl.sensors.registering import claims_plan, keys_plan
from trafficctl.sensors.renewing import Renewal
from trafficctl.sensors.workplace import CLAIMS, DEVICES, RENEWALS

from .fakes import ARN, Killed, World, kill

WANTED = [Wanted("d1", "s1")]
UNTIL = 10**15


@pytest.fixture
def registered(world: World) -> World:
    """A city with one device whose key was made here."""
    with world.place.journal(DEVICES) as journal:
        plan = keys_plan(world.place, journal, WANTED, again=False)
        world.place.registrar(journal).register(plan.tasks, lambda _n: None)
    world.faults.made.clear()
    return world


def begin(world: World) -> tuple[int, int]:
    with world.place.journal(RENEWALS) as journal:
        return Renewal(world.place, journal, UNTIL).begin(world.rows.all())


def end(world: World) -> tuple[int, int]:
    return finish(world.place, world.rows.all())


def active(world: World) -> list[str]:
    """The certificates by which the device comes in."""
    return [
        number
        for number in world.certificates_of("d1")
        if world.iot.certificates[ARN + number]["status"] == "ACTIVE"
    ]


def kept(world: World, kind: str) -> str:
    path = pem_path(world.place.directory(kind), "d1")
    return path.read_text() if path.exists() else ""


def test_the_old_certificate_serves_until_the_end(registered: World) -> None:
    (old,) = active(registered)
    before = kept(registered, DEVICES)

    assert begin(registered) == (1, 0)

    assert len(active(registered)) == 2
    assert old in active(registered)
    assert kept(registered, DEVICES) == before
    assert kept(registered, RENEWALS) not in ("", before)


def test_in_the_end_the_new_one_is_the_only_one(registered: World) -> None:
    (old,) = active(registered)
    begin(registered)
    new = kept(registered, RENEWALS)

    assert end(registered) == (1, 0)

    (left,) = registered.iot.certificates
    row = registered.rows.rows["d1"]
    assert left == ARN + row["certificate_id"] != ARN + old
    assert "next_certificate_id" not in row
    assert (kept(registered, DEVICES), kept(registered, RENEWALS)) == (new, "")
    with registered.place.journal(DEVICES) as journal:
        assert keys_plan(registered.place, journal, WANTED, again=False).done == 1


def test_beginning_twice_makes_one_new_certificate(registered: World) -> None:
    begin(registered)
    before = kept(registered, RENEWALS)
    begin(registered)

    assert len(registered.iot.certificates) == 2
    assert kept(registered, RENEWALS) == before


def test_ending_before_the_beginning_leaves_the_device_alone(registered: World) -> None:
    before = dict(registered.iot.certificates)

    assert end(registered) == (0, 1)
    assert registered.iot.certificates == before


def test_the_next_renewal_makes_another_key(registered: World) -> None:
    keys = set()
    for _ in range(3):
        begin(registered)
        end(registered)
        keys.add(kept(registered, DEVICES))

    assert len(keys) == 3
    assert len(registered.iot.certificates) == 1


WHENS = ("before", "after")


@pytest.mark.parametrize("at", list(itertools.product(range(16), WHENS)))
def test_a_kill_at_any_call_locks_nobody_out_and_doubles_nothing(
    registered: World, at: tuple[int, str]
) -> None:
    def persist(step: Callable[[World], Any]) -> None:
        try:
            step(registered)
        except Killed:
            registered.faults.lift()
            assert active(registered)
            step(registered)

    registered.faults.strike(*at, kill)
    persist(begin)
    persist(end)

    assert len(registered.iot.certificates) == 1
    (left,) = active(registered)
    assert registered.rows.rows["d1"]["certificate_id"] == left
    assert kept(registered, RENEWALS) == ""
    certificate = registered.iot.certificates[ARN + left]["certificatePem"]
    assert kept(registered, DEVICES).endswith(certificate)


def test_a_device_that_fetched_its_own_may_fetch_another(world: World) -> None:
    row = {"device_id": "d1", "segment_id": "s1", "status": "registered"}
    world.rows.rows["d1"] = {**row, "certificate_id": "its-own"}

    assert begin(world) == (0, 1)

    assert world.rows.rows["d1"]["renew_until"] == UNTIL
    assert world.iot.certificates == {}


def test_what_is_renewed_from_elsewhere_is_not_renewed_again(registered: World) -> None:
    registered.rows.rows["d1"]["next_certificate_id"] = "made-elsewhere"

    begin(registered)

    assert len(registered.iot.certificates) == 1


# Which devices


def chosen(world: World, *words: str) -> list[str]:
    import argparse  # noqa: PLC0415 - of this helper alone

    parser = argparse.ArgumentParser()
    rotate.add(parser.add_subparsers())
    args = parser.parse_args(["rotate", *words])
    return [row["device_id"] for row in rotate.chosen(world.place, args, 40 * DAY)]


DAY = rotate.DAY_MS


def test_all_means_the_registered_ones_and_age_counts(world: World) -> None:
    for name, status, day in [
        ("old", "registered", 1),
        ("new", "registered", 39),
        ("gone", "revoked", 1),
        ("awaited", "expected", 1),
    ]:
        row = {"device_id": name, "status": status, "registered_at": day * DAY}
        world.rows.rows[name] = row

    assert chosen(world, "--all") == ["new", "old"]
    assert chosen(world, "--all", "--older-than", "30") == ["old"]
    assert chosen(world, "new", "--older-than", "30") == []
    with pytest.raises(UserError, match="gone: not registered"):
        chosen(world, "gone", "old")
    with pytest.raises(UserError, match="nobody: no such device"):
        chosen(world, "nobody")


# Revoking and claims


def test_revoking_stops_every_certificate_and_the_claim(registered: World) -> None:
    begin(registered)

    assert revoke.revoke(registered.place, registered.rows.all()[0], False) == 2

    assert active(registered) == []
    assert registered.rows.rows["d1"]["status"] == "revoked"
    assert len(registered.iot.certificates) == 2


def test_revoking_deletes_if_that_is_asked_for(registered: World) -> None:
    row = registered.rows.all()[0]
    revoke.revoke(registered.place, row, False)

    assert revoke.revoke(registered.place, registered.rows.all()[0], True) == 1
    assert registered.iot.certificates == {}
    assert registered.rows.rows["d1"]["status"] == "revoked"


def test_a_device_that_comes_in_meanwhile_is_revoked_all_the_same(
    registered: World,
) -> None:
    seen = registered.rows.all()[0]
    registered.rows.rows["d1"]["certificate_id"] = "another"

    revoke.revoke(registered.place, seen, False)

    assert registered.rows.rows["d1"]["status"] == "revoked"


def test_what_the_hook_let_in_just_before_is_stopped_though_activated_after(
    registered: World,
) -> None:
    """IoT Core activates the certificate, and attaches its policy, after the hook."""
    seen = registered.rows.all()[0]
    (old,) = active(registered)
    newcomer = {"status": "INACTIVE", "policies": set[str](), "certificatePem": ""}
    registered.iot.certificates[ARN + "new"] = newcomer
    registered.rows.rows["d1"]["certificate_id"] = "new"

    def wait(_seconds: float) -> None:
        newcomer["status"] = "ACTIVE"
        registered.iot.principals["d1"].add(ARN + "new")

    calls = Calls(Pace(UNPACED, 0.0), clock=lambda: 0.0, sleep=wait)
    place = dataclasses.replace(registered.place, calls=calls)

    assert revoke.revoke(place, seen, False) == 2
    assert newcomer["status"] == "INACTIVE"
    assert registered.iot.certificates[ARN + old]["status"] == "INACTIVE"


def test_a_revoked_device_is_expected_anew_only_when_it_is_said(world: World) -> None:
    row = {"device_id": "d1", "segment_id": "s1", "status": "revoked"}
    world.rows.rows["d1"] = row

    with pytest.raises(UserError, match="d1 is revoked - give --again"):
        claims_plan(world.place, WANTED, again=False)
    assert len(claims_plan(world.place, WANTED, again=True).tasks) == 1


@pytest.mark.parametrize("at", list(itertools.product(range(3), WHENS)))
def test_a_claim_is_made_once_whatever_is_killed(
    world: World, at: tuple[int, str]
) -> None:
    def make() -> None:
        with world.place.journal(CLAIMS) as journal:
            claim.make(world.place, journal, "delivery")

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
    with world.place.journal(CLAIMS) as journal:
        claim.make(world.place, journal, "delivery")
        claim.revoke(world.place, journal, "delivery")
        with pytest.raises(UserError, match="no claim certificate of that name"):
            claim.revoke(world.place, journal, "delivery")

    assert world.iot.certificates == {}
    assert list(world.place.directory(CLAIMS).glob("*.pem")) == []
