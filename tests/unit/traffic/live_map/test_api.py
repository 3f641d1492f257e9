"""What a viewer is answered, and how seldom the tables are read for it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from traffic.live_map import changes, views
from traffic.model import DecodedMessage, Reading, StoredSegment
from traffic.policy import Policy

from .fakes import NOW_MS, City, segment

POLICY = Policy(50, 80, 40, 60, 120, 90, 60)


@pytest.fixture
def city() -> City:
    made = City()
    made.reader.put(segment("a"), segment("b"))
    return made


def test_the_page_is_told_where_to_sign_in_and_what_is_congested(city: City) -> None:
    assert city.get("/config.json") == {
        "stack": "named",
        "region": "us-east-1",
        "zone": "Europe/Berlin",
        "speed_unit": "mph",
        "auth": {
            "domain": "https://city.auth.us-east-1.amazoncognito.com",
            "client_id": "named",
            "issuer": "https://cognito-idp.us-east-1.amazonaws.com/pool",
            "mode": "hosted",
        },
        "map": {"style": "https://tiles.example.org/style.json", "base": ""},
        "thresholds": {"high": 50, "severe": 80, "clear": 40},
        "version": "0123",
    }


def test_a_first_poll_gives_every_segment_under_its_columns(city: City) -> None:
    now = city.get("/api/now")

    assert (now["full"], now["now"], now["alerts"]) == (True, NOW_MS, [])
    assert dict(zip(now["columns"], now["segments"][0], strict=True)) == {
        "id": "a",
        "score": 30.0,
        "speed": 60.0,
        "flow": 1200,
        "ratio": None,
        "tti": None,
        "los": None,
        "reporting": 1,
        "sensors": 2,
        "observed_at": NOW_MS - 1500,
        "updated_at": NOW_MS - 1000,
        "alert": None,
    }
    assert now["city"]["segments"] == 2


def test_the_next_poll_gives_what_changed_since(city: City) -> None:
    version = city.get("/api/now")["version"]
    city.clock.ms += changes.TTL_MS
    city.reader.put(segment("b", NOW_MS, speed=12.5))

    now = city.get("/api/now", since=version)

    assert now["full"] is False
    assert [row[:3] for row in now["segments"]] == [["b", 30.0, 12.5]]
    assert city.get("/api/now", since=now["version"])["segments"] == []


def test_however_many_look_the_city_is_read_once_in_two_seconds(city: City) -> None:
    for _ in range(50):
        city.get("/api/now")
    city.clock.ms += changes.TTL_MS - 1
    city.get("/api/now")

    assert (city.reader.count("live"), city.reader.count("open_alerts")) == (1, 1)
    city.clock.ms += 1
    city.get("/api/now")
    assert (city.reader.count("live"), city.reader.count("open_alerts")) == (2, 2)


def test_the_roads_are_read_once_in_five_minutes(city: City) -> None:
    city.get("/api/roads")
    city.clock.ms += changes.ROADS_TTL_MS - 1
    city.get("/api/roads")
    assert city.reader.count("roads") == 1

    city.clock.ms += 1
    city.get("/api/roads")
    assert city.reader.count("roads") == 2


def test_while_the_tables_fail_the_last_look_has_to_do(city: City) -> None:
    before = city.get("/api/now")
    city.reader.is_down = True
    city.clock.ms += changes.TTL_MS

    after = city.get("/api/now", since=before["version"])

    assert (after["segments"], after["city"]) == ([], before["city"])
    city.get("/api/now")
    assert city.reader.count("live") == 2  # and it is not asked again at once
    assert city.logged == [("look_failed", "down")]


@pytest.mark.parametrize(
    "path", ["/api/now", "/api/roads", "/api/segments/a", "/api/segments/a/history"]
)
def test_tables_that_never_answered_are_said_to_be_away(city: City, path: str) -> None:
    city.reader.is_down = True

    answer = city.ask(path)

    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"] == "2"
    assert "few seconds" in json.loads(answer["body"])["error"]
    assert city.logged == [("tables_failed", "down")]


def test_roads_come_in_pages_that_leave_none_out() -> None:
    city = City()
    many = views.ROADS_PER_PAGE * 2
    city.reader.put(*(segment(f"{n:05}", name="N") for n in reversed(range(many))))

    first = city.get("/api/roads")
    second = city.get("/api/roads", after=first["after"])

    assert len(first["segments"]) == len(second["segments"]) == views.ROADS_PER_PAGE
    ids = [road["id"] for road in first["segments"] + second["segments"]]
    assert ids == [f"{n:05}" for n in range(many)]
    assert (first["after"], second["after"]) == (ids[views.ROADS_PER_PAGE - 1], None)


def test_a_road_is_told_with_all_that_does_not_change() -> None:
    city = City()
    city.reader.put(
        segment("a", name="I-405 N", latitude=34.1, longitude=-118.2, line="_p~iF")
    )

    assert city.get("/api/roads") == {
        "segments": [
            {
                "id": "a",
                "name": "I-405 N",
                "district": None,
                "line": "_p~iF",
                "lat": 34.1,
                "lon": -118.2,
                "lanes": None,
                "length_m": None,
                "free_flow_speed": None,
            }
        ],
        "after": None,
    }


def packed() -> Any:
    """What the processor stores of two sensors, one silent for five minutes."""
    from traffic.segment.decide import decide  # noqa: PLC0415 - beside its only use

    readings = [Reading("s1", NOW_MS - 300_000, 10, 50.0)]
    readings += [Reading("s2", NOW_MS, 0, None, None, 0.02)]
    stored = StoredSegment("a")
    decided = decide(stored, [DecodedMessage("1", NOW_MS, readings)], NOW_MS, POLICY)
    return {**decided.live, "state": decided.segment.packed}


def test_a_segment_is_told_with_the_last_reading_of_each_sensor(city: City) -> None:
    city.reader.put({"segment_id": "a", "name": "I-405 N", **packed()})

    told = city.get("/api/segments/a")

    assert told["name"] == "I-405 N"
    assert told["sensors"] == [
        {
            "id": "s1",
            "timestamp": NOW_MS - 300_000,
            "speed": 50.0,
            "vehicle_count": 10,
            "occupancy": None,
            "reporting": False,
            "suspect": None,
        },
        {
            "id": "s2",
            "timestamp": NOW_MS,
            "speed": None,
            "vehicle_count": 0,
            "occupancy": 0.02,
            "reporting": True,
            "suspect": None,
        },
    ]


def test_a_segment_never_heard_of_has_no_sensors(city: City) -> None:
    city.reader.put({"segment_id": "new"})

    assert city.get("/api/segments/new")["sensors"] == []


@pytest.mark.parametrize("path", ["/api/segments/x", "/api/segments/x/history"])
def test_an_unknown_segment_is_not_found(city: City, path: str) -> None:
    assert city.refusal(path) == (404, "no segment x: expected one of /api/roads")


def test_history_ends_with_the_minute_that_is_still_open(city: City) -> None:
    city.reader.put(segment("a", free_flow_speed=105.0, occupancy=0.1))
    row = {"speed": 50.0, "flow": 900, "congestion_score": 5.0, "readings": 4}
    city.reader.history = [{"minute": "2026-11-22T16:31Z", **row}]

    told = city.get("/api/segments/a/history", hours="2")

    assert city.reader.calls[-1] == (
        "minutes",
        "a",
        "2026-11-22T16:31Z",
        "2026-11-22T18:31Z",
    )
    assert told == {
        "free_flow_speed": 105.0,
        "columns": ["minute", "speed", "flow", "score", "occupancy", "readings"],
        "rows": [
            ["2026-11-22T16:31Z", 50.0, 900, 5.0, None, 4],
            ["2026-11-22T18:31Z", 60.0, 1200, 30.0, 0.1, None],
        ],
        "usual": {
            "columns": ["at", "low", "usual"],
            "rows": [],
            "missing": "no_profile",
        },
    }


def test_history_holds_a_minute_once(city: City) -> None:
    city.reader.history = [{"minute": "2026-11-22T18:31Z", "readings": 4}]

    rows = city.get("/api/segments/a/history")["rows"]

    assert [(row[0], row[-1]) for row in rows] == [("2026-11-22T18:31Z", 4)]


def test_a_segment_never_heard_of_has_no_history(city: City) -> None:
    city.reader.put({"segment_id": "new"})

    assert city.get("/api/segments/new/history")["rows"] == []


def test_a_long_answer_is_compressed_for_who_accepts_it() -> None:
    city = City()
    city.reader.put(*(segment(f"s{n}") for n in range(100)))

    answer = city.ask("/api/now", headers={"Accept-Encoding": "br, gzip"})

    assert answer["isBase64Encoded"] is True
    assert answer["headers"]["content-encoding"] == "gzip"
    body = json.loads(gzip.decompress(base64.b64decode(answer["body"])))
    assert len(body["segments"]) == 100


def test_every_answer_holds_the_browser_to_this_site(city: City) -> None:
    for path in ("/api/now", "/api/x", "/config.json"):
        headers = city.ask(path)["headers"]
        policy = headers["content-security-policy"].split("; ")
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert (
            "connect-src 'self' https://city.auth.us-east-1.amazoncognito.com "
            "https://tiles.example.org"
        ) in policy
        assert "img-src 'self' data: blob: https://tiles.example.org" in policy
        assert "worker-src 'self' blob:" in policy
        assert headers["x-content-type-options"] == "nosniff"
