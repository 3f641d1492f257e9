"""Reading the stream again, killed at any instant: all comes back, nothing twice."""

from __future__ import annotations

import pytest

from trafficctl.redriving.shards import Span

from .fakes import Killed, Life
from .robbed import SPAN, WHOLE, robbed
from .world import LETTERS, lane, whole_history


def calls_of_a_run(span: Span = SPAN) -> list[str]:
    life = Life()
    robbed().redrive(life=life, span=span)
    return life.calls


def noted(calls: list[str]) -> int:
    """The call by which the last page is noted as put: the one after its records."""
    return 1 + max(at for at, name in enumerate(calls, 1) if name == "put_records")


KILLS = [
    pytest.param(at, name, after, id=f"{at}-{name}-{when}")
    for at, name in enumerate(calls_of_a_run(), 1)
    for when, after in (("before", False), ("after", True))
]


WHILE_PUTTING = [kill for kill in KILLS if kill.values[0] <= noted(calls_of_a_run())]


@pytest.mark.parametrize(("at", "name", "after"), KILLS)
def test_killed_at_any_call_it_is_made_good_by_the_next_run(
    at: int, name: str, after: bool
) -> None:
    world = robbed()
    with pytest.raises(Killed):
        world.redrive(life=Life(at, after), span=SPAN)
    world.drain()
    assert world.audit().surplus == 0, name

    world.redrive(span=SPAN)
    world.drain()

    assert whole_history(world) == WHOLE
    report = world.audit()
    assert report.holds, (name, report)
    assert report.stored.accepted == 11
    assert world.s3.keys(LETTERS, "journal/open/") == []


@pytest.mark.parametrize(("at", "name", "after"), WHILE_PUTTING)
def test_what_is_known_to_be_in_the_stream_is_not_put_again_by_the_next_run(
    at: int, name: str, after: bool
) -> None:
    world = robbed()
    with pytest.raises(Killed):
        world.redrive(life=Life(at, after), span=SPAN)
    is_sure = world.audit().redriven.put == world.audit().redriven.copies
    world.redrive(span=SPAN)  # before the processor saw any of it

    said = [one["Data"] for one in world.kinesis.records]
    twice = len(said) - len(set(said))
    assert twice == 0 if is_sure else twice <= 3, name


def test_a_run_for_one_segment_hides_nothing_of_the_others() -> None:
    world = robbed()
    of_b = SPAN._replace(segment="b")
    with pytest.raises(Killed):
        world.redrive(life=Life(noted(calls_of_a_run(of_b)), after=True), span=of_b)
    assert {one["PartitionKey"] for one in world.kinesis.records} == {"b"}

    world.redrive(span=SPAN)
    world.drain()

    assert whole_history(world) == WHOLE


def test_a_redrive_of_letters_leaves_the_pages_of_the_stream_alone() -> None:
    world = robbed()
    with pytest.raises(Killed):
        world.redrive(life=Life(noted(calls_of_a_run()), after=True), span=SPAN)
    pages = world.s3.keys(LETTERS, "journal/open/")
    assert len(pages) == 3

    world.redrive()

    assert world.s3.keys(LETTERS, "journal/open/") == pages
    world.drain()
    assert world.audit().holds


def test_a_redrive_of_the_stream_leaves_the_pages_of_letters_alone() -> None:
    world = robbed()
    world.fail_to_put("a", *lane("x", 240), seconds=241)
    with pytest.raises(Killed):
        world.redrive(life=Life(6), quarantine=False)
    pages = world.s3.keys(LETTERS, "journal/open/")
    assert len(pages) == 1

    world.redrive(span=SPAN)

    assert world.s3.keys(LETTERS, "journal/open/") == pages
