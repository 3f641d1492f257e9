"""What fails in the local city rings, is heard, and falls silent once it is fixed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import cfnlint.decode.cfn_yaml

from ..conftest import TEMPLATE
from ..watching import Printer, Watch, never_rings

Eventually = Callable[..., Any]
# Properties of an alarm that stand in the template as they are.
PLAIN = {"Statistic", "ExtendedStatistic", "Period", "EvaluationPeriods", "Threshold"}
PLAIN |= {"DatapointsToAlarm", "ComparisonOperator", "TreatMissingData", "MetricName"}
PLAIN |= {"EvaluateLowSampleCountPercentile", "Namespace"}


def template_alarms() -> dict[str, Any]:
    """The properties of the template's alarms, and their condition, by logical id."""
    resources = cfnlint.decode.cfn_yaml.load(str(TEMPLATE))["Resources"]
    return {
        name: {**made["Properties"], "Condition": made.get("Condition")}
        for name, made in resources.items()
        if made["Type"] == "AWS::CloudWatch::Alarm"
    }


def publish(watch: Watch, segment: str) -> None:
    """One good reading of now, as the rule of IoT Core puts it into the stream."""
    now = time.time_ns() // 1_000_000
    reading = {"sensor_id": "a", "timestamp": now, "vehicle_count": 3}
    message = {
        "readings": [{**reading, "average_speed": 50}],
        "segment_id": segment,
        "device_id": "d",
        "received_at": now,
    }
    watch.client("kinesis").put_record(
        StreamName=watch.city.outputs["ReadingsStream"],
        Data=json.dumps(message),
        PartitionKey=segment,
    )


def role_of(watch: Watch, function: str) -> str:
    found = watch.client("lambda").get_function(FunctionName=function)
    return str(found["Configuration"]["Role"])


def test_a_processor_that_lost_a_permission_rings_until_it_is_given_back(
    watch: Watch, without_action: Any, eventually: Eventually
) -> None:
    # Of ten seconds behind, three are enough to show it.
    alarm = watch.quick("processor-behind", Threshold=3_000)
    role = role_of(watch, watch.city.outputs["ProcessorFunction"])

    with without_action(role, "dynamodb:BatchGetItem"):
        publish(watch, "watched")
        assert eventually(lambda: watch.state(alarm) == "ALARM")
        assert eventually(lambda: watch.heard(alarm)[-1:] == ["ALARM"])

    def fixed() -> bool:
        publish(watch, "watched")
        return watch.state(alarm) == "OK"

    assert eventually(fixed)
    assert eventually(lambda: watch.heard(alarm)[-2:] == ["ALARM", "OK"])
    told = {m["AlarmName"]: m["AlarmDescription"] for m in watch.mail}
    assert "Runbook: docs/runbooks/processor-behind.md" in told[alarm]


def test_what_a_function_prints_as_metrics_is_measured(
    watch: Watch, printer: Printer, eventually: Eventually
) -> None:
    printer.measure({"Cars": [2, 3], "Bikes": 0}, unit="Count", Stack="s", Road="r")

    def total(name: str, **of: str) -> float:
        return watch.total(printer.name, name, **of)

    assert eventually(lambda: total("Cars", Stack="s", Road="r") == 5)
    assert total("Bikes", Stack="s", Road="r") == 0
    assert total("Cars", Stack="s") == -1  # another set of dimensions is no such metric


def test_a_function_that_may_not_write_logs_is_not_measured_either(
    watch: Watch, printer: Printer, without_action: Any, eventually: Eventually
) -> None:
    with without_action(printer.role_arn, "logs:PutLogEvents"):
        printer.measure({"Cars": 100}, Stack="s")

    def measured() -> float:
        printer.measure({"Cars": 1}, Stack="s")
        return watch.total(printer.name, "Cars", Stack="s")

    assert eventually(lambda: measured() > 0)
    assert 0 < measured() < 100


def test_a_percentile_rings_where_the_average_is_well(
    watch: Watch, printer: Printer, eventually: Eventually
) -> None:
    freshness = watch.describe(f"{watch.city.city.stack}-freshness")
    assert freshness["ExtendedStatistic"] == "p99"
    of = {d["Name"]: d["Value"] for d in freshness["Dimensions"]}
    here = {"Namespace": printer.name, "TreatMissingData": "ignore"}
    slow = watch.quick("freshness", **here)
    described = {k: freshness[k] for k in ("MetricName", "Dimensions", "Threshold")}
    average = {**never_rings(), **described, **here, "Statistic": "Average"}
    mean = watch.put("freshness-mean", **average)

    def measured() -> bool:
        values = [900] * 97 + [freshness["Threshold"] * 1.5] * 3
        printer.measure({"FreshnessMs": values}, unit="Milliseconds", **of)
        return watch.state(slow) == "ALARM" and watch.state(mean) == "OK"

    assert eventually(measured)


