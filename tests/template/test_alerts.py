"""An alert reaches people through the notifier, and is not lost on the way."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from traffic.aws.event_bus import DETAIL_TYPE, INCIDENT_DETAIL_TYPE, SOURCE
from traffic.incidents.events import MAILED
from traffic.notifier.function import _CLIENT, NotifierSettings
from traffic.settings import SpeedUnit, required

from .template import PARAMETERS, RESOURCES, TEMPLATE, properties, shown, statements

CONDITIONS = TEMPLATE["Conditions"]

RULE = properties("AlertRule")
SEGMENTS, INCIDENTS = RULE["EventPattern"]["Fn::If"][1:]
QUEUE = {"Fn::GetAtt": ["AlertDeadLetterQueue", "Arn"]}
RULES = ("AlertRule", "SensorHealthNews", "WeeklyReport")
AN_HOUR_S = 3600  # then an alert is outdated


def test_the_rule_listens_for_the_events_the_processor_sends() -> None:
    assert SEGMENTS == {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
        "detail": {"quiet": [{"exists": False}]},
    }
    assert RULE["EventBusName"] == {"Ref": "AlertBus"}


def test_people_get_messages_about_incidents_unless_they_want_each_segment() -> None:
    parameter, condition = PARAMETERS["NotifyFor"], CONDITIONS["HasSegmentMessages"]

    assert (parameter["Default"], parameter["AllowedValues"]) == (
        "incidents",
        ["incidents", "unusual", "segments"],
    )
    assert condition == {"Fn::Equals": [{"Ref": "NotifyFor"}, "segments"]}
    assert RULE["EventPattern"]["Fn::If"][0] == "HasSegmentMessages"
    assert {
        "source": [SOURCE],
        "detail-type": [INCIDENT_DETAIL_TYPE],
        "detail": {
            "Fn::If": ["HasUnusualMessages", MAILED["unusual"], MAILED["incidents"]]
        },
    } == INCIDENTS
    assert CONDITIONS["HasUnusualMessages"] == {
        "Fn::Equals": [{"Ref": "NotifyFor"}, "unusual"]
    }


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_hands_the_whole_event_to_the_notifier_and_keeps_what_is_refused(
    rule: str,
) -> None:
    (target,) = properties(rule)["Targets"]

    assert target["Arn"] == {"Fn::GetAtt": ["Notifier", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": QUEUE}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == AN_HOUR_S
    assert set(target) == {"Id", "Arn", "DeadLetterConfig", "RetryPolicy"}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_its_permission_before_its_target(rule: str) -> None:
    permission = f"{rule}Permission"
    given = properties(permission)
    name = shown(properties(rule)["Name"])

    assert RESOURCES[rule]["DependsOn"] == permission
    assert given["FunctionName"] == {"Ref": "Notifier"}
    assert given["Principal"] == "events.amazonaws.com"
    assert given["SourceArn"]["Fn::Sub"].endswith(f":rule/${{AlertBus}}/{name}")


def test_what_the_notifier_cannot_publish_is_tried_again_and_kept() -> None:
    retries = properties("NotifierRetries")

    assert retries["FunctionName"] == {"Ref": "Notifier"}
    assert retries["MaximumRetryAttempts"] == 2
    assert retries["MaximumEventAgeInSeconds"] == AN_HOUR_S
    assert retries["DestinationConfig"] == {"OnFailure": {"Destination": QUEUE}}


def test_the_notifier_is_told_the_topic_of_each_audience() -> None:
    told = properties("Notifier")["Environment"]["Variables"]

    assert set(told) == set(required(NotifierSettings))
    assert told["ALERT_TOPIC"] == {"Ref": "AlertTopic"}
    assert told["OPERATIONS_TOPIC"] == {"Ref": "OperationsTopic"}
    assert told["SPEED_UNIT"] == {"Ref": "SpeedUnit"}


def test_speeds_are_shown_in_a_unit_that_the_code_knows() -> None:
    unit = PARAMETERS["SpeedUnit"]

    assert tuple(unit["AllowedValues"]) == get_args(SpeedUnit)
    assert unit["Default"] == "km/h"


def test_the_notifier_has_the_time_that_its_attempts_at_sns_take() -> None:
    attempt_s = _CLIENT.connect_timeout + _CLIENT.read_timeout
    attempts = _CLIENT.retries["total_max_attempts"]

    assert attempts * attempt_s < properties("Notifier")["Timeout"] <= 30


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
    rules = [{"Fn::GetAtt": [n, "Arn"]} for n in RULES]
    rule = {"ArnEquals": {"aws:SourceArn": rules}}
    queue = "AlertDeadLetterQueue.Arn"

    assert granted("AlertTopicPolicy") == []
    assert [one[:3] for one in granted("OperationsTopicPolicy")] == [
        (cloudwatch, "sns:Publish", "OperationsTopic")
    ]
    assert granted("AlertDeadLetterQueuePolicy") == [
        (events, "sqs:SendMessage", queue, rule)
    ]


def test_mail_is_sent_only_where_an_address_is_given() -> None:
    subscription = RESOURCES["AlertEmailSubscription"]

    assert subscription["Condition"] == "HasAlertEmail"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlertEmail"}
