"""Whatever interrupts registering, a repeat finishes it and nothing is doubled."""

from __future__ import annotations

import itertools
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from trafficctl.errors import CityError
from trafficctl.registry import journal as journals
from trafficctl.registry import keys
from trafficctl.registry.certificates import pem_path
from trafficctl.registry.context import DEVICES
from trafficctl.registry.iot_calls import TRIES
from trafficctl.registry.journal import CertificateEntry, Journal
from trafficctl.registry.plan import DeviceSpec
from trafficctl.registry.worker_pool import MAX_DOUBTS, PARALLEL

from .fakes import Killed, World, fail, kill, lose, refused
from .registering import ONE, THREE, WHENS, is_whole, register


def test_a_device_has_thing_certificate_and_row(world: World) -> None:
    assert register(world) == 1

    is_whole(world)
    assert world.table.rows["d1"]["note"] == "on the mast"


def test_a_certificate_is_let_in_only_when_all_is_in_place(world: World) -> None:
    register(world)

    assert world.faults.made == [
        "create_thing",
        "create_certificate_from_csr",
        "attach_policy",
        "attach_thing_principal",
        "write_row",
        "update_certificate",
    ]


def test_registering_again_asks_aws_for_nothing(world: World) -> None:
    register(world, THREE)
    world.faults.made.clear()

    assert register(world, THREE) == 0
    assert world.faults.made == []
    is_whole(world, THREE)


def test_keys_are_readable_by_their_owner_alone(world: World) -> None:
    register(world)

    folder = world.context.directory(DEVICES)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(pem_path(folder, "d1").stat().st_mode) == 0o600


CALLS = range(6)


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("at", CALLS)
def test_a_kill_at_any_call_is_made_good_by_a_repeat(
    world: World, at: int, when: str
) -> None:
    world.faults.strike(at, when, kill)
    with pytest.raises(Killed):
        register(world)
    world.faults.lift()

    register(world)

    is_whole(world)


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("how", [lose, fail])
@pytest.mark.parametrize("at", [0, 1, 2, 3, 5])
def test_a_lost_answer_is_made_good_at_once(
    world: World, at: int, when: str, how: Callable[[], BaseException]
) -> None:
    world.faults.strike(at, when, how)

    register(world)

    is_whole(world)


@pytest.mark.parametrize("at", [0, 1, 2, 3, 5])
def test_a_complaint_about_the_rate_is_waited_out(world: World, at: int) -> None:
    world.faults.strike(at, "before", lambda: refused("ThrottlingException"))

    register(world)

    is_whole(world)
    assert world.slept


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.product([1, 2, 4], [0, 2, 3, 5]))
)
def test_a_repeat_may_be_killed_too(world: World, first: int, second: int) -> None:
    world.faults.strike(first, "after", kill)
    with pytest.raises(Killed):
        register(world)
    world.faults.lift()
    world.faults.strike(len(world.faults.made) + second, "after", kill)
    try:
        register(world)
    except Killed:
        world.faults.lift()
        register(world)

    is_whole(world)


@pytest.mark.parametrize("at", range(1, 18))
def test_a_kill_among_many_costs_none_of_them(world: World, at: int) -> None:
    world.faults.strike(at, "after", kill)
    with pytest.raises(Killed):
        register(world, THREE)
    world.faults.lift()

    register(world, THREE)

    is_whole(world, THREE)


class MortalJournal(Journal):
    """Kills the process at a note, before or after it is on disk."""

    at = (0, "before")

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._count = 0

    def note(self, entry: CertificateEntry) -> CertificateEntry:
        number, self._count = self._count, self._count + 1
        if self.at == (number, "before"):
            raise Killed
        super().note(entry)
        if self.at == (number, "after"):
            raise Killed
        return entry


@pytest.mark.parametrize("at", list(itertools.product(range(3), WHENS)))
def test_a_kill_at_any_note_is_made_good_by_a_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch, at: tuple[int, str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(journals, "Journal", MortalJournal)
        patch.setattr(MortalJournal, "at", at)
        with pytest.raises(Killed):
            register(world)

    register(world)

    is_whole(world)


def test_a_torn_line_of_the_journal_is_no_step(world: World) -> None:
    register(world)
    path = world.context.directory(DEVICES) / journals.FILE_NAME
    path.write_text(path.read_text() + '{"name":"d1","step":"go')

    assert register(world) == 0
    register(world, [*ONE, DeviceSpec("d2", "s2")])

    entries = journals.read_entries(path.parent)
    assert {name: e.step for name, e in entries.items()} == {"d1": "done", "d2": "done"}


def test_what_was_asked_for_is_looked_for_only_once_it_can_be_there(
    world: World,
) -> None:
    world.faults.strike(1, "after", lose)

    register(world)

    assert max(world.slept) > 2


def test_a_foreign_inactive_certificate_is_left_alone(world: World) -> None:
    request = keys.request_for("other", keys.new_key())
    other = world.iot.do_create_certificate_from_csr(
        certificateSigningRequest=request, setAsActive=False
    )
    world.faults.strike(1, "after", lose)

    register(world)

    del world.iot.certificates[other["certificateArn"]]
    is_whole(world)


def test_a_city_that_does_not_answer_is_not_asked_for_ever(world: World) -> None:
    many = [DeviceSpec(f"d{n}", "s1") for n in range(200)]
    for at in range(2000):
        world.faults.strike(at, "before", lose)

    with pytest.raises(CityError, match="repeat the command"):
        register(world, many)
    assert len(world.faults.made) <= (MAX_DOUBTS + PARALLEL) * TRIES
