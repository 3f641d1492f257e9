"""An alert becomes a text that a controller can read, and is not lost on the way."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from traffic.aws.event_bus import DETAIL_TYPE, SOURCE
from traffic.model import Road, StoredSegment
from traffic.policy import Policy
from traffic.segment.alert_events import event_of, traffic_of
from traffic.segment.alerts import Transition
from traffic.segment.fold_result import AlertChange
from traffic.segment.measures import Measures

from .template import RESOURCES, properties, shown, statements
from .texts import AWKWARD, told

RULE = properties("AlertRule")
(TARGET,) = RULE["Targets"]
PATHS = TARGET["InputTransformer"]["InputPathsMap"]
TEXT = TARGET["InputTransformer"]["InputTemplate"]

SEGMENT = StoredSegment(
    "seg-1", road=Road(name="I-405 N", district="Los Angeles", free_flow_speed=50)
)


def jam(at: StoredSegment) -> dict[str, Any]:
    """Return the event of a jam there."""
    return event_of(
        AlertChange(
            Transition("opened", 2, 0, 1795372320000, 1795372320000, 2, 840, 840),
            1795372320500,
            Measures(1200, 400, 21, 19, 0.4, 0.2, 5, "F", 84),
        ),
        at,
        1795372321000,
        Policy(50, 80, 40, 60, 120, 90, 60, "https://map.example.org/#{segment_id}"),
    )


JAM = jam(SEGMENT)


def rendered(event: dict[str, Any]) -> str:
    """Return the text that the transformer makes of an event's detail."""
    return told(TARGET, event)


def test_a_controller_reads_what_happened_where_and_how_bad_it_is() -> None:
    assert rendered(JAM) == (
        "Congestion opened at I-405 N, Los Angeles (traffic): severe (was none), "
        "score 84.0, 21 of 50 km/h (level of service F), since 2026-11-22T18:32Z. "
        "https://map.example.org/#seg-1"
    )


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("field", ["name", "district"])
def test_a_jam_is_told_whatever_the_road_is_called(field: str, name: str) -> None:
    road = replace(SEGMENT.road, **{field: name})
    event = jam(replace(SEGMENT, road=road))

    assert event[field] == name
    assert f"at {event['place']} (traffic): severe" in rendered(event)


def test_an_empty_road_is_told_as_one() -> None:
    assert "an empty road (level" in rendered({**JAM, "traffic": traffic_of(None, 50)})


def test_the_text_uses_every_value_it_is_given() -> None:
    assert set(re.findall(r"<(\w+)>", TEXT)) == set(PATHS)


def test_the_rule_listens_for_the_events_the_processor_sends() -> None:
    assert RULE["EventPattern"] == {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
        "detail": {"quiet": [{"exists": False}]},
    }
    assert RULE["EventBusName"] == {"Ref": "AlertBus"}


def test_an_alert_that_cannot_be_told_is_kept() -> None:
    queue = {"Fn::GetAtt": ["AlertDeadLetterQueue", "Arn"]}

    assert TARGET["DeadLetterConfig"] == {"Arn": queue}
    assert TARGET["RetryPolicy"]["MaximumEventAgeInSeconds"] == 3600


def granted(policy: str) -> list[tuple[Any, ...]]:
    """Return who may do what under which condition by a resource's policy."""
    return [
        (one["Principal"], one["Action"], shown(one["Resource"]), one.get("Condition"))
        for one in statements(properties(policy)["PolicyDocument"])
        if one["Effect"] == "Allow"
    ]


def test_topics_are_open_to_alarms_alone_and_the_queue_to_the_rules() -> None:
    events = {"Service": "events.amazonaws.com"}
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    rules = [{"Fn::GetAtt": [n, "Arn"]} for n in ("AlertRule", "SensorHealthNews")]
    rule = {"ArnEquals": {"aws:SourceArn": rules}}
    queue = "AlertDeadLetterQueue.Arn"

    assert granted("AlertTopicPolicy") == []
    assert [one[:3] for one in granted("OperationsTopicPolicy")] == [
        (cloudwatch, "sns:Publish", "OperationsTopic")
    ]
    assert granted("AlertDeadLetterQueuePolicy") == [
        (events, "sqs:SendMessage", queue, rule)
    ]


@pytest.mark.parametrize(
    ("rule", "topic"),
    [("AlertRule", "AlertTopic"), ("SensorHealthNews", "OperationsTopic")],
)
def test_a_rule_publishes_by_a_role_that_only_this_rule_may_take(
    rule: str, topic: str
) -> None:
    (target,) = properties(rule)["Targets"]
    (trust,) = statements(properties(f"{rule}Role")["AssumeRolePolicyDocument"])
    arn = trust["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    name = shown(properties(rule)["Name"])

    assert target["Arn"] == {"Ref": topic}
    assert target["RoleArn"] == {"Fn::GetAtt": [f"{rule}Role", "Arn"]}
    assert properties(rule)["EventBusName"] == {"Ref": "AlertBus"}
    assert arn.partition(":rule/")[2] == f"${{AlertBus}}/{name}"


def test_mail_is_sent_only_where_an_address_is_given() -> None:
    subscription = RESOURCES["AlertEmailSubscription"]

    assert subscription["Condition"] == "HasAlertEmail"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlertEmail"}
