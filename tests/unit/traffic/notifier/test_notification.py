"""An event becomes a subject and a text that people can read, whatever the road."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_fields

from traffic.aws.event_bus import WEEKLY_DETAIL_TYPE
from traffic.errors import PublishError
from traffic.notifier.notification import (
    CONTROLLERS,
    ENGINEERS,
    MOST_SUBJECT,
    notification_of,
)
from traffic.segment.alert_events import traffic_of
from traffic.segment.measures import Measures

from .events import RECEIVED_MS, SEGMENT, WEST, event, incident, jam, silence

# What a road may be called: any text of 200 characters passes `trafficctl roads load`.
AWKWARD = {
    'Rue "du 8 Mai"': 'Rue "du 8 Mai"',
    "C:\\Ring\\": "C:\\Ring\\",
    "Tab\there": "Tab here",
    "Line\r\nbreak": "Line break",
    "Bell\x07\x9f": "Bell ",
    "Line\u2028separator": "Line separator",
}


def jam_on(**road: str) -> dict[str, Any]:
    return jam(with_fields(SEGMENT, road=with_fields(SEGMENT.road, **road)))


def test_a_controller_reads_what_happened_where_and_how_bad_it_is() -> None:
    assert notification_of(jam()) == (
        CONTROLLERS,
        "Congestion opened (severe): I-405 N, Los Angeles",
        "Congestion opened at I-405 N, Los Angeles (traffic): severe (was none), "
        "score 84.0, 21 of 50 km/h (level of service F), since 2026-11-22 18:32 "
        "UTC. https://map.example.org/#seg-1",
        RECEIVED_MS,
    )


def test_a_cleared_jam_has_no_level_in_its_subject() -> None:
    cleared = jam(transition="cleared", level="none", previous_level="severe")

    assert notification_of(cleared).subject == (
        "Congestion cleared: I-405 N, Los Angeles"
    )
    assert "none (was severe)" in notification_of(cleared).body


def test_an_empty_road_is_told_as_one() -> None:
    empty = jam(speed=None, traffic=traffic_of(Measures(flow=0), 50, is_passing=False))

    assert "an empty road (level" in notification_of(empty).body


def test_a_road_without_a_free_flow_speed_says_so() -> None:
    alert = notification_of(jam(free_flow_speed=None))

    assert "score 84.0, 21 km/h, free flow unknown (level" in alert.body


def test_the_last_mail_of_closed_alerts_says_how_many_more_there_are() -> None:
    alert = notification_of(jam(reason="silence", more_closed=1_200))

    assert (
        "no sensor reports, last 21 of 50 km/h; silence closed 1,200 more alerts (level"
    ) in alert.body


def test_engineers_read_what_is_silent_where_and_what_to_do() -> None:
    assert notification_of(silence()) == (
        ENGINEERS,
        "Sensors silent (opened): West",
        "Sensors silent (district, opened): West, 41 sensors, since "
        "2026-11-22 18:32 UTC. Check the district's network and power before any "
        "sensor.",
        None,  # no promise of 30 s is made for it
    )


def test_engineers_read_the_bottlenecks_of_a_week_one_on_a_line() -> None:
    place = {"vehicle_hours": 210.4, "minutes": 900, "extent_km": 1.26, "days": 5}
    detail = {
        "week": "2026-11-02 to 2026-11-08",
        "days": 7,
        "places": [{**place, "place": "Ring\nWest"}, {**place, "place": "A 100"}],
    }

    assert notification_of(event(WEEKLY_DETAIL_TYPE, detail)) == (
        ENGINEERS,
        "Bottlenecks of the week: Ring West",
        "Bottlenecks of 2026-11-02 to 2026-11-08, those that cost most first:\n\n"
        "1. Ring West: 210 vehicle-hours and 900 minutes a day, 1.3 km of queue, on "
        "5 of 7 days\n"
        "2. A 100: 210 vehicle-hours and 900 minutes a day, 1.3 km of queue, on 5 of "
        "7 days\n\n"
        "`trafficctl bottlenecks` shows them by shift, and the corridors.",
        None,
    )


def test_the_last_mail_of_many_says_how_many_more_there_are() -> None:
    one = silence()
    one["detail"]["more"] = " And 7 more: `trafficctl sensors health` lists them."

    assert notification_of(one).body.endswith(
        "before any sensor. And 7 more: `trafficctl sensors health` lists them."
    )


@pytest.mark.parametrize(("name", "read"), AWKWARD.items())
def test_a_road_is_named_in_one_line_whatever_it_is_called(
    name: str, read: str
) -> None:
    (alert, fault) = (
        notification_of(jam_on(name=name)),
        notification_of(silence(replace(WEST, subject=name))),
    )

    assert f"Congestion opened at {read}, Los Angeles (traffic)" in alert.body
    assert alert.subject == f"Congestion opened (severe): {read}, Los Angeles"
    assert f"): {read}, 41 sensors" in fault.body
    assert fault.subject == f"Sensors silent (opened): {read}"


def test_a_subject_leaves_out_accents_and_marks_other_letters() -> None:
    made = notification_of(jam_on(name="Zürichstraße", district="Łódź"))

    assert made.subject == "Congestion opened (severe): Zurichstra?e, ?odz"
    assert "Zürichstraße, Łódź" in made.body


def test_a_long_subject_is_cut_where_sns_would_refuse_it() -> None:
    longest = notification_of(jam_on(name="A" * 200)).subject

    assert len(longest) == 99
    assert longest.endswith("AAA...")


@given(name=st.text(max_size=200), district=st.text(max_size=200))
def test_sns_takes_every_subject(name: str, district: str) -> None:
    for made in (
        notification_of(jam_on(name=name, district=district)),
        notification_of(silence(replace(WEST, subject=name))),
    ):
        assert made.subject.isascii()
        assert made.subject.isprintable()
        assert made.subject[0].isalpha()
        assert len(made.subject) < 100
        assert len(made.body.splitlines()) == 1


def test_an_event_without_a_text_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(PublishError, match=r"Road Works: add it to .*notification\.py"):
        notification_of(event("Road Works", {}))


def test_the_page_of_the_wire_format_shows_both_as_they_are_sent() -> None:
    page = (Path(__file__).parents[4] / "docs/reference/wire-format.md").read_text()
    examples = page.partition("## Notification")[2]

    for one in (jam(), silence()):
        made = notification_of(one)
        assert f"{made.subject}\n{made.body}\n" in examples
    assert f"at most {MOST_SUBJECT} ASCII characters" in examples


def test_a_jam_is_told_with_its_length_its_bottleneck_its_speed_and_its_start() -> None:
    assert notification_of(incident()) == (
        CONTROLLERS,
        "Jam on US-101 S, 4.2 km back from Echo Park",
        "Jam on US-101 S, 4.2 km back from Echo Park: 22 km/h, since 18:32 UTC. "
        "https://map.example.org/#seg-1",
        RECEIVED_MS,
    )


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"usual_speed": 61.4, "unusual": True}, "22 km/h, unusual (usual 61), since"),
        ({"usual_speed": 24.8, "unusual": False}, "22 km/h, usual 25, since"),
        ({"unusual": True}, "22 km/h, unusual, since"),
    ],
)
def test_a_message_says_what_is_usual_and_whether_this_is(
    known: dict[str, Any], words: str
) -> None:
    assert f"Echo Park: {words} 18:32 UTC." in notification_of(incident(**known)).body


def test_an_event_of_before_says_nothing_of_the_usual() -> None:
    event = incident()
    del event["detail"]["usual_speed"]

    assert ": 22 km/h, since" in notification_of(event).body


def test_slow_traffic_without_an_alert_is_no_jam() -> None:
    quiet = {"level": "none", "peak_level": "none", "usual_speed": 61, "unusual": True}
    begins = notification_of(incident(**quiet, received_at=None))
    ends = notification_of(incident(kind="cleared", **quiet, received_at=None))

    assert begins.subject == "Slow traffic on US-101 S, 4.2 km back from Echo Park"
    assert ends.body.startswith("Slow traffic over on US-101 S at Echo Park: lasted")
    assert ", unusual (usual 61). https" in ends.body


def test_a_jam_that_becomes_severe_says_so() -> None:
    severe = notification_of(incident(kind="escalated", level="severe"))

    assert severe.subject == "Severe jam on US-101 S, 4.2 km back from Echo Park"
    assert severe.received_at == RECEIVED_MS


def test_a_jam_that_is_over_is_told_with_what_it_cost() -> None:
    over = notification_of(incident(kind="cleared", received_at=None))

    assert over.subject == "Jam over on US-101 S at Echo Park"
    assert over.body == (
        "Jam over on US-101 S at Echo Park: lasted 1 h 05 min, 6.0 km at most, "
        "310.2 vehicle-hours of delay. https://map.example.org/#seg-1"
    )
    assert over.received_at is None  # it waits for the jam to return


@pytest.mark.parametrize(
    ("road", "place", "subject"),
    [
        ("Main Street", "Main Street", "Jam on Main Street, 4.2 km"),
        (None, "seg-1", "Jam on seg-1, 4.2 km"),
    ],
)
def test_a_jam_is_told_with_as_much_as_the_road_file_says(
    road: str | None, place: str, subject: str
) -> None:
    assert notification_of(incident(road, place)).subject == subject


def test_a_jam_without_speeds_says_that_they_are_unknown() -> None:
    assert ": speed unknown, since" in notification_of(incident(speed=None)).body


@given(st.text(max_size=200), st.text(min_size=1, max_size=200))
def test_whatever_the_road_is_called_a_jam_is_one_line(road: str, place: str) -> None:
    for kind in ("opened", "cleared"):
        found = notification_of(incident(road or None, place, kind))

        assert len(found.subject) <= MOST_SUBJECT
        assert found.subject.isascii()
        assert len(found.body.splitlines()) == 1


def test_a_city_of_miles_reads_mph_and_miles() -> None:
    opened = notification_of(incident(), "mph")
    over = notification_of(incident(kind="cleared", received_at=None), "mph")
    alert = notification_of(jam(reason="silence"), "mph")

    assert opened.subject == "Jam on US-101 S, 2.6 mi back from Echo Park"
    assert ": 14 mph, since" in opened.body
    assert ", 3.7 mi at most," in over.body
    assert "no sensor reports, last 13 of 31 mph" in alert.body


def test_the_name_of_a_place_is_never_converted() -> None:
    named = notification_of(jam_on(name="Zone 30 km/h"), "mph")

    assert named.subject == "Congestion opened (severe): Zone 30 km/h, Los Angeles"


def test_what_a_faulty_sensor_sends_is_quoted_in_km_per_hour() -> None:
    fault = silence()
    fault["detail"]["first"] = "lane-1 (stuck_speed: 40 km/h each time)."

    assert "40 km/h each time" in notification_of(fault, "mph").body
