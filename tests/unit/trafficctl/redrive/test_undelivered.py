"""Messages that missed the stream, many in an object, go back as the rule had them."""

from __future__ import annotations

import json

import pytest

from tests.unit.traffic.segment.builders import ms
from trafficctl.audit.evidence import count_letters
from trafficctl.redrive.dead_letters import MESSAGE, UnreadableError, letter_of
from trafficctl.redrive.selection import Selection

from .world import LETTERS, World, lane, stored


def test_each_message_goes_back_with_the_time_it_was_received() -> None:
    world = World()
    key = world.keep_undelivered(
        world.undelivered("a", *lane("x", 0), seconds=1),
        world.undelivered("b", *lane("x", 5), *lane("y", 6), seconds=9),
    )

    letter = letter_of(stored(key), world.s3.buckets[LETTERS][key])

    assert (letter.kind, letter.readings) == (MESSAGE, 3)
    assert [(r.partition_key, r.received_ms) for r in letter.records] == [
        ("a", ms(1)),
        ("b", ms(9)),
    ]
    told = [json.loads(record.data) for record in letter.records]
    assert [one["received_at"] for one in told] == [ms(1), ms(9)]
    assert [one["device_id"] for one in told] == ["rsu-1", "rsu-1"]
    assert Selection(day="2027-01-15").admits(stored(key, day=3))


def test_old_and_new_objects_are_redriven_together_and_all_is_accounted_for() -> None:
    world = World()
    world.apply(world.say("a", *lane("x", 0)))
    world.fail_to_put("a", *lane("x", 60), seconds=60)
    world.keep_undelivered(
        world.undelivered("a", *lane("x", 120), seconds=120),
        world.undelivered("a", *lane("x", 180), seconds=181),
    )
    assert world.audit().dead_letters.undelivered == 3

    world.redrive()
    world.drain()
    world.apply(world.say("a", *lane("x", 360)))

    assert world.letters() == []
    assert world.audit().holds
    assert world.history("a") == dict.fromkeys(("08:00", "08:01", "08:02", "08:03"), 1)


def test_a_message_that_the_queue_delivered_twice_counts_once() -> None:
    world = World()
    once = world.undelivered("a", *lane("x", 0, 1))
    for key in ("undelivered/1", "undelivered/2"):
        body = world.s3.buckets[LETTERS][world.keep_undelivered(once)]
        world.s3.buckets[LETTERS][key] = body
    bodies = [world.s3.buckets[LETTERS][f"undelivered/{n}"] for n in (1, 2)]

    assert count_letters(bodies).undelivered == 2


@pytest.mark.parametrize("odd", ["{}", "7", "{", '{"received_at": "now"}'])
def test_a_line_that_is_no_message_leaves_its_object_where_it_is(odd: str) -> None:
    world = World()
    key = world.keep_undelivered(world.undelivered("a", *lane("x", 0)))
    body = world.s3.buckets[LETTERS][key] + odd.encode()

    with pytest.raises(UnreadableError):
        letter_of(stored(key), body)
