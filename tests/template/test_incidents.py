"""Incidents: looked at within seconds of an alert and each minute, twice no harm."""

from __future__ import annotations

from typing import Any

from traffic.aws.event_bus import DETAIL_TYPE, SOURCE
from traffic.incidents import settings
from traffic.incidents.grouping import MOST_JOINING, MOST_MERGING
from traffic.segment.rows import MOST_ACTIONS
from traffic.settings import required

from .template import PARAMETERS, properties, shown, statements

QUEUE = {"Fn::GetAtt": ["IncidentsQueue", "Arn"]}
PROMISE_S = 30


def test_each_variable_comes_from_its_part_of_the_stack() -> None:
    told = properties("Incidents")["Environment"]["Variables"]
    ours = {
        "SEGMENTS_TABLE": "RoadSegments",
        "ALERTS_TABLE": "CongestionAlerts",
        "INCIDENTS_TABLE": "TrafficIncidents",
        "EVENT_BUS_NAME": "AlertBus",
        "TIME_ZONE": "ReportTimeZone",
        "HISTORY_RETENTION_DAYS": "HistoryRetentionDays",
    }
    others = properties("SensorHealth")["Environment"]["Variables"]

    assert set(told) == set(required(settings.IncidentSettings))
    assert {name: shown(told[name]) for name in ours} == ours
    assert told["SITE_URL"] == others["SITE_URL"]


def test_the_default_settings_are_ones_the_function_accepts() -> None:
    told = properties("Incidents")["Environment"]["Variables"]
    defaults = {name: one["Default"] for name, one in PARAMETERS.items()}

    found = settings.read(
        {n: str(defaults.get(shown(v), shown(v))) for n, v in told.items()}
    )

    assert found.history_retention_days == defaults["HistoryRetentionDays"]


def test_alerts_and_the_clock_go_through_one_queue() -> None:
    for rule in ("IncidentsRule", "IncidentsSchedule"):
        (target,) = properties(rule)["Targets"]
        assert target == {"Id": "incidents", "Arn": QUEUE}
    assert properties("IncidentsRule")["EventPattern"] == {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
    }
    assert properties("IncidentsSchedule")["ScheduleExpression"] == "rate(1 minute)"
    assert properties("IncidentsSource")["EventSourceArn"] == QUEUE


def senders(policy: str) -> list[Any]:
    """Return who may send, by the resource's policy."""
    (allowed,) = [
        one
        for one in statements(properties(policy)["PolicyDocument"])
        if one["Effect"] == "Allow"
    ]
    return list(allowed["Condition"]["ArnEquals"]["aws:SourceArn"])


def test_only_these_rules_may_send_to_the_queue() -> None:
    assert senders("IncidentsQueuePolicy") == [
        {"Fn::GetAtt": ["IncidentsRule", "Arn"]},
        {"Fn::GetAtt": ["IncidentsSchedule", "Arn"]},
    ]


def test_a_sweep_begins_within_seconds_and_at_most_two_run_at_once() -> None:
    source = properties("IncidentsSource")

    assert source["MaximumBatchingWindowInSeconds"] <= PROMISE_S / 6
    assert source["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert "ReservedConcurrentExecutions" not in properties("Incidents")


def test_a_message_is_hidden_for_as_long_as_a_sweep_may_take() -> None:
    queue, function = properties("IncidentsQueue"), properties("Incidents")

    assert queue["VisibilityTimeout"] >= function["Timeout"]
    assert queue["MessageRetentionPeriod"] == 60


def test_an_incident_fits_into_one_transaction() -> None:
    assert 1 + MOST_JOINING + MOST_MERGING <= MOST_ACTIONS
