"""Killed at any instant, repeated, or run twice at once: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trafficctl.audit.identity import DeadLetters

from .fakes import Killed, Life
from .world import FILLED, LETTERS, World, lane, lost, whole_history


def refused() -> World:
    """A city where nothing went wrong but two readings, of one object and another."""
    world = World()
    world.apply(world.say("a", *lane("x", 0)))
    world.apply(world.say("a", *lane("x", 60, count=-1)))
    world.apply(world.say("a", *lane("x", 120, count=-1), *lane("y", 120)))
    return world


def undelivered() -> World:
    """A city that the rule lost messages of: in none of them is any doubt."""
    world = World()
    world.apply(world.say("a", *lane("x", 0)))
    for minute in (1, 2, 3):
        world.fail_to_put("a", *lane("x", 60 * minute), seconds=60 * minute)
    world.apply(world.say("a", *lane("x", 240)))
    return world


WORLDS = {"all": lost, "refused": refused, "undelivered": undelivered}


def calls_of_a_redrive(world: World) -> list[str]:
    life = Life()
    world.redrive(life=life)
    return life.calls


CALLS = list(enumerate(calls_of_a_redrive(lost()), 1))
KILLS = [
    pytest.param(make, at, name, after, id=f"{kind}-{at}-{name}-{when}")
    for kind, make in WORLDS.items()
    for at, name in enumerate(calls_of_a_redrive(make()), 1)
    for when, after in (("before", False), ("after", True))
]
WHILE_MOVING = [
    kill for kill in KILLS if kill.values[2] in {"copy_object", "delete_object"}
]


def test_a_redrive_makes_the_calls_that_it_is_killed_at_below() -> None:
    assert {name for _, name in CALLS} == {
        "list",
        "get_object",
        "put_object",
        "put_records",
        "copy_object",
        "delete_object",
    }


@pytest.mark.parametrize(("make", "at", "name", "after"), KILLS)
def test_killed_at_any_call_it_is_made_good_by_the_next_run(
    make: Callable[[], World], at: int, name: str, after: bool
) -> None:
    whole, world = make(), make()
    whole.redrive()
    whole.drain()
    with pytest.raises(Killed):
        world.redrive(life=Life(at, after))

    world.drain()
    assert world.audit().holds, (name, world.audit())
    world.redrive()
    world.drain()

    report = world.audit()
    assert report.holds, (name, report)
    assert report.redriven.interrupted == 0
    assert report.dead_letters == DeadLetters()
    assert whole_history(world) == whole_history(whole)
    assert world.letters() == world.s3.keys(LETTERS, "journal/open/") == []


@pytest.mark.parametrize(("make", "at", "_name", "after"), WHILE_MOVING)
def test_what_is_known_to_be_in_the_stream_is_not_put_again(
    make: Callable[[], World], at: int, _name: str, after: bool
) -> None:
    whole, world = make(), make()
    whole.redrive(quarantine=False)
    with pytest.raises(Killed):
        world.redrive(life=Life(at, after))
    world.redrive(quarantine=False)

    assert world.kinesis.records[: len(whole.kinesis.records)] == whole.kinesis.records
    assert world.audit().redriven.copies == whole.audit().redriven.copies


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
