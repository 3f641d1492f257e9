"""The alarms as a deployed stack has them, on the local city."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ...template.alarms import ALARMS, PLAIN, kebab


@pytest.fixture(scope="module")
def described(local_city: Any) -> dict[str, dict[str, Any]]:
    """What CloudWatch says of each alarm of the stack, by its name."""
    pages = local_city.client("cloudwatch").get_paginator("describe_alarms")
    asked = {"AlarmNamePrefix": f"{local_city.city.stack}-"}
    return {
        alarm["AlarmName"]: alarm
        for page in pages.paginate(**asked)
        for alarm in page["MetricAlarms"]
    }


def test_every_alarm_is_there_and_tells_the_engineers(
    local_city: Any, described: dict[str, dict[str, Any]]
) -> None:
    topic = [local_city.outputs["OperationsTopicArn"]]
    told = {
        name: (one["AlarmActions"], one["OKActions"], one["ActionsEnabled"])
        for name, one in described.items()
    }

    stack = local_city.city.stack
    expected = {f"{stack}-{kebab(name)}": (topic, topic, True) for name in ALARMS}
    assert told == expected


@pytest.mark.parametrize("name", PLAIN)
def test_an_alarm_watches_what_the_template_says(
    name: str, local_city: Any, described: dict[str, dict[str, Any]]
) -> None:
    one = described[f"{local_city.city.stack}-{kebab(name)}"]

    assert all(d["Value"] and "${" not in d["Value"] for d in one["Dimensions"])
    assert re.search(
        rf"Runbook: docs/runbooks/{kebab(name)}\.md$", one["AlarmDescription"]
    )


def test_what_has_just_been_made_may_be_silent_for_a_while(
    local_city: Any, eventually: Callable[..., Any]
) -> None:
    cloudwatch = local_city.client("cloudwatch")
    silence = {
        "Namespace": "Nobody",
        "MetricName": "Speaks",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
    }
    names = ["warming-up", "at-once"]
    warming = {"WarmUpPeriodDurationInMinutes": 10}
    cloudwatch.put_metric_alarm(
        AlarmName=names[0], WarmUpConfiguration=warming, **silence
    )
    cloudwatch.put_metric_alarm(AlarmName=names[1], **silence)

    def states() -> dict[str, str]:
        told = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
        return {one["AlarmName"]: one["StateValue"] for one in told}

    try:
        assert eventually(lambda: states()["at-once"] == "ALARM")
        assert states()["warming-up"] == "INSUFFICIENT_DATA"
    finally:
        cloudwatch.delete_alarms(AlarmNames=names)
