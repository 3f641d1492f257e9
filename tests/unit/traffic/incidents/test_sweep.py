"""A sweep applies what it decides; what it cannot apply, the next one does."""

from __future__ import annotations

import json

import pytest

from traffic.aws.dynamodb import attributes, split
from traffic.incidents.function import changed_alerts
from traffic.incidents.incident import Incident, Member, Queue, Reported
from traffic.incidents.items import incident_of, row_of
from traffic.incidents.queue import LiveTraffic
from traffic.incidents.sweep import incident_log_lines

from .street import START, alert
from .world import DAYS, IncidentWorld, plain

A, B = alert("a", 0), alert("b", 1)


def test_an_incident_is_written_and_told_by_the_same_sweep() -> None:
    city = IncidentWorld()
    city.has(A, B)
    city.traffic = {"a": LiveTraffic(20.0, 40.0), "b": LiveTraffic(20.0, 40.0)}

    swept = city.sweep(2)

    assert swept.failed == {}
    assert city.said() == [(A.alert_id, "opened")]
    row = city.table.row(A.alert_id)
    assert (row["open_flag"], row["segments"], row["head"]) == ("open", 2, "b")
    assert "outbox" not in row
    (event,) = city.bus.events
    assert (event["length_km"], event["speed"], event["since"]) == (
        2.0,
        20.0,
        "2027-01-15 09:00 CET",
    )
    assert (event["road"], event["place"]) == ("US-101 S", "exit")
    assert event["link"] == "https://map.example/#segment=b"


def test_each_alert_has_one_row_which_names_its_incident() -> None:
    city = IncidentWorld()
    city.has(A, B)
    city.sweep(2)

    pointer = city.table.row(B.alert_id)
    assert pointer.pop("expires_at") == START // 1000 + 120 + DAYS * 86_400
    assert pointer == {"incident_id": B.alert_id, "part_of": A.alert_id}


def test_an_incident_that_is_over_is_listed_until_that_is_told() -> None:
    city = IncidentWorld()
    city.has(A)
    city.sweep(1)
    city.has()
    city.sweep(2)
    city.bus.is_down = True
    city.sweep(23)
    assert city.table.row(A.alert_id)["open_flag"] == "closing"

    city.bus.is_down = False
    city.sweep(24)

    row = city.table.row(A.alert_id)
    assert "open_flag" not in row
    assert (row["ended_at"], row["duration_s"]) == (START + 120_000, 120)
    assert row["expires_at"] == START // 1000 + 120 + DAYS * 86_400
    assert city.said() == [(A.alert_id, "opened"), (A.alert_id, "cleared")]


def test_an_alert_that_the_index_does_not_have_yet_opens_an_incident_at_once() -> None:
    city = IncidentWorld()
    city.has(A)
    city.index = {}

    city.sweep(1, {A.alert_id: START})

    assert city.said() == [(A.alert_id, "opened")]


def test_an_alert_that_the_index_still_has_opens_none() -> None:
    city = IncidentWorld()
    city.index = {A.alert_id: A}

    city.sweep(1, {A.alert_id: START})

    assert city.said() == []


def test_two_sweeps_at_once_open_one_incident() -> None:
    city = IncidentWorld()
    city.has(A, B)
    city.table.before_writing = [lambda: city.sweep(2) and None]

    swept = city.sweep(2)

    assert swept.failed == {}
    assert city.said() == [(A.alert_id, "opened")]


def test_two_sweeps_that_saw_different_alerts_put_none_into_two_incidents() -> None:
    """The other sweep, with a late index, saw only the second alert of the jam."""
    city = IncidentWorld()

    def other() -> None:
        city.has(B)
        city.sweep(2)
        city.has(A, B)

    city.has(A, B)
    city.table.before_writing = [other]
    city.sweep(2)

    (one,) = city.table.open_ones()
    assert (one.incident_id, one.segments()) == (B.alert_id, ["a", "b"])
    assert city.table.row(A.alert_id)["part_of"] == B.alert_id
    assert city.said() == [(B.alert_id, "opened")]


def test_incidents_that_meet_are_written_together() -> None:
    city = IncidentWorld()
    city.has(A, alert("d", 1))
    city.sweep(2)
    city.has(A, alert("b", 3), alert("d", 1))
    city.table.before_writing = [lambda: city.sweep(3) and None]

    city.sweep(3)

    assert [one.incident_id for one in city.table.open_ones()] == [A.alert_id]
    row = city.table.row(alert("d", 1).alert_id)
    assert row["part_of"] == A.alert_id
    assert "open_flag" not in row
    assert city.said()[-1] == (alert("d", 1).alert_id, "merged")
    assert len(city.said()) == 3


