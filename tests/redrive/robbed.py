"""A city that lost batches for good, in memory."""

from __future__ import annotations

from tests.core.builders import ms
from trafficctl.redriving.shards import Span

from .world import World, lane

SPAN = Span(ms(0), ms(400))
WHOLE = [
    {"08:00": 1, "08:01": 3, "08:02": 1},
    {"08:00": 1, "08:01": 1, "08:02": 1, "08:03": 1},
]


def robbed() -> World:
    """A city that lost minutes 1 to 3 of two roads, and has no letter of them."""
    world = World()
    world.kinesis.at_most = 3
    world.apply(world.say("a", *lane("x", 0)), world.say("b", *lane("x", 0)))
    world.say("a", *lane("x", 60, 90))
    world.say("a", *lane("y", 65))
    world.say("b", *lane("x", 60, 120))
    world.say("a", *lane("x", 120))
    world.say("b", *lane("x", 180))
    world.apply(world.say("a", *lane("x", 300)), world.say("b", *lane("x", 300)))
    return world


def put(world: World) -> int:
    """Messages that redrive has put into the stream."""
    return len(world.kinesis.records)
