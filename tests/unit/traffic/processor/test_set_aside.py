"""What a batch refuses: kept once, with its reason, in the order of the stream."""

from __future__ import annotations

import json

import pytest

from tests.unit.traffic.segment.builders import message, reading, record
from traffic.errors import Conflict, QuarantineError, StoreError

from .test_batch import World, jam


def test_what_a_failed_segment_rejected_is_set_aside_when_it_comes_again() -> None:
    world = World()
    world.store.refusals["a"] = [StoreError("refused")]
    batch = [record(1, message(reading(), reading("b", count=-1)), "a")]
    batch += [
        record(2, message(reading("c"), reading("d", count=None, speed=None)), "a")
    ]

    assert world.run(*batch).failed == ["1"]
    assert [len(kept) for _, kept in world.quarantine.kept] == [1]  # no good message
    assert world.run(*batch).failed == []
    assert [len(kept) for _, kept in world.quarantine.kept] == [1, 2]


def test_what_is_unreadable_is_set_aside_once_however_often_its_segment_is_tried() -> (
    None
):
    world = World()
    world.store.refusals["a"] = [Conflict("moved"), Conflict("moved")]
    bad = message(reading("b"), reading("c", count=-1))

    work = world.run(record(1, bad, "a"), record(2, b"{", "a"))

    ((_, kept),) = world.quarantine.kept
    assert [json.loads(line)["reason"] for line in kept] == ["out_of_range", "not_json"]
    counts = work.figures.counts
    assert (counts["Received"], counts["Accepted"], counts["Rejected"]) == (3, 1, 2)
    assert counts["Conflicts"] == 2


@pytest.mark.parametrize("nameless", ["", "a b", "x" * 65])
def test_the_tables_are_not_asked_for_what_names_no_segment(nameless: str) -> None:
    """DynamoDB would refuse all hundred keys of the call for one that is empty."""
    world = World()
    world.store.unreadable[nameless] = StoreError("an attribute value may not be empty")

    work = world.run(record(1, jam(), nameless), record(2, jam(), "a"))

    assert (work.failed, set(world.store.segments)) == ([], {"a"})
    assert work.figures.reasons == {"bad_segment_id": 1}


def test_rejections_are_kept_in_the_order_of_the_stream() -> None:
    """Whatever segment they are of, and whether decoding or deciding refused them."""
    world = World()
    late = message(reading("b", count=None, speed=None), reading("c", count=-1))

    world.run(record(9, late, "a"), record(10, b"{", "b"), record(11, late, "a"))

    ((_, kept),) = world.quarantine.kept
    told = [json.loads(line) for line in kept]
    assert [(line["sequence_number"], line["index"]) for line in told] == [
        ("9", 0),
        ("9", 1),
        ("10", None),
        ("11", 0),
        ("11", 1),
    ]


def test_rejections_that_could_not_be_set_aside_come_again() -> None:
    world = World()
    world.quarantine.fault = QuarantineError("denied")
    batch = [record(1, jam()), record(2, b"{"), record(3, jam(1))]

    work = world.run(*batch)

    assert work.failed == ["2"]
    assert work.faults == {"denied": 1}
    assert work.figures.counts["Rejected"] == 0