def test_a_share_is_calculated_from_two_metrics(
    watch: Watch, printer: Printer, eventually: Eventually
) -> None:
    def metric(name: str) -> dict[str, Any]:
        found = {"Namespace": printer.name, "MetricName": name}
        found["Dimensions"] = [{"Name": "Stack", "Value": "s"}]  # type: ignore[assignment]
        stat = {"Metric": found, "Period": 1, "Stat": "Sum"}
        return {"Id": name.lower(), "MetricStat": stat, "ReturnData": False}

    share = "IF(received > 0, 100 * FILL(rejected, 0) / received, 0)"
    alarm = watch.put(
        "share",
        Metrics=[
            metric("Received"),
            metric("Rejected"),
            {"Id": "share", "Expression": share, "ReturnData": True},
        ],
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )

    def after(**values: int) -> str:
        printer.measure(values, unit="Count", Stack="s")
        return watch.state(alarm)

    assert eventually(lambda: after(Received=100) == "OK")
    assert eventually(lambda: after(Received=100, Rejected=6) == "ALARM")
    assert [q["Id"] for q in watch.describe(alarm)["Metrics"]][-1] == "share"


def test_a_query_reads_whatever_an_unnamed_dimension_is_called(
    watch: Watch, printer: Printer, eventually: Eventually
) -> None:
    query = (
        'SELECT SUM(Failure) FROM SCHEMA("SPACE", Action, Rule) '
        "WHERE Rule = 'ours'".replace("SPACE", printer.name)
    )
    alarm = watch.put(
        "selected",
        Metrics=[{"Id": "all", "Expression": query, "Period": 1, "ReturnData": True}],
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )

    def after(action: str, rule: str) -> str:
        printer.measure({"Failure": 1}, "Count", Action=action, Rule=rule)
        return watch.state(alarm)

    for action in ("Kinesis", "Firehose"):
        assert eventually(lambda: after("Kinesis", "another") == "OK")
        assert eventually(lambda name=action: after(name, "ours") == "ALARM")


def test_silence_rings_where_missing_data_is_breaching(
    watch: Watch, eventually: Eventually
) -> None:
    alarm = watch.put("silence", **{**never_rings(), "TreatMissingData": "breaching"})

    assert eventually(lambda: watch.state(alarm) == "ALARM")


def test_an_alarm_the_topics_policy_does_not_name_reaches_nobody(
    watch: Watch, eventually: Eventually
) -> None:
    cloudwatch = watch.client("cloudwatch")
    topic = watch.city.outputs["OperationsTopicArn"]
    rings = {**never_rings(), "TreatMissingData": "breaching", "AlarmActions": [topic]}
    cloudwatch.put_metric_alarm(AlarmName="stranger", **rings)
    watch.made.append("stranger")
    assert eventually(lambda: watch.state("stranger") == "ALARM")

    ours = watch.put("ours", **rings)

    assert eventually(lambda: watch.state(ours) == "ALARM")
    assert eventually(lambda: watch.heard(ours) == ["ALARM"])
    assert watch.heard("stranger") == []


def test_an_alarm_that_cannot_be_evaluated_says_so(
    watch: Watch, eventually: Eventually
) -> None:
    alarm = watch.put("trimmed", **{**never_rings(), "Statistic": "Sum"})
    cloudwatch = watch.client("cloudwatch")
    plain = watch.describe(alarm)
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        Metrics=[{"Id": "m", "Expression": "ANOMALY_DETECTION_BAND(x)"}],
        **{k: plain[k] for k in ("EvaluationPeriods", "Threshold")},
        ComparisonOperator="GreaterThanThreshold",
    )

    def reason() -> str:
        return str(watch.describe(alarm)["StateReason"])

    assert eventually(lambda: "ANOMALY_DETECTION_BAND" in reason())
    assert watch.state(alarm) == "INSUFFICIENT_DATA"


def test_an_alarm_arrives_as_the_template_describes_it(watch: Watch) -> None:
    described = watch.client("cloudformation").get_paginator("list_stack_resources")
    pages = described.paginate(StackName=watch.city.city.stack)
    made = {
        r["LogicalResourceId"]: r["PhysicalResourceId"]
        for page in pages
        for r in page["StackResourceSummaries"]
    }
    checked = 0
    for logical, alarm in template_alarms().items():
        if logical not in made:  # behind a condition that is off here
            continue
        found = watch.describe(made[logical])
        for name in PLAIN & alarm.keys():
            checked += 1
            assert found[name] == alarm[name], (logical, name)
        for name in ("AlarmActions", "OKActions"):
            assert len(found[name]) == len(alarm.get(name, [])), (logical, name)
        told = [query["Id"] for query in alarm.get("Metrics", [])]
        assert [query["Id"] for query in found.get("Metrics", [])] == told
        assert "Cannot be evaluated" not in found["StateReason"], logical
    assert checked > 50


def test_the_command_lists_the_stacks_own_alarms_and_answers_whether_any_rings(
    watch: Watch, eventually: Eventually
) -> None:
    rings = {**never_rings(), "TreatMissingData": "breaching"}
    other = watch.put("not-of-the-stack", **rings)
    assert eventually(lambda: watch.state(other) == "ALARM")
    done = subprocess.run(
        [sys.executable, "-m", "trafficctl", "alarms", "--all", "--json"],
        env=watch.city.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    listed = json.loads(done.stdout)
    alarms = template_alarms().values()
    always = {name_of(alarm) for alarm in alarms if not alarm["Condition"]}
    assert always <= {a["name"] for a in listed} <= {name_of(a) for a in alarms}
    assert always
    assert done.returncode == any(a["state"] == "ALARM" for a in listed)


def name_of(alarm: Any) -> str:
    named = str(alarm["AlarmName"]["Fn::Sub"])
    return named.removeprefix("${AWS::StackName}-")
