"""What was lost for good is read out of the stream again, and put back once."""

from __future__ import annotations

import io
import json

import pytest

from tests.core.builders import ms
from trafficctl.errors import CityError
from trafficctl.output import show
from trafficctl.reconcile import Redriven
from trafficctl.redriving.buckets import Buckets
from trafficctl.redriving.lost import Covered, Lost
from trafficctl.redriving.shards import Read, Span
from trafficctl.redriving.stream import Stream
from trafficctl.redriving.view import sums_view
from trafficctl.redriving.work import Redrive

from .fake_tables import FULL
from .fakes import SHARD, Clock
from .robbed import SPAN, WHOLE, put, robbed
from .world import LETTERS, OUTPUTS, World, lane, whole_history


def test_what_was_lost_comes_back_out_of_the_stream() -> None:
    world = robbed()
    assert whole_history(world) == [{"08:00": 1}, {"08:00": 1}]
    assert (world.audit().holds, world.audit().missing) == (False, 7)

    work = world.redrive(span=SPAN)
    world.drain()

    assert whole_history(world) == WHOLE
    report = world.audit()
    assert (report.missing, report.surplus) == (0, 0)
    assert (report.stored.accepted, report.stored.duplicate) == (11, 0)
    assert report.redriven == Redriven(put=7, interrupted=0, copies=7)
    assert (work.sums.records, work.sums.readings) == (5, 7)


def test_ten_lost_minutes_of_a_sensor_that_went_on_are_accepted() -> None:
    world = World()
    world.apply(world.say("s", *lane("x", 0)))
    for minute in range(1, 11):
        world.say("s", *lane("x", 60 * minute))
    world.apply(world.say("s", *lane("x", 660)))

    world.redrive(span=Span(ms(0), ms(700)))
    world.drain()

    stored = world.audit().stored
    assert (stored.accepted, stored.late, stored.duplicate) == (12, 10, 0)


def test_what_the_tables_hold_is_not_put_again() -> None:
    world = World()
    for minute in range(6):
        world.apply(world.say("a", *lane("x", 60 * minute), *lane("y", 60 * minute)))

    work = world.redrive(span=SPAN)

    assert (put(world), work.sums.readings) == (0, 0)
    assert world.s3.keys(LETTERS) == []


def test_without_execute_it_is_only_told() -> None:
    world = robbed()

    source, sums = looked_through(world)

    assert (put(world), world.s3.keys(LETTERS)) == (0, [])
    assert (source.looked.records, source.looked.readings) == (9, 11)
    (told,) = sums
    assert {name: told[name] for name in ("kind", "records", "readings")} == {
        "kind": "stream",
        "records": 5,
        "readings": 7,
    }
    assert (told["day"], told["segments"]) == ("2027-01-15", 2)
    assert (told["oldest"], told["newest"]) == (ms(65), ms(180))


def looked_through(world: World) -> tuple[Lost, list[dict[str, object]]]:
    work = world.redrive(span=SPAN, execute=False)
    source = work.source
    assert isinstance(source, Lost)
    return source, work.sums.as_json()


def test_a_part_of_the_stream_is_shown_by_its_messages_and_not_as_objects() -> None:
    out = io.StringIO()
    show(sums_view(robbed().redrive(span=SPAN, execute=False).sums), out)

    assert " ".join(out.getvalue().strip().splitlines()[-1].split()) == (
        "in the stream, not in the tables 2027-01-15 - 5 7 2 "
        "2027-01-15T08:01:05Z 2027-01-15T08:03:00Z"
    )


def test_a_message_goes_back_marked_with_its_receipt_time_and_key() -> None:
    world = robbed()
    world.redrive(span=SPAN)

    told = {
        one["PartitionKey"]: json.loads(one["Data"]) for one in world.kinesis.records
    }
    assert set(told) == {"a", "b"}
    assert (told["b"]["redriven"], told["b"]["received_at"]) == (True, ms(180))
    assert told["b"]["device_id"] == "u"


def test_a_second_run_has_nothing_to_do_and_does_not_read_its_own() -> None:
    world = robbed()
    world.redrive(span=SPAN)
    first = put(world)
    world.drain()

    work = world.redrive(span=SPAN)

    assert (first, put(world), work.sums.readings) == (5, 5, 0)


