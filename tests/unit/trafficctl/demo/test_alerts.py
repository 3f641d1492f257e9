"""The demo: how messages are matched, told and timed."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.unit.traffic.notifier.events import incident
from traffic.notifier.notification import notification_of
from trafficctl.aws.city_tables import DynamoCity
from trafficctl.demo import ticker
from trafficctl.demo.alerts import Matcher, ReceivedAlert, queue_policy
from trafficctl.demo.probe import Probe
from trafficctl.demo.viewer import Viewer

Event = dict[str, Any]


def words(event: Event) -> str:
    return notification_of(event).body


def heard(*messages: tuple[str, int]) -> tuple[list[ReceivedAlert], int]:
    """The messages known after these, each a body and its arrival."""
    matcher = Matcher()
    told = [matcher.take(body, at) for body, at in messages]
    left = len(matcher.texts) + len(matcher.events)
    return [each for each in told if each is not None], left


@pytest.mark.parametrize("words_first", [True, False])
def test_words_and_event_find_each_other_in_either_order(words_first: bool) -> None:
    event = incident()
    messages = [(words(event), 700), (json.dumps(event), 900)]

    told, left = heard(*(messages if words_first else reversed(messages)))

    assert told == [ReceivedAlert(words(event), event["detail"], arrived_at=700)]
    assert left == 0


def test_a_message_counts_from_when_its_words_arrive_not_its_event() -> None:
    event = incident()

    ((message,), _) = heard((json.dumps(event), 5), (words(event), 90_000))

    assert message.arrived_at == 90_000


def test_transitions_of_one_incident_are_told_apart() -> None:
    opened = incident()
    severe = incident(kind="escalated", level="severe", event_id="another")

    told, left = heard(
        (json.dumps(severe), 1),
        (json.dumps(opened), 2),
        (words(opened), 3),
        (words(severe), 4),
    )

    assert [(t.detail["transition"], t.arrived_at) for t in told] == [
        ("opened", 3),
        ("escalated", 4),
    ]
    assert left == 0


def test_an_event_delivered_twice_is_one_message() -> None:
    event = incident()

    told, left = heard(
        (json.dumps(event), 1), (json.dumps(event), 2), (words(event), 3)
    )

    assert (len(told), left) == (1, 0)


def test_words_delivered_twice_are_one_message() -> None:
    event = incident()

    told, left = heard((words(event), 1), (words(event), 2), (json.dumps(event), 3))

    assert ([one.arrived_at for one in told], left) == ([1], 0)


def test_words_without_an_event_are_left_over_and_counted() -> None:
    assert heard((words(incident()), 1)) == ([], 1)


def test_each_service_may_send_for_its_own_resource_only() -> None:
    policy = queue_policy("arn:q", [("sns.amazonaws.com", "arn:topic")])

    (statement,) = policy["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:topic"}}
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}


def clock(event_ms: int) -> datetime:
    return datetime.fromtimestamp(event_ms / 1000, timezone.utc)


def message(road: str = "US-101 S", **detail: Any) -> ReceivedAlert:
    return ReceivedAlert("", incident(road, **detail)["detail"], 0)


def test_that_an_incident_became_unusual_comes_without_words() -> None:
    event = incident(kind="unusual", unusual=True)

    told, left = heard((json.dumps(event), 700))

    assert told == [ReceivedAlert("", event["detail"], 700)]
    assert left == 0


def test_the_delay_of_an_incident_is_from_its_opening_to_its_first_message() -> None:
    opened = incident()["detail"]
    severe = incident(kind="escalated", level="severe")["detail"]
    tables = dict.fromkeys(("RoadSegmentsTable", "CongestionAlertsTable"), "t")
    viewer = Viewer(DynamoCity(None, tables), Probe(0, 10_000), clock, 0)

    viewer.hear([ReceivedAlert("", opened, opened["opened_at"] + 2_500)])
    viewer.hear([ReceivedAlert("", severe, opened["opened_at"] + 90_000)])

    assert viewer.alert_delays_s == [2.5]
    assert viewer.transitions() == {"opened": 1, "escalated": 1}


@pytest.mark.parametrize(
    ("opened_at", "received_at", "published_at"),
    [
        (30_000, 30_400, 30_000),
        (30_000, None, 30_000),
        (-3_600_000, None, 10_000),  # buffered: not before the demo began
        (20_000, 90_000, 80_000),  # unusually slow before the first alert
    ],
)
def test_a_message_is_timed_from_the_publication_of_its_reading(
    opened_at: int, received_at: int | None, published_at: int
) -> None:
    tables = dict.fromkeys(("RoadSegmentsTable", "CongestionAlertsTable"), "t")
    viewer = Viewer(DynamoCity(None, tables), Probe(20_000, 10_000), clock, 10_000)
    event = incident(opened_at=opened_at, received_at=received_at)

    viewer.hear([ReceivedAlert("", event["detail"], 100_000)])

    assert viewer.alert_delays_s == [(100_000 - published_at) / 1000]


def ticked(*told: ReceivedAlert) -> list[str]:
    return [str(line) for line in ticker.lines(told, clock)]


def test_an_incident_is_one_line_that_reads_from_time_to_place() -> None:
    assert ticked(message(opened_at=3_600_000, usual_speed=61.0)) == [
        "Thu 01:00  opened    high     4.2 km   22 km/h  usual  61  US-101 S, Echo Park"
    ]


def test_an_incident_that_is_unusual_is_named_so_once() -> None:
    lines = ticked(
        message("a", unusual=True),
        message("b", kind="unusual", unusual=True),
        message("c", kind="escalated", unusual=True),
        message("d", unusual=False),
    )

    kinds = sorted(line.split()[-3] + line.split()[2] for line in lines)
    assert kinds == ["a,unusual", "b,unusual", "c,escalated", "d,opened"]


def test_one_that_is_over_has_no_level_and_may_have_no_speed() -> None:
    (line,) = ticked(message(kind="cleared", speed=None, decided_at=0))

    assert line.split() == [
        *("Thu", "00:00", "cleared", "6.0", "km"),
        *("US-101", "S,", "Echo", "Park"),
    ]


def test_of_many_the_gravest_are_shown_in_order_of_time_and_the_rest_counted() -> None:
    told = [
        message("gone", kind="cleared"),
        *(
            message(f"road{n}", length_km=float(n), decided_at=20 - n)
            for n in range(3, 9)
        ),
        message("grave", level="severe", decided_at=99),
    ]

    lines = ticked(*told)

    assert [line.split()[-3] for line in lines[:4]] == [
        "road8,",
        "road7,",
        "road6,",
        "grave,",
    ]
    assert lines[4].strip() == "and 1 cleared, 3 opened more"
