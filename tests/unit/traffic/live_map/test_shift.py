"""The log of a shift tells what happened, an incident as one, the newest first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traffic.live_map.changes import TTL_MS
from traffic.live_map.shift import HOURS, MOST_LINES, lines

from .fakes import NOW_MS, City, alert, incident

HOUR_MS = 3_600_000
SINCE_MS = NOW_MS - HOURS * HOUR_MS
DAY, NIGHT = "day-shift@city.example", "night-shift@city.example"


def did(at: int, who: str, what: str, **note: str) -> dict[str, Any]:
    return {"at": at, "who": who, "what": what, **note}


def handled(*steps: dict[str, Any]) -> str:
    return json.dumps(steps)


def told(city: City) -> list[tuple[Any, ...]]:
    """What the log tells: when, what, where, who, note, of how many alerts."""
    names = ("at", "what", "name", "who", "note", "alerts")
    return [tuple(one[n] for n in names) for one in city.get("/api/log")["lines"]]


def test_of_an_alert_all_is_told_the_newest_first() -> None:
    steps = [
        did(NOW_MS - 50_000, DAY, "acknowledged", note="Tow truck"),
        did(NOW_MS - 40_000, NIGHT, "handed_over"),
    ]
    row = alert("a", NOW_MS - 60_000, handled=handled(*steps), name="Street 1")
    over = {"alert_status": "cleared", "cleared_at": NOW_MS - 9_000, "duration_s": 51}
    city = City()
    city.shift.alerts_of = [{**row, **over}]

    assert told(city) == [
        (NOW_MS - 9_000, "cleared", "Street 1", None, None, None),
        (NOW_MS - 40_000, "handed_over", "Street 1", NIGHT, None, 1),
        (NOW_MS - 50_000, "acknowledged", "Street 1", DAY, "Tow truck", 1),
        (NOW_MS - 60_000, "opened", "Street 1", None, None, None),
    ]
    first = city.get("/api/log")["lines"][0]
    assert (first["level"], first["segment_id"]) == ("high", "a")
    assert (first["duration_s"], first["incident_id"]) == (51, None)


def jam(**more: Any) -> tuple[list[Any], dict[str, Any]]:
    """Two alerts of an incident, acknowledged as one, and its rows."""
    step = handled(did(NOW_MS - 5_000, DAY, "acknowledged", note="Police there"))
    a, b = alert("a", NOW_MS - 90_000, handled=step), alert("b", handled=step)
    whole = {**incident(a, b), **more}
    key, other = whole["incident_id"], b["alert_id"]
    part = {"incident_id": other, "part_of": key}
    return [b, a], {key: whole, other: part}


def test_an_incident_is_told_as_one() -> None:
    city = City()
    ended = {"ended_at": NOW_MS - 1_000, "duration_s": 89}
    city.shift.alerts_of, city.shift.rows = jam(**ended)
    where = "I-405 S, Sherman Oaks"

    assert told(city) == [
        (NOW_MS - 1_000, "cleared", where, None, None, None),
        (NOW_MS - 5_000, "acknowledged", where, DAY, "Police there", 2),
        (NOW_MS - 90_000, "opened", where, None, None, None),
    ]
    assert city.get("/api/log")["lines"][0]["level"] == "severe"


def test_an_incident_that_became_part_of_another_is_told_with_it() -> None:
    alerts, rows = jam()
    old = {**incident(alert("z", NOW_MS - 99_000)), "road": None, "head": "z"}
    rows[f"a@{NOW_MS - 90_000}"]["part_of"] = old["incident_id"]
    found = lines(alerts, {**rows, old["incident_id"]: old}, SINCE_MS)

    assert {one["incident_id"] for one in found} == {f"z@{NOW_MS - 99_000}"}
    assert {one["name"] for one in found} == {"Sherman Oaks"}


@pytest.mark.parametrize("road", [None, "Harbour"])
def test_a_place_is_named_once(road: str | None) -> None:
    alerts, rows = jam(road=road, place="Harbour")

    assert {one["name"] for one in lines(alerts, rows, SINCE_MS)} == {"Harbour"}


def test_an_alert_whose_incident_is_not_known_is_told_by_itself() -> None:
    alerts, rows = jam()
    del rows[f"a@{NOW_MS - 90_000}"]

    found = lines(alerts, rows, SINCE_MS)

    assert [one["name"] for one in found if one["what"] == "opened"] == ["b", "a"]


@pytest.mark.parametrize("name", ["head", "opened_at", "peak_level"])
def test_an_incident_that_is_not_whole_leaves_the_log_readable(name: str) -> None:
    city = City()
    city.shift.alerts_of, city.shift.rows = jam()
    del city.shift.rows[f"a@{NOW_MS - 90_000}"][name]

    opened = [one for one in told(city) if one[1] == "opened"]
    assert [where for _, _, where, *_ in opened] == ["b", "a"]


def test_parts_of_each_other_come_to_an_end() -> None:
    alerts, rows = jam()
    rows[f"a@{NOW_MS - 90_000}"]["part_of"] = f"b@{NOW_MS - 60_000}"

    assert len(lines(alerts, rows, SINCE_MS)) == 4


def test_what_was_before_the_shift_is_left_out() -> None:
    late = handled(did(SINCE_MS, DAY, "acknowledged"), did(SINCE_MS - 1, DAY, "noted"))
    city = City()
    city.shift.alerts_of = [
        alert("a", SINCE_MS - 1, handled=late),
        alert("b", SINCE_MS - 9, cleared_at=SINCE_MS - 1),
    ]

    assert [what for _, what, *_ in told(city)] == ["acknowledged"]
    (days, first_ms), asked_of = city.shift.asked
    assert asked_of == [f"a@{SINCE_MS - 1}"]
    assert (days, first_ms) == (
        ["2026-11-21", "2026-11-22"],
        SINCE_MS - 24 * HOUR_MS,
    )


@pytest.mark.parametrize(
    ("extra", "is_whole", "complete"),
    [
        (0, True, True),
        (0, False, False),
        (1, True, False),
    ],
)
def test_a_log_that_is_not_whole_says_so(
    extra: int, is_whole: bool, complete: bool
) -> None:
    city = City()
    city.shift.alerts_of = [alert(f"s{n}") for n in range(MOST_LINES + extra)]
    city.shift.is_whole = is_whole

    log = city.get("/api/log")

    assert (log["complete"], len(log["lines"])) == (complete, MOST_LINES)
    assert log["since"] == SINCE_MS


def test_however_many_ask_the_tables_are_read_once_in_two_seconds() -> None:
    city = City()
    for _ in range(9):
        city.get("/api/log")
    assert len(city.shift.asked) == 2

    city.clock.ms += TTL_MS
    city.get("/api/log")
    assert len(city.shift.asked) == 4


def test_what_a_controller_did_is_in_the_log_at_once() -> None:
    city = City()
    city.reader.warn(alert("a"))
    city.shift.alerts_of = [city.reader.alerts[f"a@{NOW_MS - 60_000}"]]
    before = told(city)

    city.ask(f"/api/alerts/a@{NOW_MS - 60_000}/acknowledge", "POST")

    assert told(city) == [
        (NOW_MS, "acknowledged", "a", DAY, None, 1),
        *before,
    ]