def test_what_is_lost_once_more_is_put_once_more() -> None:
    world = robbed()
    world.redrive(span=SPAN)
    world.kinesis.records.clear()  # and no letter again

    work = world.redrive(span=SPAN)
    world.drain()

    assert work.sums.readings == 7
    assert whole_history(world) == WHOLE
    assert world.audit().holds


def test_only_what_came_in_the_span_is_put() -> None:
    world = robbed()

    world.redrive(span=Span(ms(100), ms(180)))

    assert [one["PartitionKey"] for one in world.kinesis.records] == ["b", "a"]


def test_only_the_segment_that_is_meant_is_put_and_its_shard_read() -> None:
    world = robbed()
    world.kinesis.held = {"shardId-000000000000": [], **world.kinesis.held}

    world.redrive(span=SPAN._replace(segment="b"))

    assert {one["PartitionKey"] for one in world.kinesis.records} == {"b"}
    (shard,) = {shard for shard, _limit in world.kinesis.reads}
    assert shard == SHARD


def test_a_message_of_nothing_that_can_be_read_stays() -> None:
    world = robbed()
    world.kinesis.hold("a", b"\xff", ms(200))
    world.kinesis.hold("a/b", b"{}", ms(200))
    world.kinesis.hold("a", json.dumps({"readings": []}).encode(), ms(200))

    work = world.redrive(span=SPAN)

    assert work.sums.readings == 7


def test_a_table_that_does_not_answer_ends_it_with_advice() -> None:
    world = robbed()
    world.tables.faults = ["InternalServerError"] * 99

    with pytest.raises(CityError, match=r"segments refuses to be read .* and repeat"):
        world.redrive(span=SPAN)
    assert put(world) == 0


def test_tables_that_are_busy_for_a_while_are_waited_for() -> None:
    world = robbed()
    world.tables.faults = [FULL] * 5

    assert world.redrive(span=SPAN).sums.readings == 7


def test_only_what_is_in_the_stream_again_counts_as_reached() -> None:
    source = robbed().lost(SPAN, Clock())
    assert source.reached_ms == ms(0)

    reached = []
    for _ in source.stretches(lambda _entry, _why: None):
        reached.append(source.reached_ms)

    assert reached == [ms(0), ms(80), ms(110), ms(290)]  # 10 s before the last
    assert source.reached_ms == SPAN.end_ms


def test_a_repeat_may_begin_where_an_interrupted_run_had_come_to() -> None:
    world = robbed()
    world.kinesis.refuses = [0] + [3] * 99  # the second stretch never gets through
    source = world.lost(SPAN, Clock())
    work = Redrive(Buckets(world.s3, OUTPUTS), source)
    clock = Clock()
    stream = Stream(world.kinesis, "stream", 1e9, clock, clock.sleep)
    with pytest.raises(CityError, match="refuses"):
        work.execute(stream, "run", lambda _count: None)
    assert (source.reached_ms, put(world)) == (ms(80), 1)

    world.kinesis.refuses = []
    world.redrive(span=SPAN._replace(begin_ms=source.reached_ms))
    world.drain()

    assert whole_history(world) == WHOLE
    assert world.audit().holds


def test_shards_are_only_as_far_as_the_last_of_them() -> None:
    world = robbed()
    world.kinesis.held = {"shardId-000000000000": [], **world.kinesis.held}
    source = world.lost(SPAN, Clock())

    stretches = source.stretches(lambda _entry, _why: None)
    next(stretches), next(stretches)

    assert source.reached_ms == ms(0)  # one is at its end, one has just been begun


def test_a_part_of_a_shard_is_told_by_its_name() -> None:
    part = Covered(SHARD, 3, 5)
    records = [{"SequenceNumber": str(n), "PartitionKey": "a"} for n in range(2, 7)]

    assert Covered.of_key(part.key) == part
    assert [part.holds(one) for one in records] == [False, True, True, True, False]
    of_b = part._replace(segment="b")
    assert Covered.of_key(of_b.key) == of_b
    assert not any(map(of_b.holds, records))
    assert part.touches(Read(SHARD, records, 0))
    assert not part.touches(Read(SHARD, records[-1:], 0))
    assert not part.touches(Read("shardId-000000000002", records, 0))
