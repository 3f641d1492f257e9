"""An unusual incident without an alert: there is nothing to handle, and none fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .fakes import NOW_MS, City, alert, incident

QUIET = {"level": "none", "peak_level": "none", "usual_speed": 61.0, "unusual": 1}
NOTHING = {"alerts": [], "failed": [], "kept": []}


@pytest.fixture
def city() -> City:
    """A jam with an alert, and slow traffic ahead of it without one."""
    made = City()
    made.reader.warn(alert("jam"))
    return made


def handle(city: City, incident_id: str, method: str, **body: Any) -> Any:
    """What becomes of an incident's alerts, which must be well."""
    path = f"/api/incidents/{incident_id}/acknowledge"
    answer = city.ask(path, method, body=json.dumps(body) if body else "")
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", {}),
        ("POST", {"note": "Roadworks", "seen": None}),
        ("POST", {"close": "false alarm"}),
        ("DELETE", {}),
        ("DELETE", {"seen": NOW_MS}),
    ],
)
def test_where_there_is_no_alert_nothing_is_written(
    city: City, method: str, body: dict[str, Any]
) -> None:
    quiet = incident(alert("slow"), **QUIET)
    city.reader.incidents = [quiet]

    assert handle(city, quiet["incident_id"], method, **body) == NOTHING
    assert city.reader.count("record") == 0
    assert city.logged == []


def test_segments_without_an_alert_are_passed_over(city: City) -> None:
    city.reader.incidents = [incident(alert("slow", 5), alert("jam"))]

    closed = handle(city, "slow@5", "POST", close="false alarm")

    assert [one["closed_level"] for one in closed["alerts"]] == ["high"]
    assert {**closed, "alerts": []} == NOTHING


def test_an_incident_whose_alerts_have_all_cleared_is_refused(city: City) -> None:
    city.reader.warn(alert("over", 5, alert_status="cleared"))
    city.reader.incidents = [incident(alert("over", 5), alert("slow", 6))]

    answer = city.ask("/api/incidents/over@5/acknowledge", "POST")

    assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (
        409,
        "incident over@5 is cleared: expected an open alert",
    )


def test_a_longer_path_is_no_acknowledgement(city: City) -> None:
    path = f"/api/alerts/{alert('jam')['alert_id']}/acknowledge/extra/jam"

    assert city.ask(path, "POST")["statusCode"] == 404
    assert city.reader.count("record") == 0


def test_an_alert_of_one_is_in_the_log_at_the_level_that_is_stored(city: City) -> None:
    quiet, jam = incident(alert("slow", 5), alert("jam"), **QUIET), alert("jam")
    part = {"incident_id": jam["alert_id"], "part_of": "slow@5"}
    city.shift.alerts_of = [{**jam, "cleared_at": NOW_MS}]
    city.shift.rows = {"slow@5": {**quiet, "ended_at": NOW_MS}, jam["alert_id"]: part}

    (line,) = city.get("/api/log")["lines"]

    assert (line["what"], line["level"], line["segment_id"]) == (
        "cleared",
        "none",
        "slow",
    )
