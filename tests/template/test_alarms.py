"""Whatever can fail on the data's way rings, says what to do, and shows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .alarms import (
    ALARMS,
    ANY,
    ELSEWHERE,
    HERE,
    PLAIN,
    RUNBOOKS,
    Metric,
    expression,
    given,
    kebab,
    metrics,
    used,
)
from .printed import printed, printed_by
from .reports.shapes import faults
from .template import RESOURCES, TEXT, of_type

NAMES = {kebab(name): name for name in ALARMS}

# What a reading, an alert, a viewer or a new device passes, and what watches it.
WAY = {
    "IngestRule": ["iot-rule-failures", "iot-payload-not-json"],
    "UndeliveredQueue": ["undelivered-waiting", "dead-letters"],
    "UndeliveredKeeper": ["undelivered-waiting"],
    "ReadingsStream": ["stream-write-throttled", "stream-read-throttled"],
    "ProcessorSource": ["dead-letters"],
    "Processor": ["processor-behind", "processor-errors", "processor-throttled"],
    "RoadSegments": ["tables-throttled", "tables-failing"],
    "SegmentHistory": ["tables-throttled", "tables-failing"],
    "CongestionAlerts": ["tables-throttled", "tables-failing"],
    "AlertBus": ["alert-rule-failed"],
    "AlertRule": ["alert-rule-failed", "alert-dead-letters"],
    "Notifier": ["notifier-failing", "alert-rule-failed", "alert-dead-letters"],
    "AlertDeadLetterQueue": ["alert-dead-letters"],
    "AlertTopic": ["alert-delivery-failed"],
    "LiveHttpApi": ["live-map-failing"],
    "FleetTemplate": ["provisioning-incomplete"],
    "ProvisioningHook": ["provisioning-failing", "provisioning-incomplete"],
    "SensorHealth": ["sensor-health-failing"],
    "ProfileBuilder": ["profiles-failing"],
    "SensorHealthNews": ["alert-rule-failed", "alert-dead-letters"],
}
# These tell by a metric of their own, not by their name.
BY_FIGURES = {
    "Incidents": ["incidents-failing"],
    "SensorHealth": ["fleet-silent", "silence-unjudged"],
    "ShardScaler": ["shard-scaler-failing", "stream-at-its-limit"],
    "ProfileBuilder": ["profile-stale"],
}
KINDS = (
    "AWS::ApiGatewayV2::Api",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::IoT::TopicRule",
    "AWS::Kinesis::Stream",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
)


def lines_of(name: str) -> list[str]:
    """Return the lines of an alarm in the template."""
    _, _, after = TEXT.partition(f"\n  {name}:")
    return re.split(r"\n\n", after, maxsplit=1)[0].split("\n")


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_named_after_its_resource_and_rings_both_ways(name: str) -> None:
    alarm = ALARMS[name]["Properties"]

    assert name.endswith("Alarm")
    assert alarm["AlarmName"] == {"Fn::Sub": "${AWS::StackName}-" + kebab(name)}
    assert alarm["AlarmActions"] == [{"Ref": "OperationsTopic"}]
    assert alarm["OKActions"] == [{"Ref": "OperationsTopic"}]
    assert alarm.get("ActionsEnabled", True) is True


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_says_what_it_means_what_to_do_first_and_where_to_read_on(
    name: str,
) -> None:
    told = given(name)["AlarmDescription"]
    means, first, runbook = re.fullmatch(
        r"([A-Z].+?\.) (First .+?\.) Runbook: (\S+)", told
    ).groups()  # type: ignore[union-attr] # no match fails the test as it should

    assert len(told) <= 1_024
    assert min(len(means), len(first)) > 20
    assert runbook == f"docs/runbooks/{kebab(name)}.md"
    assert (RUNBOOKS / f"{kebab(name)}.md").exists()


@pytest.mark.parametrize("name", ALARMS)
def test_what_missing_data_means_is_said_and_argued_where_it_surprises(
    name: str,
) -> None:
    missing = ALARMS[name]["Properties"]["TreatMissingData"]
    (line,) = [one for one in lines_of(name) if "TreatMissingData" in one]

    assert missing in ("notBreaching", "breaching", "ignore", "missing")
    assert missing == "notBreaching" or " # " in line


WATCHERS = ("fleet-silent", "incidents-failing", "shard-scaler-failing")
WARMING_MINUTES = {**dict.fromkeys(WATCHERS, 10), "profile-stale": 240}


def test_only_the_watchers_silence_is_a_fault() -> None:
    silent = {
        kebab(name)
        for name, one in ALARMS.items()
        if one["Properties"]["TreatMissingData"] == "breaching"
    }

    assert silent == set(WARMING_MINUTES)


def test_a_stack_that_is_being_made_is_not_silent_yet() -> None:
    for name, minutes in WARMING_MINUTES.items():
        warming = given(NAMES[name])["WarmUpConfiguration"]

        assert warming == {"WarmUpPeriodDurationInMinutes": minutes}


@pytest.mark.parametrize("name", ALARMS)
def test_the_model_of_cloudwatch_takes_it(name: str) -> None:
    assert faults("cloudwatch", "PutMetricAlarm", given(name)) == []


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_keeps_to_awss_limits(name: str) -> None:
    alarm = given(name)
    periods = {one.period for one in metrics(name)}
    (period,) = periods

    assert period % 60 == 0, "no metric here is of high resolution"
    assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
    assert alarm["EvaluationPeriods"] * period <= 86_400
    assert len(alarm.get("Metrics", [])) <= 10


SLOW = {"silence-unjudged", "profiles-failing", "profile-stale"}  # by their nature


@pytest.mark.parametrize("name", sorted({*ALARMS} - {NAMES[one] for one in SLOW}))
def test_an_alarm_rings_within_five_minutes(name: str) -> None:
    alarm = given(name)
    (period,) = {one.period for one in metrics(name)}

    assert alarm["DatapointsToAlarm"] * period <= 300


@pytest.mark.parametrize("name", sorted(set(ALARMS) - set(PLAIN)))
def test_metric_math_uses_what_it_is_given_and_returns_one_series(name: str) -> None:
    told = given(name)["Metrics"]
    ids = [one["Id"] for one in told]
    returned = [one for one in told if one.get("ReturnData", True)]
    stats = {one["Id"] for one in told if "MetricStat" in one}

    assert len(ids) == len(set(ids))
    assert all(re.fullmatch("[a-z][A-Za-z0-9_]*", one) for one in ids)
    assert [one["Expression"] for one in returned] == [expression(name)]
    assert used(expression(name)) == stats
    assert returned[0]["Label"]


@pytest.mark.parametrize(
    "name", [one for one in PLAIN if "ExtendedStatistic" in ALARMS[one]["Properties"]]
)
def test_a_percentile_is_looked_at_however_few_samples_there_are(name: str) -> None:
    alarm = given(name)

    assert alarm["ExtendedStatistic"] == "p99"
    assert alarm["EvaluateLowSampleCountPercentile"] == "evaluate"


@pytest.mark.parametrize("name", ALARMS)
def test_a_metric_of_ours_is_one_that_the_code_prints(name: str) -> None:
    told = printed()
    ours = [one for one in metrics(name) if one.namespace == "CityTraffic"]

    assert {
        one.name for one in ours if _keys(one) not in told.get(one.name, set())
    } == set()
    assert {value for one in ours for _, value in one.dimensions} <= {HERE.value(STACK)}


STACK = {"Ref": "AWS::StackName"}


def _keys(one: Metric) -> str:
    return ",".join(key for key, _ in one.dimensions)


def test_throttling_is_seen_by_the_quotas_of_the_account() -> None:
    """RuleExecutionThrottled counts abuse of Basic Ingest, and no quota."""
    found = metrics(NAMES["iot-rule-throttled"])

    assert [(one.name, one.dimensions) for one in found] == [
        ("PublishIn.Throttle", (("Protocol", "MQTT"),)),
        ("RuleEvaluation", (("Status", "Throttled"),)),
    ]


def test_no_alarm_depends_on_a_kind_of_action_that_aws_does_not_list() -> None:
    watched = {
        (kebab(name), value)
        for name in ALARMS
        for one in metrics(name)
        for key, value in one.dimensions
        if key == "ActionType" and one.name in ("Failure", "Success")
    }

    assert watched == {("iot-rule-failures", ANY)}


@pytest.mark.parametrize("resource", WAY)
def test_everything_on_the_datas_way_is_watched_by_its_name(resource: str) -> None:
    named = _name_of(resource)
    watching = {
        kebab(name)
        for name in ALARMS
        if any(named in dict(one.dimensions).values() for one in metrics(name))
    }

    assert set(WAY[resource]) <= watching


def _name_of(resource: str) -> Any:
    told = RESOURCES[resource]["Properties"]
    return HERE.value(told.get("Name", {"Ref": resource}))


@pytest.mark.parametrize(
    ("resource", "alarm"), [(r, a) for r, alarms in BY_FIGURES.items() for a in alarms]
)
def test_a_watcher_is_watched_by_its_figures(resource: str, alarm: str) -> None:
    own = printed_by(resource)

    assert [
        one.name for one in metrics(NAMES[alarm]) if _keys(one) in own.get(one.name, ())
    ] == [one.name for one in metrics(NAMES[alarm])]
    assert ALARMS[NAMES[alarm]].get("Condition") == RESOURCES[resource].get("Condition")


def test_alerts_are_watched_from_every_sender() -> None:
    (metric,) = metrics(NAMES["unsent-alerts"])

    for sender in ("Processor", "SensorHealth"):
        assert _keys(metric) in printed_by(sender)[metric.name]


def test_sensor_health_rings_by_what_it_prints_as_unsent() -> None:
    ours = [
        one.name
        for one in metrics(NAMES["sensor-health-failing"])
        if one.namespace == "CityTraffic"
    ]

    assert ours == ["UnsentHealthEvents"]
    assert set(ours) <= set(printed_by("SensorHealth"))


def test_nothing_that_can_fail_is_forgotten() -> None:
    known = {*WAY, *BY_FIGURES, *ELSEWHERE}

    assert set(of_type(*KINDS)) - known == set()
    assert known - set(RESOURCES) == set()


def test_an_alarm_is_there_only_if_what_it_watches_is() -> None:
    conditions = {kebab(n): one.get("Condition") for n, one in ALARMS.items()}

    assert {name: one for name, one in conditions.items() if one} == {
        "shard-scaler-failing": "HasProvisionedShards",
        "stream-at-its-limit": "HasProvisionedShards",
    }
