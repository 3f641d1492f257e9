"""The demo: how alerts are matched, told and timed."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from trafficctl.demo import ticker
from trafficctl.demo.alerts import Matcher, ReceivedAlert, plain_text, queue_policy


def detail(**fields):
    return {
        "event_id": "S1@0/opened@0",
        "transition": "opened",
        "level": "high",
        "segment_id": "S1",
        "name": "I-405 N",
        "congestion_score": 62.5,
        "speed": 38.2,
        "free_flow_speed": 105.0,
        "since": "2026-11-22T13:05Z",
        "link": "http://127.0.0.1:1/#segment=S1",
        "observed_at": 0,
        **fields,
    }


def words(event):
    return json.dumps(
        f"Congestion {event['transition']} at I-405 N: high, "
        f"since {event['since']}. {event['link']}"
    )


def tap(event):
    return json.dumps({"source": "city.traffic", "detail": event})


def heard(*messages):
    """The alerts known after *messages*, each a body and its arrival."""
    matcher = Matcher()
    told = [matcher.take(body, at) for body, at in messages]
    left = len(matcher.texts) + len(matcher.details)
    return [each for each in told if each is not None], left


@pytest.mark.parametrize("words_first", [True, False])
def test_words_and_event_find_each_other_in_either_order(words_first):
    event = detail()
    messages = [(words(event), 700), (tap(event), 900)]

    told, left = heard(*(messages if words_first else reversed(messages)))

    assert told == [ReceivedAlert(json.loads(words(event)), event, arrived_at=700)]
    assert left == 0


def test_an_alert_counts_from_when_its_words_arrive_not_its_event():
    event = detail()

    ((alert,), _) = heard((tap(event), 5), (words(event), 90_000))

    assert alert.arrived_at == 90_000


def test_transitions_of_one_segment_are_told_apart():
    opened = detail()
    cleared = detail(event_id="S1@0/cleared@9", transition="cleared")

    told, left = heard(
        (tap(cleared), 1), (tap(opened), 2), (words(opened), 3), (words(cleared), 4)
    )

    assert [(t.detail["transition"], t.arrived_at) for t in told] == [
        ("opened", 3),
        ("cleared", 4),
    ]
    assert left == 0


def test_an_event_delivered_twice_is_one_alert():
    event = detail()

    told, left = heard((tap(event), 1), (tap(event), 2), (words(event), 3))

    assert (len(told), left) == (1, 0)


def test_words_without_an_event_are_left_over_and_counted():
    assert heard((words(detail()), 1)) == ([], 1)


def test_words_come_as_a_json_string_or_plain():
    assert plain_text('"Congestion opened"') == "Congestion opened"
    assert plain_text("Congestion opened") == "Congestion opened"
    assert plain_text("21") == "21"


def test_each_service_may_send_for_its_own_resource_only():
    policy = queue_policy("arn:q", [("sns.amazonaws.com", "arn:topic")])

    (statement,) = policy["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:topic"}}
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}


def clock(event_ms):
    return datetime.fromtimestamp(event_ms / 1000, timezone.utc)


def ticked(*told):
    return [str(line) for line in ticker.lines(told, clock)]


def test_an_alert_is_one_line_that_reads_from_time_to_place():
    assert ticked(
        ReceivedAlert("", detail(district="Van Nuys", observed_at=3_600_000), 0)
    ) == ["Thu 01:00  opened    high     62   38 of 105 km/h   I-405 N, Van Nuys"]


def test_a_cleared_alert_has_no_level_and_may_have_no_speed():
    gone = detail(transition="cleared", level="none", congestion_score=0.0, speed=None)

    (line,) = ticked(ReceivedAlert("", gone, 0))

    assert line.split() == ["Thu", "00:00", "cleared", "0", "I-405", "N"]


def test_of_many_alerts_the_gravest_are_shown_in_order_of_time_and_the_rest_counted():
    told = [
        ReceivedAlert("", detail(transition="cleared", level="none", name="gone"), 0),
        *(
            ReceivedAlert("", detail(name=f"high{n}", observed_at=n), 0)
            for n in range(9, 3, -1)
        ),
        ReceivedAlert("", detail(level="severe", name="grave", observed_at=99), 0),
    ]

    lines = ticked(*told)

    assert [line.split()[-1] for line in lines[:4]] == [
        "high7",
        "high8",
        "high9",
        "grave",
    ]
    assert lines[4].strip() == "and 1 cleared, 3 opened more"
