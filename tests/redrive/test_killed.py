"""Killed at any instant, repeated, or run twice at once: nothing is lost or doubled."""

from __future__ import annotations

import pytest

from trafficctl.reconcile import DeadLetters

from .fakes import Killed, Life
from .world import FILLED, LETTERS, lost, whole_history


def calls_of_a_redrive() -> list[str]:
    world, life = lost(), Life()
    world.redrive(life=life)
    return life.calls


CALLS = list(enumerate(calls_of_a_redrive(), 1))


def test_a_redrive_makes_the_calls_that_it_is_killed_at_below() -> None:
    assert {name for _, name in CALLS} == {
        "list",
        "get_object",
        "put_object",
        "put_records",
        "copy_object",
        "delete_object",
    }


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("at", "name"), CALLS)
def test_killed_at_any_call_it_is_made_good_by_the_next_run(
    at: int, name: str, after: bool
) -> None:
    world = lost()
    with pytest.raises(Killed):
        world.redrive(life=Life(at, after))
    assert world.s3.life.calls == []

    world.drain()
    assert world.audit().holds, (name, world.audit())
    world.redrive()
    world.drain()

    report = world.audit()
    assert report.holds, (name, report)
    assert report.redriven.interrupted == 0
    assert report.dead_letters == DeadLetters()
    assert whole_history(world) == FILLED
    assert world.letters() == world.s3.keys(LETTERS, "journal/open/") == []


@pytest.mark.parametrize("at", [at for at, name in CALLS if name == "put_records"])
def test_an_interrupted_redrive_is_told_of_and_widens_the_range_by_what_it_began(
    at: int,
) -> None:
    world = lost()
    with pytest.raises(Killed):
        world.redrive(life=Life(at, after=True))

    interrupted = world.audit().redriven.interrupted
    world.redrive()
    world.drain()

    report = world.audit()
    assert interrupted in {1, 9}  # the refused reading, or all the letters
    assert report.redriven.copies == 6 + interrupted
    assert report.holds
    assert report.stored.duplicate > 0


def test_killed_again_and_again_it_counts_nothing_twice() -> None:
    world = lost()
    for at, _ in CALLS[::3]:
        with pytest.raises(Killed):
            world.redrive(life=Life(min(at, 8), after=True))
        world.drain()
        assert world.audit().holds
    world.redrive()
    world.drain()

    assert world.audit().holds
    assert whole_history(world) == FILLED


@pytest.mark.parametrize("at", range(1, len(CALLS), 4))
def test_two_redrives_at_once_count_nothing_twice(at: int) -> None:
    world, turns = lost(), iter(range(1, 10_000))

    def meanwhile(_name: str) -> None:
        if next(turns) == at:
            life, world.s3.life = world.s3.life, Life()
            world.redrive()
            world.s3.life = life

    world.s3.meanwhile = meanwhile
    world.redrive()
    world.drain()

    assert world.audit().holds
    assert whole_history(world) == FILLED
