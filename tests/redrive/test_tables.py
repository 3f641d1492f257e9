"""The tables are asked for little, no faster than they can give, and with patience."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import pytest

from tests.core.builders import ms
from tests.shell.city import TABLES
from traffic.restore import Row
from traffic.windows import Window
from trafficctl.errors import CityError
from trafficctl.redriving.options import DEFAULT_TABLE_READS
from trafficctl.redriving.reads import Reads
from trafficctl.redriving.shards import Span
from trafficctl.redriving.tables import BLOCK, block_of

from .fake_tables import FULL, FakeTables
from .fakes import Clock
from .world import World, lane

KEYS = [{"segment_id": {"S": f"s{n}"}} for n in range(100)]
HOUR = Span(ms(0), ms(3_600))


def reads_of(tables: FakeTables, rate: float = 1e9) -> Reads:
    return Reads(tables, rate, tables.clock, tables.clock.sleep)


def world_of(segments: int, minutes: Iterable[int]) -> World:
    """A city that lost nothing, with a reading a minute of each segment."""
    world = World()
    for minute in minutes:
        said = [world.say(f"s{n}", *lane("x", 60 * minute)) for n in range(segments)]
        world.apply(*said)
    return world


def looked_through(world: World, clock: Clock, table_reads: float = 1e9) -> int:
    """The messages that lack."""
    source = world.lost(HOUR, clock, table_reads)
    stretches = source.stretches(lambda _entry, _why: None)
    return sum(len(one.records) for stretch in stretches for one in stretch.letters)


def test_a_segment_is_read_once_and_its_rows_by_the_hour() -> None:
    world = world_of(3, range(7))
    world.kinesis.at_most = 4  # so that each segment is asked for again and again

    assert looked_through(world, Clock()) == 0

    by_key = [units for how, _, units in world.tables.taken if how == "by key"]
    between = [units for how, _, units in world.tables.taken if how == "between"]
    assert (sum(by_key), len(between)) == (3, 3)


def test_a_block_tells_each_of_its_minutes_and_is_small() -> None:
    first = 29_000_041  # in the middle of an hour, as the blocks of most segments
    minutes = range(first, first + BLOCK)
    given = Row(Window(), {"x": {1}})
    rows = {m: Row(Window(readings=7)) for m in minutes if m % 3 == 0}

    block = block_of({**rows, first + 1: given})

    told = {minute: block.row(minute) for minute in minutes}
    assert [m for m in minutes if told[m].window.readings] == sorted(rows)
    assert [m for m in minutes if told[m] == given] == [first + 1]
    full = block_of(dict.fromkeys(minutes, Row(Window(readings=7))))
    assert sum(map(sys.getsizeof, (full, *full))) < 300  # bytes


def test_rows_are_read_only_where_the_state_does_not_tell() -> None:
    world = world_of(2, [0, 1])  # both minutes are open still

    assert looked_through(world, Clock()) == 0

    assert [how for how, _, _ in world.tables.taken] == ["by key"]


def test_no_more_is_read_in_a_second_than_asked_for() -> None:
    world = world_of(60, range(4))
    clock = Clock()

    looked_through(world, clock, 10)

    taken = world.tables.units("segments") + world.tables.units("history")
    assert taken == 60 + 60  # for each the state, and an hour of rows
    assert taken - 2 <= clock.now * 10 <= taken + 30  # and the pauses of the shard


def test_a_table_with_the_least_default_capacity_is_never_throttled() -> None:
    tables = FakeTables(capacity=100, saved=1)
    reads = reads_of(tables, DEFAULT_TABLE_READS)
    for _ in range(20):
        list(reads.by_key("segments", KEYS[:50], ("version",)))

    assert (tables.throttled, tables.clock.now) == (0, 19)


def test_a_table_of_little_capacity_is_read_to_the_end() -> None:
    tables = FakeTables(capacity=7, saved=1)
    reads = reads_of(tables)

    for _ in range(5):
        list(reads.by_key("segments", KEYS, ("version",)))

    assert tables.units("segments") == 500
    assert 500 / 7 - 1 <= tables.clock.now <= 250


def test_a_read_by_key_gives_what_is_stored_though_a_part_is_left_unread() -> None:
    world = world_of(9, [0])
    world.tables.capacity, world.tables.saved = 4, 1

    found = list(reads_of(world.tables).by_key(TABLES.segments, KEYS[:9], ("version",)))

    assert found == [{"version": {"N": "1"}}] * 9


def refused(*codes: str) -> tuple[Sequence[object], float]:
    tables = FakeTables(faults=list(codes))
    found = list(reads_of(tables).by_key("segments", KEYS, ("version",)))
    return found, tables.clock.now


@pytest.mark.parametrize("code", [FULL, "ThrottlingException", "InternalServerError"])
def test_a_table_that_is_busy_is_left_alone_for_a_while(code: str) -> None:
    assert refused(*[code] * 5) == ([], 2 + 4 + 8 + 10 + 10)


def test_a_table_that_is_busy_for_minutes_is_an_error_with_advice() -> None:
    with pytest.raises(CityError, match=r"segments refuses .*--table-reads, and rep"):
        refused(*[FULL] * 30)


def test_a_refusal_that_no_waiting_mends_is_told_at_once() -> None:
    with pytest.raises(Exception, match="AccessDenied"):
        refused("AccessDeniedException")
