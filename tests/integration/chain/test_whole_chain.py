"""From the sensor to the controller: what is published, what is stored, what is said.

MQTT with mutual TLS, the rule, the stream, the processor under its role, the tables,
the bus, the topic and a queue subscribed to it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from traffic.timestamps import local_minute_text
from trafficctl.publishing.devices import device_id

from ..conftest import _eventually
from .inbox import Inbox
from .stack import Stack
from .story import CALM, JAMMED, UNKNOWN, WATCHED, Story, begin, end, reading


@pytest.fixture(scope="module")
def inbox(whole: Stack) -> Inbox:
    return Inbox(whole, whole.outputs["AlertTopicArn"])


@pytest.fixture(scope="module", autouse=True)
def story(whole: Stack, inbox: Inbox) -> Story:
    """The story, published and processed."""
    assert inbox.texts() == []
    told = begin(whole)
    _await(whole, "accepted", {JAMMED: 64, WATCHED: 12, CALM: 2, UNKNOWN: 1})
    end(whole, told)
    _await(whole, "accepted", {WATCHED: 13})
    _await(whole, "duplicate", {CALM: 2})
    return told


def _await(stack: Stack, counter: str, expected: dict[str, int]) -> None:
    def found() -> dict[str, int]:
        return {name: stack.segment(name).get(counter, 0) for name in expected}

    assert _eventually(lambda: found() == expected), found()


def minutes(stack: Stack, segment: str) -> dict[str, dict[str, Any]]:
    """A segment's rows of history, by minute."""
    rows = stack.items("SegmentHistoryTable", segment_id=segment)
    return {row["minute"]: row for row in rows}


def those(names: str, item: dict[str, Any]) -> dict[str, Any]:
    """Some attributes of an item."""
    return {name: item.get(name) for name in names.split()}


# Alerts


def test_a_jam_is_told_in_words_when_it_opens_escalates_and_clears(
    inbox: Inbox, story: Story, eventually: Any
) -> None:
    """Published at once here, its four events may be told in any order."""
    assert eventually(lambda: len(inbox.texts()) == 4)
    told = {mail.subject: mail.text.rpartition(" ")[0] for mail in inbox.mails()}

    at = "I-405 North at Sunset, Westwood"
    since = local_minute_text(story.at(3), "UTC")
    assert told == {
        f"Congestion opened (high): {at}": f"Congestion opened at {at} (traffic): high "
        f"(was none), score 59.6, 40 of 100 km/h (level of service F), since {since}.",
        f"Congestion escalated (severe): {at}": f"Congestion escalated at {at} "
        "(traffic): severe (was high), score 89.6, 10 of 100 km/h "
        f"(level of service F), since {since}.",
        f"Congestion eased (high): {at}": f"Congestion eased at {at} (traffic): high "
        f"(was severe), score 5.0, 95 of 100 km/h (level of service C), since {since}.",
        f"Congestion cleared: {at}": f"Congestion cleared at {at} (traffic): none "
        f"(was high), score 5.0, 95 of 100 km/h (level of service C), since {since}.",
    }


def test_each_text_ends_with_the_way_to_the_segment(
    whole: Stack, inbox: Inbox, eventually: Any
) -> None:
    assert eventually(lambda: len(inbox.texts()) == 4)
    links = {text.rpartition(" ")[2] for text in inbox.texts()}

    assert links == {f"{whole.outputs['LiveUrl']}#segment={JAMMED}"}


def test_an_alert_keeps_its_peak_and_its_times(whole: Stack, story: Story) -> None:
    (alert,) = whole.items("CongestionAlertsTable", segment_id=JAMMED)

    assert alert["alert_id"] == f"{JAMMED}@{story.at(3.5)}"
    assert those("alert_status level peak_level peak_congestion duration_s", alert) == {
        "alert_status": "cleared",
        "level": "high",
        "peak_level": "severe",
        "peak_congestion": 89.9,
        "duration_s": 510,
    }
    assert (alert["opened_at"], alert["cleared_at"]) == (story.at(3.5), story.at(12))
    assert "open_flag" not in alert


def test_nothing_else_is_alerted_on(whole: Stack) -> None:
    alerted = {
        segment
        for segment in (JAMMED, WATCHED, CALM, UNKNOWN)
        if whole.items("CongestionAlertsTable", segment_id=segment)
    }

    assert alerted == {JAMMED}


# Segments and their history


def test_a_segment_shows_its_traffic_beside_its_road(
    whole: Stack, story: Story
) -> None:
    names = "name lanes flow speed level_of_service congestion_score alert_level"

    assert those(names + " observed_at", whole.segment(JAMMED)) == {
        "name": "I-405 North at Sunset",
        "lanes": 4,
        "flow": 4800,  # 10 vehicles in half a minute on each of four lanes
        "speed": 95.0,
        "level_of_service": "C",
        "congestion_score": 5.0,
        "alert_level": "none",
        "observed_at": story.at(15.5),
    }


def test_each_minute_that_closed_has_its_row(whole: Stack, story: Story) -> None:
    rows = minutes(whole, JAMMED)

    speeds = [95, 95, 40, 40, 10, 10, *[95] * 8]  # the last two minutes are still open
    assert {minute: row["speed"] for minute, row in rows.items()} == {
        story.text(n): speed for n, speed in enumerate(speeds)
    }
    assert {row["vehicles"] for row in rows.values()} == {40}
    assert {row["district"] for row in rows.values()} == {"Westwood"}


def test_a_segment_of_no_road_file_has_no_score_from_speed(whole: Stack) -> None:
    segment = whole.segment(UNKNOWN)

    assert "name" not in segment
    assert those("accepted flow", segment) == {
        "accepted": 1,
        "flow": 1200,  # of one lane
    }


def test_a_late_reading_is_merged_into_its_own_minute(
    whole: Stack, story: Story
) -> None:
    rows = minutes(whole, WATCHED)

    names = "readings vehicles speed late"
    assert [those(names, rows[story.text(n)]) for n in range(4)] == [
        {"readings": 2, "vehicles": 20, "speed": 45, "late": 0},
        # 40 vehicles, of which 20 at 45 and 20 at 30 km/h: their harmonic mean
        {"readings": 3, "vehicles": 40, "speed": 36, "late": 1},
        {"readings": 2, "vehicles": 20, "speed": 45, "late": 0},
        {"readings": 2, "vehicles": 20, "speed": 45, "late": 0},
    ]
    assert whole.segment(WATCHED)["late"] == 1
    assert whole.segment(WATCHED)["observed_at"] == story.at(5)


def test_what_is_published_twice_counts_once(whole: Stack) -> None:
    assert those("accepted duplicate flow", whole.segment(CALM)) == {
        "accepted": 2,
        "duplicate": 2,
        "flow": 1200,
    }


# Quarantine


def test_a_bad_reading_is_set_aside_with_its_reason_and_takes_no_neighbour_with_it(
    whole: Stack, story: Story
) -> None:
    lines = "".join(whole.objects("QuarantineBucket").values()).splitlines()
    (found,) = (line for line in map(json.loads, lines) if WATCHED in line.values())

    assert those("path reason actual index readings device_id", found) == {
        "path": "average_speed",
        "reason": "wrong_type",
        "actual": "'fast'",
        "index": 1,
        "readings": 1,
        "device_id": device_id(whole.city.stack, WATCHED, 1),
    }
    assert found["message"] == reading("s9", story.at(2), average_speed="fast")
    assert minutes(whole, WATCHED)[story.text(2)]["readings"] == 2
