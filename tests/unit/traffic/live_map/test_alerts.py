"""Open alerts, the worst first, and who has seen them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .fakes import NOW_MS, City, alert, segment


@pytest.fixture
def city() -> City:
    made = City()
    made.reader.put(segment("a"), segment("b"))
    return made


def test_open_alerts_come_severe_first_then_the_newest(city: City) -> None:
    city.reader.warn(
        alert("old", 1_000),
        alert("new", 2_000, latitude=34.1),
        alert("bad", 500, level="severe"),
        alert("gone", 3_000, alert_status="cleared"),
    )

    told = city.get("/api/now")["alerts"]

    assert [one["segment_id"] for one in told] == ["bad", "new", "old"]
    assert told[1] == {
        "alert_id": "new@2000",
        "segment_id": "new",
        "name": None,
        "district": None,
        "lat": 34.1,
        "lon": None,
        "level": "high",
        "peak_level": "high",
        "opened_at": 2_000,
        "level_since": 2_000,
        "peak_congestion": 61.5,
        "acknowledged_by": None,
        "acknowledged_at": None,
        "note": None,
        "closed_level": None,
    }


def acknowledge(city: City, alert_id: str, who: str) -> Any:
    path = f"/api/alerts/{alert_id}/acknowledge"
    answer = city.ask(path, "POST", claims={"email": who})
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])


def test_who_acknowledged_and_when_is_shown_to_all_at_once(city: City) -> None:
    city.reader.warn(alert("a", 5))
    city.get("/api/now")

    row = acknowledge(city, "a@5", "day-shift@city.example")

    assert row["acknowledged_by"] == "day-shift@city.example"
    assert row["acknowledged_at"] == NOW_MS
    assert city.get("/api/now")["alerts"] == [row]


def test_the_first_to_acknowledge_stays_the_one(city: City) -> None:
    city.reader.warn(alert("a", 5))
    first = acknowledge(city, "a@5", "day-shift@city.example")
    city.clock.ms += 1

    assert acknowledge(city, "a@5", "night-shift@city.example") == first
    assert city.reader.count("record") == 1


def test_an_acknowledgement_is_taken_back_for_all_at_once(city: City) -> None:
    city.reader.warn(alert("a", 5))
    before = city.get("/api/now")["alerts"]
    acknowledge(city, "a@5", "day-shift@city.example")

    answer = city.ask("/api/alerts/a@5/acknowledge", "DELETE")

    assert answer["statusCode"] == 200
    assert [json.loads(answer["body"])] == before
    assert city.get("/api/now")["alerts"] == before


def test_an_alert_that_nobody_acknowledged_stays_as_it_is(city: City) -> None:
    city.reader.warn(alert("a", 5))

    answer = city.ask("/api/alerts/a@5/acknowledge", "DELETE")

    assert json.loads(answer["body"])["acknowledged_at"] is None
    assert city.reader.count("record") == 0


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("alert_id", "refusal"),
    [
        ("x@5", (404, "no alert x@5: expected one of /api/now")),
        ("a@5", (409, "alert a@5 is cleared: expected an open one")),
    ],
)
def test_only_an_open_alert_can_be_acknowledged(
    city: City, alert_id: str, refusal: tuple[int, str], method: str
) -> None:
    city.reader.warn(alert("a", 5, alert_status="cleared"))

    assert city.refusal(f"/api/alerts/{alert_id}/acknowledge", method) == refusal
    assert city.reader.count("record") == 0
