"""Controllers hand an alert over, with a note, and overwrite nothing unseen."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.shape.sources import ROOT
from traffic.errors import Conflict
from traffic.live_map.handling import MOST_NOTE, MOST_STEPS, REASONS

from .fakes import NOW_MS, City, alert, incident

DAY, NIGHT = "day-shift@city.example", "night-shift@city.example"
OLD = f"a@{NOW_MS - 900_000}"


@pytest.fixture
def city() -> City:
    """Two alerts that are an incident."""
    made = City()
    a, b = alert("a", NOW_MS - 900_000), alert("b")
    made.reader.warn(a, b)
    made.reader.incidents = [incident(a, b)]
    return made


def post(city: City, who: str = DAY, of: str = f"alerts/{OLD}", **body: Any) -> Any:
    city.clock.ms += 1_000
    answer = city.ask(
        f"/api/{of}/acknowledge",
        "POST",
        claims={"email": who},
        body=json.dumps(body, ensure_ascii=False) if body else "",
    )
    return answer["statusCode"], json.loads(answer["body"])


def handled(city: City, alert_id: str = OLD) -> list[Any]:
    """What was done about an alert: who, what, note."""
    steps = json.loads(city.reader.alerts[alert_id].get("handled", "[]"))
    return [(one["who"], one["what"], one.get("note")) for one in steps]


def test_a_note_is_kept_with_the_owner_and_shown_to_all(city: City) -> None:
    _, row = post(city, note="  Tow truck\n ordered ")

    assert (row["acknowledged_by"], row["note"]) == (DAY, "Tow truck ordered")
    assert city.get("/api/now")["alerts"][1] == row
    assert handled(city) == [(DAY, "acknowledged", "Tow truck ordered")]


def test_the_owner_changes_the_note_and_removes_it(city: City) -> None:
    _, first = post(city, note="Tow truck ordered")
    _, second = post(city, note="Cleared by 8", seen=first["acknowledged_at"])
    _, third = post(city, note="", seen=second["acknowledged_at"])

    assert (second["note"], third["note"], third["acknowledged_by"]) == (
        "Cleared by 8",
        None,
        DAY,
    )
    assert handled(city)[1:] == [(DAY, "noted", "Cleared by 8"), (DAY, "noted", None)]


def test_another_controller_takes_over_and_the_first_stays_on_record(
    city: City,
) -> None:
    _, first = post(city, note="Tow truck ordered")
    _, row = post(city, NIGHT, note="Police there", seen=first["acknowledged_at"])

    assert (row["acknowledged_by"], row["note"]) == (NIGHT, "Police there")
    assert row["acknowledged_at"] == first["acknowledged_at"] + 1_000
    assert handled(city) == [
        (DAY, "acknowledged", "Tow truck ordered"),
        (NIGHT, "handed_over", "Police there"),
    ]


@pytest.mark.parametrize("seen", [None, 1, NOW_MS + 999])
def test_what_a_controller_has_not_seen_is_not_replaced(
    city: City, seen: int | None
) -> None:
    _, first = post(city, note="Tow truck ordered")

    status, refusal = post(city, NIGHT, note="Police there", seen=seen)

    at_ms = first["acknowledged_at"]
    assert (status, refusal["error"]) == (
        409,
        f"{DAY} acknowledged it meanwhile: look at that, then try again (`seen` "
        f"{at_ms})",
    )
    assert handled(city) == [(DAY, "acknowledged", "Tow truck ordered")]


def test_an_acknowledgement_that_was_not_seen_is_not_taken_back(city: City) -> None:
    _, first = post(city)
    _, second = post(city, NIGHT, seen=first["acknowledged_at"])
    path = f"/api/alerts/{OLD}/acknowledge"

    old, new = (json.dumps({"seen": one["acknowledged_at"]}) for one in (first, second))
    assert city.refusal(path, "DELETE", body=old)[0] == 409
    answer = city.ask(path, "DELETE", body=new, claims={"email": DAY})

    assert json.loads(answer["body"])["acknowledged_by"] is None
    assert handled(city)[-1] == (DAY, "undone", None)


def test_an_older_acknowledgement_without_a_record_is_handed_over(city: City) -> None:
    city.reader.alerts[OLD].update(acknowledged_by=DAY, acknowledged_at=NOW_MS)

    status, row = post(city, NIGHT, seen=NOW_MS)

    assert (status, row["acknowledged_by"]) == (200, NIGHT)
    assert handled(city) == [(NIGHT, "handed_over", None)]


def test_a_clock_that_is_behind_does_not_hide_what_came_later(city: City) -> None:
    city.reader.alerts[OLD].update(acknowledged_by=DAY, acknowledged_at=NOW_MS + 90_000)

    _, row = post(city, NIGHT, seen=NOW_MS + 90_000)

    assert row["acknowledged_at"] == NOW_MS + 90_001


def test_of_many_steps_the_newest_are_kept(city: City) -> None:
    seen = None
    for number in range(MOST_STEPS + 2):
        _, row = post(city, note=f"{number}", seen=seen)
        seen = row["acknowledged_at"]

    assert [note for _, _, note in handled(city)] == [
        str(number) for number in range(2, MOST_STEPS + 2)
    ]


def test_a_write_that_lost_a_race_is_decided_again(city: City) -> None:
    record = city.reader.record

    def second(item: Any, change: Any) -> None:
        city.reader.record = record  # type: ignore[method-assign]
        post(city, DAY)
        record(item, change)

    city.reader.record = second  # type: ignore[method-assign]

    status, refusal = post(city, NIGHT, note="Police there")

    assert (status, refusal["error"].split(":")[0]) == (
        409,
        f"{DAY} acknowledged it meanwhile",
    )
    assert handled(city) == [(DAY, "acknowledged", None)]


def test_an_alert_that_changes_at_each_read_is_tried_again_later(city: City) -> None:
    def busy(*_: Any) -> None:
        raise Conflict("somebody was first")

    city.reader.record = busy  # type: ignore[method-assign]

    assert post(city)[0] == 503


def test_an_incident_is_handed_over_with_its_note(city: City) -> None:
    of = f"incidents/{OLD}"
    _, first = post(city, of=of, note="Tow truck ordered")
    seen = max(one["acknowledged_at"] for one in first["alerts"])
    _, told = post(city, NIGHT, of, note="Police there", seen=seen)

    assert [(one["acknowledged_by"], one["note"]) for one in told["alerts"]] == [
        (NIGHT, "Police there"),
        (NIGHT, "Police there"),
    ]
    assert len({one["acknowledged_at"] for one in told["alerts"]}) == 1
    assert (told["failed"], told["kept"]) == ([], [])


def test_an_alert_of_an_incident_that_somebody_else_took_is_kept(city: City) -> None:
    _, mine = post(city)

    status, told = post(city, NIGHT, f"incidents/{OLD}", note="Police there")

    assert (status, told["kept"]) == (200, [OLD])
    assert [one["segment_id"] for one in told["alerts"]] == ["b"]
    assert city.reader.alerts[OLD]["acknowledged_at"] == mine["acknowledged_at"]


def test_an_incident_that_somebody_else_took_as_a_whole_is_refused(city: City) -> None:
    post(city, of=f"incidents/{OLD}")

    status, refusal = post(city, NIGHT, f"incidents/{OLD}", note="Police there")

    assert (status, refusal["error"].split(":")[0]) == (
        409,
        f"{DAY} acknowledged it meanwhile",
    )


@pytest.mark.parametrize(
    "note", ["x" * (MOST_NOTE + 1), "a\x00b", "a\u202eb", "a\u2066b"]
)
def test_a_note_that_is_long_or_not_plain_is_refused(city: City, note: str) -> None:
    status, refusal = post(city, note=note)

    assert (status, refusal["error"]) == (
        400,
        f"expected a note of plain text, at most {MOST_NOTE} characters",
    )


@pytest.mark.parametrize("note", ["é" * MOST_NOTE, "<b>&amp;", "خ‌خ", "🚗"])
def test_a_note_is_any_plain_text(city: City, note: str) -> None:
    assert post(city, note=note)[1]["note"] == note


@pytest.mark.parametrize(
    "body",
    [
        "note",
        "[]",
        '{"note": 5}',
        '{"seen": "5"}',
        '{"seen": true}',
        r'{"note": "\ud83d"}',
    ],
)
def test_a_body_that_is_no_wish_is_refused(city: City, body: str) -> None:
    path = f"/api/alerts/{OLD}/acknowledge"

    assert city.refusal(path, "POST", body=body) == (
        400,
        'expected a body such as {"note": "tow truck sent", "seen": null}',
    )


def test_an_alert_is_closed_at_its_level_for_a_reason(city: City) -> None:
    _, row = post(city, close="false alarm", note="Detector 4 is stuck")

    assert (row["closed_level"], row["level"]) == ("high", "high")
    assert (row["acknowledged_by"], row["note"]) == (
        DAY,
        "false alarm: Detector 4 is stuck",
    )
    assert city.reader.alerts[OLD]["alert_status"] == "open"
    assert handled(city) == [(DAY, "closed", "false alarm: Detector 4 is stuck")]


@pytest.mark.parametrize("how", ["acknowledged", "undone"])
def test_what_was_closed_comes_back_by_any_later_step(city: City, how: str) -> None:
    _, row = post(city, close="handled elsewhere")
    assert row["note"] == "handled elsewhere"
    if how == "acknowledged":
        post(city, NIGHT, seen=row["acknowledged_at"])
    else:
        city.ask(f"/api/alerts/{OLD}/acknowledge", "DELETE")

    assert "closed_level" not in city.reader.alerts[OLD]


def test_an_incident_is_closed_with_all_its_alerts(city: City) -> None:
    city.reader.alerts[OLD]["level"] = "severe"

    _, told = post(city, of=f"incidents/{OLD}", close="planned works or event")

    assert [one["closed_level"] for one in told["alerts"]] == ["severe", "high"]


def test_what_someone_else_took_over_is_not_closed_unseen(city: City) -> None:
    post(city)

    assert post(city, NIGHT, close="false alarm")[0] == 409


def test_the_page_offers_the_reasons_and_leaves_room_for_them() -> None:
    script = (ROOT / "src/traffic/live_map/web/app/note.js").read_text()
    offered = re.search(r"REASONS = (\[.*\])", script)
    length = re.search(r"MOST_NOTE = (\d+)", script)

    assert offered is not None
    assert tuple(json.loads(offered[1])) == REASONS
    assert length is not None
    assert int(length[1]) + max(map(len, REASONS)) + len(": ") <= MOST_NOTE


@pytest.mark.parametrize("close", ["", "done", "false alarm\u202e"])
def test_a_reason_that_is_not_on_the_list_is_refused(city: City, close: str) -> None:
    status, refusal = post(city, close=close)

    assert (status, refusal["error"]) == (
        400,
        "expected `close` to be one of false alarm, planned works or event, handled "
        "elsewhere",
    )
