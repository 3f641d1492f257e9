"""The dashboard follows a reading from left to right, its promises on top."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from traffic.metrics import Figures, lines

from ..quicksight.resolve import REGION, STACK, Stack
from ..quicksight.shapes import faults
from .template import RESOURCES, TEMPLATE

HERE = Stack({})
DASHBOARD = HERE.properties("HealthDashboard")
WIDGETS: list[dict[str, Any]] = json.loads(DASHBOARD["DashboardBody"])["widgets"]
TITLED = {one["properties"]["title"]: one["properties"] for one in WIDGETS}
ROWS = sorted({one["y"] for one in WIDGETS})


def titles(row: int) -> list[str]:
    """Return the titles of a row, from left to right."""
    there = [one for one in WIDGETS if one["y"] == ROWS[row]]
    return [one["properties"]["title"] for one in sorted(there, key=lambda w: w["x"])]


def metrics() -> list[tuple[str, str, dict[str, str]]]:
    """Return namespace, name and dimensions of each metric that is drawn."""
    found = []
    for one in TITLED.values():
        for metric in one["metrics"]:
            if isinstance(metric[0], str):
                namespace, name, *rest = [m for m in metric if isinstance(m, str)]
                found.append(
                    (namespace, name, dict(zip(rest[::2], rest[1::2], strict=True)))
                )
    return found


def searches() -> list[str]:
    """Return each search expression."""
    return [
        metric[0]["expression"]
        for one in TITLED.values()
        for metric in one["metrics"]
        if isinstance(metric[0], dict)
    ]


def printed() -> dict[str, set[str]]:
    """Return the metrics that the processor prints, with their dimensions."""
    figures = Figures(freshness_ms=[1], alert_latency_ms=[1])
    figures.reasons["too_old"] = 1
    found: dict[str, set[str]] = {}
    for line in lines(figures, STACK, 0):
        (directive,) = json.loads(line)["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]:
            dimensions = ",".join(sorted(directive["Dimensions"][0]))
            found.setdefault(metric["Name"], set()).add(dimensions)
    return found


def test_the_model_of_cloudwatch_takes_it() -> None:
    assert faults("cloudwatch", "PutDashboard", DASHBOARD) == []


@pytest.mark.parametrize(
    ("title", "limit"),
    [
        ("Freshness: a reading shows within 10 s (p99)", 10_000),
        ("Alerts: on their way within 30 s (p99)", 30_000),
        ("Loss: none", 0),
    ],
)
def test_each_promise_is_drawn_with_its_limit(title: str, limit: int) -> None:
    (line,) = TITLED[title]["annotations"]["horizontal"]

    assert title in titles(0)
    assert (line["label"], line["value"]) == ("promise", limit)


def test_freshness_and_alerts_are_held_to_the_99th_percentile() -> None:
    stats = [
        (one["metrics"][0][1], one["metrics"][0][-1]["stat"])
        for one in (TITLED[title] for title in titles(0)[:2])
    ]

    assert stats == [("FreshnessMs", "p99"), ("AlertLatencyMs", "p99")]


def test_the_datas_way_runs_from_left_to_right() -> None:
    assert titles(1) == [
        "1 IoT Core",
        "2 Kinesis",
        "3 Processor",
        "4 DynamoDB",
        "5 EventBridge",
        "6 SNS",
    ]


def test_widgets_do_not_cover_each_other() -> None:
    cells = [
        (one["x"] + x, one["y"] + y)
        for one in WIDGETS
        for x in range(one["width"])
        for y in range(one["height"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_metrics_of_ours_are_those_that_the_processor_prints() -> None:
    ours = {(n, ",".join(d)) for space, n, d in metrics() if space == "CityTraffic"}
    stacks = {d["Stack"] for space, _, d in metrics() if space == "CityTraffic"}

    told = printed()
    assert {(n, d) for n, d in ours if d not in told.get(n, set())} == set()
    assert set(told) - {name for name, _ in ours} == set()
    assert stacks == {STACK}
    (reasons,) = [one for one in searches() if "CityTraffic" in one]
    assert "{CityTraffic,Reason,Stack}" in reasons
    assert "Reason,Stack" in told["Rejected"]


def test_metrics_of_awss_are_of_this_stacks_resources() -> None:
    there = {HERE.value({"Ref": name}) for name in RESOURCES}
    named = {
        value
        for space, _, dimensions in metrics()
        for name, value in dimensions.items()
        if space != "CityTraffic" and name != "StorageType"
    }
    named |= {
        value
        for one in searches()
        for value in re.findall(r'(?:RuleName|EventBusName)="([^"]+)"', one)
    }

    assert named - there == set()


def test_expressions_have_ids_that_cloudwatch_takes() -> None:
    ids = [
        metric[0]["id"]
        for one in TITLED.values()
        for metric in one["metrics"]
        if isinstance(metric[0], dict)
    ]

    assert [one for one in ids if not re.fullmatch("[a-z][a-zA-Z0-9_]*", one)] == []


def test_every_widget_is_of_the_stacks_region() -> None:
    assert {one["region"] for one in TITLED.values()} == {REGION}


def test_the_stack_tells_where_the_dashboard_is() -> None:
    url = HERE.value(TEMPLATE["Outputs"]["DashboardUrl"]["Value"])

    assert url.endswith(f"region={REGION}#dashboards/dashboard/{STACK}-health")
