"""A batch: what is written, told, set aside and asked for again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.unit.traffic.segment.builders import (
    POLICY,
    ROAD,
    message,
    ms,
    reading,
    record,
    records,
)
from traffic.errors import Conflict, PublishError, StoreError
from traffic.model import StoredSegment
from traffic.policy import Policy
from traffic.processor.batch import BatchProcessor
from traffic.processor.function import process, response
from traffic.processor.ports import ProcessorPorts

from .fakes import MemoryBus, MemoryQuarantine, MemoryStore

AT_ONCE = replace(POLICY, hold_s=0)


@dataclass
class World:
    """Ports of fakes; the clock stands *at_s*, 5 s, after START."""

    store: MemoryStore = field(default_factory=MemoryStore)
    bus: MemoryBus = field(default_factory=MemoryBus)
    quarantine: MemoryQuarantine = field(default_factory=MemoryQuarantine)
    policy: Policy = POLICY
    at_s: float = 5

    @property
    def ports(self) -> ProcessorPorts:
        outside = self.store, self.bus, self.quarantine
        return ProcessorPorts(*outside, lambda: ms(self.at_s), self.policy)

    def run(self, *batch: Any) -> BatchProcessor:
        work = BatchProcessor(self.ports, batch)
        work.run("shard")
        return work


def jam(seconds: float = 0) -> bytes:
    return message(reading(seconds=seconds, congestion_score=90))


def test_every_segment_is_read_and_written_once_a_batch() -> None:
    world = World()

    world.run(*(record(i, jam(i), segment=f"s{i % 3}") for i in range(30)))

    written = [one.segment.segment_id for one in world.store.decisions]
    assert sorted(written) == ["s0", "s1", "s2"]


def test_figures_tell_what_became_of_a_batch() -> None:
    world = World()
    world.store.segments["known"] = StoredSegment("known", road=ROAD)

    work = world.run(
        record(1, message(reading("a"), reading("a")), "known"),
        record(2, message(reading("b"), reading("c", count=15_001)), "unknown"),
        record(3, b"no JSON", "known"),
    )

    counts = work.figures.counts
    assert counts["Received"] == 5
    assert (counts["Accepted"], counts["Duplicate"], counts["Rejected"]) == (2, 1, 2)
    assert counts["UnknownSegments"] == 1
    assert work.figures.reasons == {"out_of_range": 1, "not_json": 1}
    assert work.figures.freshness_ms == [5_000, 5_000]
    assert work.failed == []


def test_a_segment_that_can_not_be_read_fails_alone() -> None:
    world = World()
    world.store.unreadable["b"] = StoreError("throttled")

    work = world.run(*(record(i, jam(), s) for i, s in enumerate("abc", 1)))

    assert work.failed == ["2"]
    assert set(world.store.segments) == {"a", "c"}
    assert work.figures.counts["FailedSegments"] == 1
    assert work.faults == {"throttled": 1}


def test_a_segment_that_can_not_be_written_fails_alone() -> None:
    world = World()
    world.store.refusals["b"] = [StoreError("refused")]
    batch = [record(i, jam(i), s) for i, s in enumerate("abcb", 1)]

    work = world.run(*batch)

    assert work.failed == ["2"]  # its first: all from there comes again
    assert set(world.store.segments) == {"a", "c"}
    assert world.run(*batch[1:]).failed == []
    assert set(world.store.segments) == {"a", "b", "c"}


def test_a_segment_whose_version_moved_is_read_and_decided_again() -> None:
    world, other = World(), World()
    other.store = world.store

    theirs = record(1, message(reading("theirs")), "a")
    world.store.meanwhile = [lambda: other.run(theirs)]

    work = world.run(record(2, message(reading("ours")), "a"))

    assert work.failed == []
    assert work.figures.counts["Conflicts"] == 1
    assert world.store.segments["a"].counts.accepted == 2
    assert world.store.segments["a"].version == 2


def test_a_segment_that_is_always_written_by_others_fails_in_the_end() -> None:
    world = World()
    world.store.refusals["a"] = [Conflict("moved") for _ in range(100)]

    work = world.run(record(1, jam(), "a"), record(2, jam(), "b"))

    assert work.failed == ["1"]
    assert work.figures.counts["Conflicts"] == 6
    assert set(world.store.segments) == {"b"}


def test_an_event_is_marked_as_sent_only_after_the_bus_took_it() -> None:
    world = World(policy=AT_ONCE)

    work = world.run(record(1, jam()))

    assert [event["transition"] for event in world.bus.events] == ["opened"]
    assert world.store.segments["s"].outbox == ()
    assert work.figures.counts["AlertsOpened"] == 1


def test_an_event_that_the_bus_refuses_stays_and_its_segment_comes_again() -> None:
    world = World(policy=AT_ONCE)
    world.bus.refuses = {"b"}
    batch = [record(i, jam(), s) for i, s in enumerate("abc", 1)]

    work = world.run(*batch)

    assert work.failed == ["2"]
    assert work.figures.counts["UnsentEvents"] == 1
    assert [event["segment_id"] for event in world.bus.events] == ["a", "c"]
    assert len(world.store.segments["b"].outbox) == 1

    world.bus.refuses = set()
    assert world.run(*batch[1:]).failed == []
    assert [event["segment_id"] for event in world.bus.events] == ["a", "c", "b"]
    assert world.store.segments["b"].outbox == ()


def test_a_bus_that_does_not_answer_loses_no_event() -> None:
    world = World(policy=AT_ONCE)
    world.bus.fault = PublishError("no answer")

    assert world.run(record(1, jam())).failed == ["1"]
    world.bus.fault = None
    assert world.run(record(1, jam())).failed == []
    assert len(world.bus.events) == 1


def test_a_bus_that_stays_away_holds_up_the_map_no_longer_than_viewers_may_wait() -> (
    None
):
    world = World(policy=AT_ONCE)
    world.bus.fault = PublishError("no answer")

    world.at_s = 9.9
    assert world.run(record(1, jam())).failed == ["1"]
    world.at_s = 10
    late = world.run(record(1, jam()))
    world.bus.fault = None
    world.run(record(2, jam(1)))

    assert (late.failed, late.faults) == ([], {"no answer": 1})
    assert late.figures.counts["UnsentEvents"] == 1
    assert [event["transition"] for event in world.bus.events] == ["opened"]


@pytest.mark.parametrize(("unsent", "failed"), [(64, []), (65, ["1"])])
def test_a_segment_with_more_unsent_alerts_than_its_item_may_hold_waits(
    unsent: int, failed: list[str]
) -> None:
    world = World(at_s=60)
    world.bus.refuses = {"s"}
    old = {"segment_id": "s", "received_at": ms(0)}
    world.store.segments["s"] = StoredSegment("s", road=ROAD, outbox=(old,) * unsent)

    work = world.run(record(1, message(reading())))

    assert work.failed == failed
    assert len(world.store.segments["s"].outbox) == unsent


def test_whatever_comes_next_sends_what_was_left_unsent() -> None:
    """Also a message that changes nothing of the segment."""
    world = World(policy=AT_ONCE)
    world.bus.fault = PublishError("no answer")
    world.run(record(1, jam()))
    world.bus.fault = None

    world.run(record(2, message(reading("bad id"))))

    assert [event["transition"] for event in world.bus.events] == ["opened"]
    assert world.store.segments["s"].outbox == ()


def test_the_answer_names_the_lowest_sequence_number_that_failed() -> None:
    """By number: as text, 10 is lower than 9."""
    world = World()
    world.store.unreadable = {"a": StoreError("x"), "b": StoreError("x")}
    work = world.run(
        record(11, jam(), "a"), record(9, jam(), "b"), record(10, jam(), "a")
    )

    assert response(work.failed) == {"batchItemFailures": [{"itemIdentifier": "9"}]}
    assert response([]) == {"batchItemFailures": []}


def test_a_device_that_buffered_for_a_day_is_written_in_several_transactions() -> None:
    world = World()
    minutes = 24 * 60
    buffered = [reading("b", 60 * (i - minutes)) for i in range(minutes)]
    batch = records(
        message(reading("a")),
        *(message(*buffered[i : i + 25]) for i in range(0, minutes, 25)),
    )

    work = world.run(*batch)

    assert work.failed == []
    assert world.store.segments["s"].counts.accepted == minutes + 1
    assert len(world.store.decisions) >= minutes // 100
    again = world.run(*batch)
    assert again.figures.counts["Redelivered"] == minutes + 1


def test_a_single_message_of_more_minutes_than_a_transaction_is_cut_too() -> None:
    world = World()
    buffered = [reading("b", 60 * (i - 900)) for i in range(900)]

    work = world.run(*records(message(reading("a")), message(*buffered, buffered[-1])))

    assert work.failed == []
    counts = world.store.segments["s"].counts
    assert (counts.accepted, counts.duplicate) == (901, 1)
    assert work.figures.counts["Redelivered"] == 0


def test_what_follows_a_part_that_failed_comes_again_without_it() -> None:
    world = World()
    buffered = [reading("b", 60 * (i - 300)) for i in range(300)]
    batch = records(message(reading("a")), message(*buffered))
    world.store.refusals["s"] = [None, None, StoreError("throttled")]

    assert world.run(*batch).failed == ["2"]
    assert world.run(*batch).failed == []
    assert world.store.segments["s"].counts.accepted == 301
    assert world.store.segments["s"].counts.duplicate == 0


def test_an_empty_batch_is_no_fault(capsys: Any) -> None:
    assert process([], World().ports, "city") == {"batchItemFailures": []}
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_all_that_is_printed_is_one_json_object_a_line(capsys: Any) -> None:
    world = World()
    world.store.unreadable["s"] = StoreError("throttled")

    process([record(1, jam()), record(2, b"{", "t")], world.ports, "city")

    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [sorted(set(line) & {"Stack", "Reason", "event"}) for line in printed] == [
        ["Stack"],
        ["Reason", "Stack"],
        ["event"],
    ]
