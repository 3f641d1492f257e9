"""A stream is read again to the end of the span, and the processor hardly notices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from threading import Barrier, Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.core.builders import ms
from trafficctl.errors import CityError
from trafficctl.redriving.shards import PARALLEL, Shards, Span

from .fakes import ARN, SHARD, Clock, FakeKinesis

SPAN = Span(ms(0), ms(100))
OTHER = "shardId-000000000002"
PATIENCE_S = 60.0  # of threads that wait for each other


def shards_of(kinesis: FakeKinesis) -> tuple[Shards, Clock]:
    clock = Clock()
    return Shards(kinesis, ARN, clock, clock.sleep), clock


def filled(count: int, size: int = 100, *names: str) -> FakeKinesis:
    """A stream with *count* records in each shard, ten a second from second 0 on."""
    kinesis = FakeKinesis()
    kinesis.held = {name: [] for name in names or (SHARD,)}
    for name in kinesis.held:
        for n in range(count):
            kinesis.hold("s", bytes(size - 1), ms(n / 10), name)
    return kinesis


def numbers(shards: Shards, span: Span = SPAN) -> list[int]:
    """The records that are read, in their order."""
    return [
        int(one["SequenceNumber"])
        for read in shards.read(shards.names(span), span)
        for one in read.records
    ]


def test_all_of_the_span_is_read_once_and_nothing_else() -> None:
    shards, _ = shards_of(filled(2_000))

    assert numbers(shards, Span(ms(10), ms(90.1))) == list(range(101, 902))


def test_closed_shards_are_read_to_their_end_and_open_ones_to_the_tip() -> None:
    kinesis = filled(120, 100, SHARD, OTHER)
    kinesis.closed = {SHARD}
    shards, _ = shards_of(kinesis)

    assert sorted(numbers(shards)) == list(range(1, 241))


def test_an_empty_shard_is_looked_at_once() -> None:
    kinesis = filled(0)
    shards, clock = shards_of(kinesis)

    assert numbers(shards) == []
    assert (len(kinesis.reads), clock.now) == (1, 0)


@pytest.mark.parametrize("size", [100, 1_000, 30_000, 700_000])
def test_the_processor_keeps_more_than_half_of_a_shards_calls_and_bytes(
    size: int,
) -> None:
    kinesis = filled(min(20_000, 90_000_000 // size), size)
    shards, clock = shards_of(kinesis)
    told = []
    for read in shards.read(shards.names(SPAN), Span(ms(0), ms(9_000))):
        told.append((clock.now, sum(len(one["Data"]) + 1 for one in read.records)))

    assert all(b - a >= 0.5 for (a, _), (b, _) in pairwise(told))
    burst = told[0][1] + 1_000_000  # the first call knows no sizes
    for at, _ in told:
        assert sum(each for when, each in told if when <= at) <= burst + at * 1_000_000
    assert max(limit for _, limit in kinesis.reads[1:]) <= max(1, 1_000_000 // size)


def test_shards_are_read_in_turn_so_that_none_waits_for_another() -> None:
    one, two = filled(900), filled(900, 100, SHARD, OTHER)
    alone, clock = shards_of(one)
    both, clock_of_both = shards_of(two)

    numbers(alone), numbers(both)

    assert clock_of_both.now == clock.now > 0
    assert two.reads[0][0] != two.reads[1][0]


def test_shards_are_read_at_a_time_and_each_at_its_own_pace() -> None:
    names = [f"shardId-{n:012d}" for n in range(20)]
    kinesis = filled(2_000, 1_000, *names)
    slow = Slow(kinesis, PARALLEL)
    clock = Clock()
    shards = Shards(slow, ARN, clock, clock.sleep)

    assert len(numbers(shards, Span(ms(0), ms(900)))) == 40_000

    assert slow.most == PARALLEL
    assert clock.now <= 5  # the seconds that one shard of 2 MB takes


class Slow:
    """A stream whose first answers wait until *together* of them are under way."""

    def __init__(self, kinesis: FakeKinesis, together: int) -> None:
        self._kinesis = kinesis
        self._lock, self._now, self.most = Lock(), 0, 0
        self._all_there = Barrier(together)
        self._waits = iter([True] * together)
        self.list_shards = kinesis.list_shards
        self.get_shard_iterator = kinesis.get_shard_iterator

    def get_records(self, **asked: Any) -> Any:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            waits = next(self._waits, False)
        if waits:
            self._all_there.wait(PATIENCE_S)
        with self._lock:
            self._now -= 1
        return self._kinesis.get_records(**asked)


def test_what_is_covered_adds_up_to_the_span_of_each_shard() -> None:
    shards, _ = shards_of(filled(700, 100, SHARD, OTHER))

    covered = [read.covered_ms for read in shards.read(shards.names(SPAN), SPAN)]

    assert (min(covered) >= 0, sum(covered)) == (True, 200_000)


def test_an_iterator_that_expired_is_made_anew_behind_the_last_record() -> None:
    kinesis = filled(200)
    shards, _ = shards_of(kinesis)
    found: list[int] = []
    for read in shards.read(shards.names(SPAN), SPAN):
        found += [int(one["SequenceNumber"]) for one in read.records]
        kinesis.faults += ["ExpiredIteratorException"] if len(found) == 50 else []

    assert found == list(range(1, 201))


def refused(*codes: str) -> tuple[Sequence[int], float]:
    kinesis = filled(60)
    kinesis.faults = list(codes)
    shards, clock = shards_of(kinesis)
    return numbers(shards), clock.now


def test_a_shard_that_others_read_to_its_limit_is_left_alone_for_a_while() -> None:
    full = "ProvisionedThroughputExceededException"
    found, took_s = refused(full, full, full)

    assert found == list(range(1, 61))
    assert took_s >= 2 + 4 + 8


def test_a_shard_that_is_always_read_to_its_limit_is_an_error_with_advice() -> None:
    with pytest.raises(CityError, match="until the processor has caught up"):
        refused(*["ProvisionedThroughputExceededException"] * 8)


def test_another_refusal_is_not_waited_for() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        refused("AccessDeniedException")


def test_of_one_segment_only_the_shards_are_read_that_can_hold_it() -> None:
    shards, _ = shards_of(filled(1, 100, *(f"shardId-{n:012d}" for n in range(4))))
    found = {s: shards.names(SPAN._replace(segment=s)) for s in ("a", "b", "c")}

    # MD5 of the partition key, as Kinesis places it: 0c..., 92..., 4a...
    assert found == {
        "a": ["shardId-000000000000"],
        "b": ["shardId-000000000002"],
        "c": ["shardId-000000000001"],
    }
