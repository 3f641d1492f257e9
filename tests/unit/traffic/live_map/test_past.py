"""A minute of the past: what it holds, how it is asked for, how long it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traffic.live_map import views
from traffic.live_map.past import CLOSED_AFTER_MS, caching
from traffic.policy import MINUTE_MS

from .fakes import NOW_MS, City, Item, segment

MINUTE = 29_922_752  # 2026-11-22T16:32Z, two hours before NOW_MS
TEXT = "2026-11-22T16:32Z"
EPOCH_S = str(MINUTE * 60)
EXPECTED = (
    "expected `time` to be seconds since the epoch, or an instant with an offset, "
    "such as 2026-11-22T18:32Z (+ is written %2B)"
)


def row(segment_id: str, minute: str = TEXT, **more: Any) -> Item:
    """Return an item of `segment_history`."""
    return {"segment_id": segment_id, "minute": minute, "readings": 4, **more}


@pytest.fixture
def city() -> City:
    made = City()
    made.reader.put(segment("a"), segment("b"), segment("c"))
    made.reader.history = [
        row("b", speed=12.5, congestion_score=87.5, level_of_service="F", flow=0),
        row("a", speed=90.0, congestion_score=0.0, speed_ratio=0.9),
        row("a", "2026-11-22T16:33Z", speed=1.0),
    ]
    return made


def test_a_minute_holds_the_segments_that_reported_in_it_and_no_other(
    city: City,
) -> None:
    assert city.get("/api/at", time=EPOCH_S) == {
        "time": MINUTE * MINUTE_MS,
        "columns": ["id", "score", "speed", "flow", "ratio", "tti", "los"],
        "segments": [
            ["a", 0.0, 90.0, None, 0.9, None, None],
            ["b", 87.5, 12.5, 0, None, None, "F"],
        ],
    }


def test_a_past_row_begins_like_a_present_one(city: City) -> None:
    present = city.get("/api/now")["columns"]

    assert tuple(present[: len(views.PAST_COLUMNS)]) == views.PAST_COLUMNS


@pytest.mark.parametrize(
    "time",
    [
        EPOCH_S,
        str(MINUTE * 60 + 59),
        TEXT,
        "2026-11-22T16:32:59Z",
        "2026-11-22T17:32:00+01:00",
    ],
)
def test_any_instant_asks_for_its_minute(city: City, time: str) -> None:
    city.get("/api/at", time=time)

    assert city.reader.calls == [("city_minute", MINUTE)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, EXPECTED),
        ({"time": ""}, EXPECTED),
        ({"time": "-60"}, EXPECTED),
        ({"time": "1e9"}, EXPECTED),
        ({"time": "\u0663"}, EXPECTED),
        ({"time": "9" * 12}, EXPECTED),
        ({"time": "2026-11-22T16:32"}, EXPECTED),
        ({"time": str(NOW_MS // 1000 + 1)}, "expected `time` to be past"),
        ({"time": "9" * 11}, "expected `time` to be past"),
    ],
)
def test_a_time_that_names_no_past_minute_is_refused(
    city: City, query: Any, message: str
) -> None:
    assert city.refusal("/api/at", query=query) == (400, message)
    assert city.reader.calls == []


def test_a_closed_minute_is_kept_and_an_open_one_is_asked_for_again() -> None:
    closed_ms = (MINUTE + 1) * MINUTE_MS + CLOSED_AFTER_MS

    assert caching(MINUTE, closed_ms) == "private, max-age=3600, immutable"
    assert caching(MINUTE, closed_ms - 1) == "private, no-cache"


def test_a_viewers_copy_is_not_sent_again_until_a_late_reading_changes_it(
    city: City,
) -> None:
    first = city.ask("/api/at", query={"time": EPOCH_S})
    tag = first["headers"]["etag"]
    held = {"If-None-Match": tag}
    city.reader.history.reverse()  # an index keeps no order among equal minutes
    again = city.ask("/api/at", query={"time": EPOCH_S}, headers=held)
    city.reader.history.append(row("c", speed=50.0))
    changed = city.ask("/api/at", query={"time": EPOCH_S}, headers=held)

    assert (again["statusCode"], again["body"]) == (304, "")
    assert again["headers"]["etag"] == tag
    assert (changed["statusCode"], changed["headers"]["etag"] != tag) == (200, True)


def test_a_copy_is_no_other_users_and_no_other_form(city: City) -> None:
    headers = city.ask("/api/at", query={"time": EPOCH_S})["headers"]

    assert headers["vary"] == "accept-encoding, authorization"
    assert headers["cache-control"].startswith("private, ")


def test_a_minute_that_cannot_be_read_is_no_empty_one(city: City) -> None:
    city.reader.is_down = True

    answer = city.ask("/api/at", query={"time": EPOCH_S})

    assert answer["statusCode"] == 503
    assert answer["headers"]["cache-control"] == "no-store"
    assert "few seconds" in json.loads(answer["body"])["error"]


def test_the_past_is_for_the_signed_in(city: City) -> None:
    asked = city.refusal("/api/at", query={"time": EPOCH_S}, claims=None)

    assert asked == (401, "expected a signed-in user")
