"""Open incidents, and acknowledging one with all its alerts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traffic.live_map.changes import TTL_MS
from traffic.live_map.incidents import STALE_MS, trend

from .fakes import NOW_MS, City, alert, incident, segment

MINUTE_MS = 60_000
PATH = "/api/incidents/{}/acknowledge"


@pytest.fixture
def city() -> City:
    """Three alerts, of which two are an incident."""
    made = City()
    made.reader.put(segment("a"), segment("b"), segment("c"))
    a, b, c = alert("a", NOW_MS - 900_000), alert("b"), alert("c")
    made.reader.warn(a, b, c)
    made.reader.incidents = [incident(a, b, usual_speed=61.3, unusual=1)]
    return made


def ids(city: City) -> list[str]:
    """The incidents of a poll."""
    return [one["incident_id"] for one in city.get("/api/now")["incidents"]]


def of(city: City) -> str:
    (found,) = city.reader.incidents
    return str(found["incident_id"])


def test_a_poll_tells_open_incidents_with_their_alerts(city: City) -> None:
    now = city.get("/api/now")

    assert now["incidents"] == [
        {
            "incident_id": f"a@{NOW_MS - 900_000}",
            "level": "high",
            "peak_level": "severe",
            "opened_at": NOW_MS - 900_000,
            "measured_at": NOW_MS - 30_000,
            "road": "I-405 S",
            "place": "Sherman Oaks",
            "head": "a",
            "tail": "b",
            "length_km": 6.2,
            "peak_length_km": 7.5,
            "speed": 14.2,
            "usual_speed": 61.3,
            "delay_rate": 88.5,
            "delay_vehicle_hours": 31.25,
            "unusual": True,
            "trend": "growing",
            "alert_ids": [f"a@{NOW_MS - 900_000}", f"b@{NOW_MS - 60_000}"],
        }
    ]
    assert len(now["alerts"]) == 3


@pytest.mark.parametrize(
    ("stored", "said"), [({}, None), ({"unusual": 0}, False), ({"unusual": 1}, True)]
)
def test_what_is_not_known_to_be_usual_is_null(
    city: City, stored: dict[str, int], said: bool | None
) -> None:
    city.reader.incidents = [incident(alert("a"), **stored)]

    assert [one["unusual"] for one in city.get("/api/now")["incidents"]] == [said]


def test_an_incident_that_no_event_reported_is_not_told(city: City) -> None:
    city.reader.incidents = [incident(alert("a"), reported_at=0)]

    assert ids(city) == []


def test_what_is_unknown_of_an_incident_is_null(city: City) -> None:
    for name in ("road", "place", "speed", "tail"):
        del city.reader.incidents[0][name]

    (told,) = city.get("/api/now")["incidents"]

    assert [told[name] for name in ("road", "place", "speed", "tail")] == [None] * 4


def test_incidents_come_the_oldest_first(city: City) -> None:
    old, new = alert("a", 5), alert("b", 9)
    at_once = {"measured_at": NOW_MS}
    city.reader.incidents = [incident(new, **at_once), incident(old, **at_once)]

    assert ids(city) == ["a@5", "b@9"]


def test_however_many_look_incidents_are_read_once_in_two_seconds(city: City) -> None:
    for _ in range(50):
        city.get("/api/now")

    assert city.reader.count("open_incidents") == 1


def test_an_incident_without_an_open_alert_is_not_listed(city: City) -> None:
    gone = json.dumps({"a": [NOW_MS - 900_000, NOW_MS - 1_000]})
    city.reader.incidents[0]["members"] = gone

    assert ids(city) == []


@pytest.mark.parametrize(("age_ms", "count"), [(STALE_MS - 1, 1), (STALE_MS, 0)])
def test_incidents_whose_function_fails_leave_their_alerts(
    city: City, age_ms: int, count: int
) -> None:
    city.reader.incidents[0]["measured_at"] = NOW_MS - age_ms

    now = city.get("/api/now")

    assert (len(now["incidents"]), len(now["alerts"])) == (count, 3)


def test_without_their_table_the_map_still_works(city: City) -> None:
    city.reader.down = {"open_incidents"}

    now = city.get("/api/now")

    assert (now["incidents"], len(now["alerts"])) == ([], 3)
    assert city.logged == [("incidents_failed", "down")]


def test_incidents_that_were_read_stay_while_their_table_does_not_answer(
    city: City,
) -> None:
    before = ids(city)
    city.reader.down = {"open_incidents"}
    city.clock.ms += TTL_MS

    assert ids(city) == before
    city.clock.ms += STALE_MS
    assert ids(city) == []


@pytest.mark.parametrize(
    "change",
    [
        {"members": "{"},
        {"members": '{"c": 5}'},
        {"level": 3},
        {"reported_at": "never"},
        {"length_km": "long"},
    ],
    ids=str,
)
def test_an_incident_that_cannot_be_read_is_left_out_and_logged_once(
    city: City, change: dict[str, Any]
) -> None:
    (whole,) = city.reader.incidents
    broken = {**incident(alert("c")), **change}
    city.reader.incidents = [broken, whole]

    for _ in range(3):
        assert ids(city) == [whole["incident_id"]]
        assert city.ask("/feeds/situations.xml")["statusCode"] == 200
        city.clock.ms += TTL_MS

    ((event, text),) = city.logged
    assert event == "incident_unreadable"
    assert text.startswith(f"{broken['incident_id']}: ")
    path = PATH.format(whole["incident_id"])
    answer = city.ask(path, "POST", claims={"email": "bo@city.example"})
    assert answer["statusCode"] == 200


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"a": (-30, None), "b": (-9, None)}, "growing"),
        ({"a": (-30, None), "b": (-30, -9)}, "shrinking"),
        ({"a": (-30, None), "b": (-9, None), "c": (-30, -2)}, "steady"),
        ({"a": (-30, None), "b": (-10, None), "c": (-30, -10)}, "steady"),
        ({"a": (-3, None)}, "growing"),
    ],
)
def test_an_incident_grows_while_more_segments_join_than_clear(
    members: dict[str, tuple[int, int | None]], expected: str
) -> None:
    at = {
        name: (
            NOW_MS + opened * MINUTE_MS,
            None if gone is None else NOW_MS + gone * MINUTE_MS,
        )
        for name, (opened, gone) in members.items()
    }

    assert trend(at, NOW_MS) == expected


def ask(city: City, method: str = "POST", who: str = "day-shift@city.example") -> Any:
    answer = city.ask(PATH.format(of(city)), method, claims={"email": who})
    return answer["statusCode"], json.loads(answer["body"])


def test_an_incident_is_acknowledged_with_all_its_alerts(city: City) -> None:
    city.get("/api/now")

    status, told = ask(city)

    assert (status, told["failed"]) == (200, [])
    assert [(one["segment_id"], one["acknowledged_by"]) for one in told["alerts"]] == [
        ("a", "day-shift@city.example"),
        ("b", "day-shift@city.example"),
    ]
    seen = {
        one["segment_id"]: one["acknowledged_at"]
        for one in city.get("/api/now")["alerts"]
    }
    assert seen == {"a": NOW_MS, "b": NOW_MS, "c": None}


def test_who_acknowledged_one_of_its_alerts_first_stays_the_one(city: City) -> None:
    city.ask(
        f"/api/alerts/b@{NOW_MS - 60_000}/acknowledge", "POST", claims={"email": "bo"}
    )

    _, told = ask(city)

    assert [one["acknowledged_by"] for one in told["alerts"]] == [
        "day-shift@city.example",
        "bo",
    ]


def test_the_acknowledgement_of_an_incident_is_taken_back(city: City) -> None:
    ask(city)

    status, told = ask(city, "DELETE")

    assert status == 200
    assert [one["acknowledged_at"] for one in told["alerts"]] == [None, None]


def test_an_alert_that_cannot_be_written_is_named(city: City) -> None:
    city.reader.down = {f"b@{NOW_MS - 60_000}"}

    status, told = ask(city)

    assert status == 200
    assert [one["segment_id"] for one in told["alerts"]] == ["a"]
    assert told["failed"] == [f"b@{NOW_MS - 60_000}"]


def test_an_incident_of_which_nothing_is_written_is_refused(city: City) -> None:
    city.reader.down = {"record"}

    status, told = ask(city)

    assert (status, "the tables did not answer" in told["error"]) == (503, True)


def test_an_alert_that_has_cleared_meanwhile_is_no_failure(city: City) -> None:
    city.reader.alerts[f"b@{NOW_MS - 60_000}"]["alert_status"] = "cleared"

    status, told = ask(city)

    assert (status, len(told["alerts"]), told["failed"]) == (200, 1, [])


def test_slow_tables_leave_alerts_unwritten_before_the_gateway_gives_up(
    city: City,
) -> None:
    record = city.reader.record

    def slowly(*told: Any) -> None:
        record(*told)
        city.clock.ms += 7_000

    city.reader.record = slowly  # type: ignore[method-assign]

    _, told = ask(city)

    assert told["failed"] == [f"b@{NOW_MS - 60_000}"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_only_an_open_incident_can_be_acknowledged(city: City, method: str) -> None:
    assert city.refusal(PATH.format("x@5"), method) == (
        404,
        "no open incident x@5: expected one of /api/now",
    )
    assert city.refusal(PATH.format("x"), method)[0] == 400
    assert city.reader.count("record") == 0
