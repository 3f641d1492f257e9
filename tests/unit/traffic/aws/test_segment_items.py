"""Segments to items and back."""

from __future__ import annotations

from typing import Any

import pytest

from traffic.aws import dynamodb, segment_items
from traffic.model import ReadingCounts, Road, StoredSegment

from ..segment.builders import message, reading, say


def test_values_come_back_as_they_were_written() -> None:
    for value in ("text", b"bytes", 0, 7, -3, 0.0, 12.5, -118.44782, 1e-07, 1e22):
        assert dynamodb.value_of(dynamodb.attribute(value)) == value


def test_a_whole_number_stays_a_whole_number() -> None:
    assert isinstance(dynamodb.value_of({"N": "4"}), int)
    assert isinstance(dynamodb.value_of({"N": "4.0"}), float)


def test_an_absent_item_is_a_segment_never_heard_of() -> None:
    assert segment_items.segment_of("s", {}) == StoredSegment("s")


def test_what_was_written_is_what_is_read() -> None:
    told = say(message(reading(congestion_score=99)), message(reading(seconds=61)))
    present, absent = segment_items.changes(told.last)

    read = segment_items.segment_of("s", dynamodb.attributes(present))

    assert absent == [
        "occupancy",
        "speed_estimated",
        "alert_id",
        "alert_since",
        "outbox",
        "stale",
    ]
    assert read.packed == told.stored.packed
    assert read.counts == ReadingCounts(accepted=2)
    assert read.version == 1
    assert not read.road.known


def test_events_wait_in_the_item_until_they_are_sent() -> None:
    told = say(*(message(reading(seconds=s, speed=5)) for s in (0, 60)))
    present, _ = segment_items.changes(told.last)

    read = segment_items.segment_of("s", dynamodb.attributes(present))

    assert read.outbox == told.stored.outbox
    assert len(read.outbox) == 1


def test_a_road_that_was_loaded_before_any_reading_is_known() -> None:
    loaded = {"name": {"S": "Main St"}, "lanes": {"N": "2"}}

    assert segment_items.segment_of("s", loaded) == StoredSegment(
        "s", road=Road(name="Main St", lanes=2, known=True)
    )


@pytest.mark.parametrize("bad", [{"N": "0"}, {"N": "-50"}, {"S": "fast"}, {"M": {}}])
@pytest.mark.parametrize("name", ["free_flow_speed", "lanes", "length_m"])
def test_a_size_that_makes_no_sense_is_as_good_as_none(name: str, bad: Any) -> None:
    loaded = {"name": {"S": "Main St"}, name: bad}

    assert segment_items.segment_of("s", loaded).road == Road(
        name="Main St", known=True
    )


def test_a_wrong_free_flow_speed_does_not_make_a_road_known() -> None:
    assert not segment_items.segment_of("s", {"free_flow_speed": {"N": "0"}}).road.known


def test_a_name_that_is_no_text_is_none() -> None:
    assert segment_items.segment_of("s", {"name": {"N": "5"}}).road == Road()


def test_a_learned_free_flow_speed_counts_where_the_road_file_gives_none() -> None:
    learned = {"learned_free_flow_speed": {"N": "62"}}
    configured = {"free_flow_speed": {"N": "80"}}

    def read(**item: dict[str, str]) -> tuple[float | None, bool]:
        road = segment_items.segment_of("s", item).road
        return road.free_flow_speed, road.known

    assert read(**learned) == (62, False)
    assert read(**learned, **configured) == (80, True)
    assert read(**learned, free_flow_speed={"N": "0"}) == (62, False)
    assert read(learned_free_flow_speed={"N": "0"}) == (None, False)
