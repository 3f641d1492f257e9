"""A device that is registered already is taken over only when that is asked for."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from trafficctl.errors import CityError, UserError
from trafficctl.registry.certificates import pem_path
from trafficctl.registry.context import DEVICES
from trafficctl.registry.plan import DeviceSpec
from trafficctl.registry.registration import keys_plan
from trafficctl.sensors.register import claims_plan, confirm_replacement

from .fakes import Killed, World, kill, refused
from .registering import ONE, THREE, WHENS, is_whole, register


def test_a_city_that_forgot_everything_gets_it_anew(world: World) -> None:
    register(world)
    world.iot.things.clear()
    world.iot.certificates.clear()
    world.iot.principals.clear()
    world.table.rows.clear()

    register(world)

    is_whole(world)


def test_a_device_registered_from_elsewhere_is_not_taken_over_unasked(
    world: World, tmp_path: Path
) -> None:
    register(world)
    elsewhere = World(tmp_path / "elsewhere")
    elsewhere.iot, elsewhere.table = world.iot, world.table
    context = type(world.context)(
        tmp_path / "elsewhere",
        world.context.outputs,
        world.iot,
        world.context.table,
        world.context.calls,
    )
    elsewhere.context = context

    with pytest.raises(UserError, match="d1 is registered, but its key is not here"):
        register(elsewhere)
    is_whole(world)

    register(elsewhere, again=True)
    is_whole(elsewhere)


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("at", range(13))
def test_a_take_over_killed_at_any_call_ends_with_one_certificate(
    world: World, at: int, when: str
) -> None:
    register(world)
    pem_path(world.context.directory(DEVICES), "d1").unlink()
    world.faults.made.clear()
    world.faults.strike(at, when, kill)
    try:
        register(world, again=True)
    except Killed:
        world.faults.lift()
        register(world, again=True)

    is_whole(world)


def test_a_take_over_once_allowed_goes_on_without_being_allowed_again(
    world: World,
) -> None:
    register(world)
    pem_path(world.context.directory(DEVICES), "d1").unlink()
    world.faults.strike(len(world.faults.made) + 1, "after", kill)
    world.faults.strike(len(world.faults.made) + 2, "after", kill)
    with pytest.raises(Killed):
        register(world, again=True)
    world.faults.lift()

    register(world)

    is_whole(world)


def test_a_revoked_device_is_let_in_only_when_it_is_said(world: World) -> None:
    register(world)
    world.table.rows["d1"]["status"] = "revoked"

    with pytest.raises(UserError, match="d1 is revoked"):
        register(world)

    before = world.certificates_of("d1")
    register(world, again=True)
    is_whole(world)
    assert world.certificates_of("d1") != before


def test_a_device_of_another_segment_is_moved_first(world: World) -> None:
    register(world)
    moved = [DeviceSpec("d1", "s9")]

    with pytest.raises(UserError, match="d1 is bound to segment s1, not s9"):
        register(world, moved)

    before = world.certificates_of("d1")
    register(world, moved, again=True)
    is_whole(world, moved)
    assert world.certificates_of("d1") == before


def test_nothing_is_done_if_one_of_many_cannot_be(world: World) -> None:
    register(world)
    world.table.rows["d1"]["status"] = "revoked"
    world.faults.made.clear()

    with pytest.raises(UserError, match="nothing was changed"):
        register(world, [*THREE[:1], *ONE])
    assert world.faults.made == []


def test_a_row_that_changes_meanwhile_is_left_alone(world: World) -> None:
    def come_in() -> BaseException:
        world.table.rows["d1"] = {"status": "registered", "certificate_id": "its-own"}
        return refused("ThrottlingException")

    world.faults.strike(3, "before", come_in)

    with pytest.raises(CityError, match="d1"):
        register(world)
    assert world.table.rows["d1"]["certificate_id"] == "its-own"
    statuses = {c["status"] for c in world.iot.certificates.values()}
    assert statuses == {"INACTIVE"}


# Devices in service are asked for


def replaced(world: World, wanted: list[DeviceSpec], claim: bool) -> list[str]:
    """The devices whose certificates `--again` would delete."""
    if claim:
        return claims_plan(world.context, wanted, again=True).replaced
    with world.context.journal(DEVICES) as journal:
        return keys_plan(world.context, journal, wanted, again=True).replaced


def test_a_whole_delivery_expected_anew_would_cost_every_device_in_service(
    world: World,
) -> None:
    register(world, THREE)
    world.table.rows["d2"]["status"] = "revoked"

    assert replaced(world, [*THREE, DeviceSpec("d9", "s9")], claim=True) == ["d0", "d1"]


def test_keys_that_are_here_cost_nobody_a_certificate(world: World) -> None:
    register(world, THREE)
    pem_path(world.context.directory(DEVICES), "d1").unlink()

    assert replaced(world, THREE, claim=False) == ["d1"]
    assert replaced(world, [DeviceSpec("d0", "s9")], claim=False) == []


def test_devices_in_service_lose_nothing_unless_somebody_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert confirm_replacement([], yes=False)
    assert confirm_replacement(["d1", "d2"], yes=True)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))  # a pipe is no keyboard
    with pytest.raises(UserError, match="2 devices in service, for example d1"):
        confirm_replacement(["d1", "d2"], yes=False)
    assert capsys.readouterr().err == ""