def test_an_incident_that_cannot_be_written_holds_up_no_other() -> None:
    city = IncidentWorld()
    far = alert("j", 1)
    city.has(A, far)
    city.table.refused = {A.alert_id}

    swept = city.sweep(2)

    assert city.said() == [(far.alert_id, "opened")]
    assert swept.failed == {"the table refuses": 1}
    city.table.refused = set()
    city.sweep(3)
    assert city.said()[-1] == (A.alert_id, "opened")


def test_the_log_counts_a_sweep_only_if_nothing_failed() -> None:
    city = IncidentWorld()
    city.has(A)
    city.bus.is_down = True
    failed = json.loads(incident_log_lines(city.sweep(1), "s", START)[0])
    city.bus.is_down = False
    done, *rest = incident_log_lines(city.sweep(2), "s", START)

    assert failed["IncidentSweeps"] == 0
    assert rest == []
    figures = json.loads(done)
    assert (figures["IncidentSweeps"], figures["IncidentsOpen"]) == (1, 1)
    assert figures["WrongLinks"] == 0


def test_an_incident_is_read_back_as_it_was_written() -> None:
    one = Incident(
        "a@1",
        1,
        {"a": Member(1), "b": Member(2, 3)},
        alerts=2,
        level=1,
        peak_level=2,
        peak_segments=2,
        peak_length_km=1.25,
        queue=Queue("a", "b", "US-101 S", "exit", 1.25, 22.5, 31.5, 61.5),
        unusual=False,
        delay=12.125,
        measured_at=4,
        reported=Reported(4, 2, 2, True),
        ended_at=5,
        part_of="c@0",
        version=7,
        outbox=({"transition": "merged"},),
    )

    assert incident_of(plain(row_of(one, DAYS))) == one
    bare = Incident("a@1", 1, measured_at=2)
    assert incident_of(plain(row_of(bare, DAYS))) == bare


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"detail": {"alert_id": "a@1", "received_at": 7}}, {"a@1": 7}),
        ({"detail-type": "Scheduled Event", "detail": {}}, {}),
    ],
)
def test_a_queued_event_names_its_alert(body: object, found: dict[str, int]) -> None:
    event = {"Records": [{"body": json.dumps(body)}]}

    assert changed_alerts(event) == found


def test_delay_grows_with_each_sweep_of_a_clock() -> None:
    city = IncidentWorld()
    city.has(A)
    city.traffic = {"a": LiveTraffic(0.0, 150.0)}
    for minute in range(11):
        city.sweep(minute)

    assert city.table.row(A.alert_id)["delay_vehicle_hours"] == pytest.approx(50.0)


def test_an_event_says_when_the_reading_came_that_it_follows_from() -> None:
    city = IncidentWorld()
    city.has(A)
    city.sweep(1, {A.alert_id: START + 59_000})
    city.has(A._replace(level=2), B)
    city.sweep(2, {A.alert_id: START + 119_000, B.alert_id: START + 118_000})
    city.has()
    city.sweep(3, {A.alert_id: START + 179_000})
    city.sweep(24)

    assert [one["received_at"] for one in city.bus.events] == [
        START + 59_000,
        START + 118_000,
        None,
    ]


def test_an_alert_that_only_the_clock_found_has_no_known_receipt() -> None:
    city = IncidentWorld()
    city.has(A)
    city.sweep(1)

    assert city.bus.events[0]["received_at"] is None


BROKEN = {
    "members is missing": {"members": None},
    "members is no JSON": {"members": "{"},
    "a member has no time": {"members": '{"a": ["x"]}'},
    "members are a list": {"members": "[]"},
    "a level that is none": {"level": "extreme"},
    "text for a number": {"delay_vehicle_hours": "many"},
    "no version": {"version": None},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_row_that_cannot_be_read_holds_up_no_other_incident(
    change: dict[str, object],
) -> None:
    city = IncidentWorld()
    far = alert("j", 3)
    city.has(A, B)
    city.sweep(2)
    kept, gone = split({**city.table.row(A.alert_id), **change})
    city.table.rows[A.alert_id] = attributes(kept)
    assert sorted(gone) == [name for name, one in change.items() if one is None]
    city.has(A, B, far)

    swept = city.sweep(4)

    assert city.said()[-1] == (far.alert_id, "opened")
    assert (swept.failed, list(swept.unreadable)) == ({}, [A.alert_id])
    figures, told = map(json.loads, incident_log_lines(swept, "s", START))
    assert (figures["IncidentSweeps"], figures["IncidentsOpen"]) == (0, 2)
    assert (told["event"], told["incident_id"]) == (
        "incidents.unreadable",
        A.alert_id,
    )
    assert told["fault"]
