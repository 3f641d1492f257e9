"""The dashboard follows a reading from left to right, its promises on top."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from traffic.processor.figures import LATEST_WRITE_MS, PROMISES_MS

from .alarms import ALARMS, HERE, Metric, expression, given, kebab, metrics
from .printed import printed
from .reports.resolve import REGION, STACK, Stack
from .reports.shapes import faults
from .template import RESOURCES, TEMPLATE

DASHBOARD = HERE.properties("HealthDashboard")
Widgets = list[dict[str, Any]]
WIDGETS: Widgets = json.loads(DASHBOARD["DashboardBody"])["widgets"]
DRAWN = [one for one in WIDGETS if one["type"] == "metric"]
TITLED = {one["properties"]["title"]: one["properties"] for one in DRAWN}
ROWS = sorted({one["y"] for one in DRAWN})
SEARCH = re.compile(r"SEARCH\('\{([^}]+)\} (.*) MetricName=\"(\w+)\"', '(\w+)', 60\)")


def titles(row: int) -> list[str]:
    """Return the titles of a row, from left to right."""
    there = [one for one in DRAWN if one["y"] == ROWS[row]]
    return [one["properties"]["title"] for one in sorted(there, key=lambda w: w["x"])]


def drawn(widget: dict[str, Any]) -> list[Metric]:
    """Return the metrics that a widget draws by their names."""
    found = []
    for metric in widget["metrics"]:
        if isinstance(metric[0], str):
            namespace, name, *rest = [m for m in metric if isinstance(m, str)]
            told = metric[-1] if isinstance(metric[-1], dict) else {}
            pairs = tuple(sorted(zip(rest[::2], rest[1::2], strict=True)))
            stat = told.get("stat") or widget["stat"]
            found.append(Metric(namespace, name, pairs, stat, widget["period"]))
    return found


def expressions(widget: dict[str, Any]) -> list[str]:
    """Return what a widget calculates or searches for."""
    return [
        metric[0]["expression"]
        for metric in widget["metrics"]
        if isinstance(metric[0], dict)
    ]


def finds(search: str, wanted: Metric) -> bool:
    """Whether a search expression finds that metric among others."""
    found = SEARCH.fullmatch(search)
    if found is None:
        return False
    namespace, *keys = found[1].split(",")
    held = set(re.findall(r'(\w+)="([^"]+)"', found[2]))
    return (
        (namespace, found[3], found[4]) == (wanted.namespace, wanted.name, wanted.stat)
        and keys == [key for key, _ in wanted.dimensions]
        and held <= set(wanted.dimensions)
    )


def shows(widget: dict[str, Any], alarm: str) -> bool:
    """Whether a widget draws all that an alarm watches, and its threshold."""
    lines = widget.get("annotations", {}).get("horizontal", [])
    formulas = expressions(widget)
    threshold = given(alarm)["Threshold"]
    return (
        threshold in [line["value"] for line in lines]
        and all(
            one in drawn(widget) or any(finds(each, one) for each in formulas)
            for one in metrics(alarm)
        )
        # above nothing at all, each metric says of itself what their sum says
        and (threshold == 0 or expression(alarm) in ("", *formulas))
    )


def test_the_model_of_cloudwatch_takes_it() -> None:
    assert faults("cloudwatch", "PutDashboard", DASHBOARD) == []


@pytest.mark.parametrize(
    ("title", "limit"),
    [
        (
            "Freshness: in the table within 6 s, on the map within 10 s (p99)",
            LATEST_WRITE_MS,
        ),
        ("Alerts: at SNS within 30 s (p99)", PROMISES_MS["AlertLatencyMs"]),
        ("Loss: none", 0),
    ],
)
def test_each_promise_is_drawn_with_its_limit(title: str, limit: int) -> None:
    (line,) = TITLED[title]["annotations"]["horizontal"]

    assert title in titles(0)
    assert (line["label"], line["value"]) == ("target", limit)


def test_the_alarms_stand_on_top_all_of_them() -> None:
    (top,) = [one for one in WIDGETS if one["type"] == "alarm"]
    told = top["properties"]["alarms"]

    assert top["y"] == 0 < ROWS[0]
    assert sorted(told) == sorted(
        HERE.value({"Fn::GetAtt": [n, "Arn"]}) for n in ALARMS
    )
    assert len(told) <= 100


def test_where_kinesis_chooses_the_shards_no_alarm_of_the_scaler_is_named() -> None:
    body = Stack({"KinesisStreamMode": "ON_DEMAND"}).properties("HealthDashboard")
    (top,) = [
        one
        for one in json.loads(body["DashboardBody"])["widgets"]
        if one["type"] == "alarm"
    ]
    conditional = [n for n, one in ALARMS.items() if "Condition" in one]

    assert len(top["properties"]["alarms"]) == len(ALARMS) - len(conditional)


@pytest.mark.parametrize("name", ALARMS, ids=kebab)
def test_what_an_alarm_watches_is_drawn_with_its_threshold(name: str) -> None:
    assert [title for title, one in TITLED.items() if shows(one, name)] != []


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


def test_messages_are_counted_as_the_rule_writes_them() -> None:
    """Whether Basic Ingest, which matches no topic, counts TopicMatch is unknown."""
    (search,) = expressions(TITLED["1 IoT Core"])

    assert 'MetricName="Success"' in search
    assert drawn(TITLED["1 IoT Core"])[0].name == "TopicMatch"


def test_the_faults_of_each_part_stand_below_it() -> None:
    parts = [title[2:] for title in titles(1)]

    assert titles(2) == [f"{part}: errors" for part in parts]


def test_widgets_do_not_cover_each_other() -> None:
    cells = [
        (one["x"] + x, one["y"] + y)
        for one in WIDGETS
        for x in range(one["width"])
        for y in range(one["height"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_metrics_of_ours_are_those_that_the_code_prints() -> None:
    shown = [one for widget in TITLED.values() for one in drawn(widget)]
    ours = [one for one in shown if one.namespace == "CityTraffic"]
    keyed = {(one.name, ",".join(key for key, _ in one.dimensions)) for one in ours}

    told = printed()
    assert {(n, d) for n, d in keyed if d not in told.get(n, set())} == set()
    assert set(told) - {name for name, _ in keyed} == set()
    assert {value for one in ours for _, value in one.dimensions} == {STACK}
    (reasons,) = [one for one in searches() if "CityTraffic" in one]
    assert "{CityTraffic,Reason,Stack}" in reasons
    assert "Reason,Stack" in told["Rejected"]


def searches() -> list[str]:
    """Return each search expression."""
    every = [one for widget in TITLED.values() for one in expressions(widget)]
    return [one for one in every if one.startswith("SEARCH")]


# Values that are no resource's name: AWS's words, and names of indexes.
WORDS = {
    *("AllStorageTypes", "MQTT", "Throttled"),
    *("BatchGetItem", "BatchExecuteStatement", "TransactWriteItems"),
    *("by_hour", "by_day", "open_alerts"),
}


def test_metrics_of_awss_are_of_this_stacks_resources() -> None:
    there = {HERE.value({"Ref": name}) for name in RESOURCES}
    named = {
        value
        for widget in TITLED.values()
        for one in drawn(widget)
        for _, value in one.dimensions
        if one.namespace != "CityTraffic"
    }
    named |= {
        value
        for one in searches()
        for value in re.findall(r'(?:RuleName|EventBusName)="([^"]+)"', one)
    }

    assert named - there - WORDS == set()


def test_every_search_is_one_that_these_tests_understand() -> None:
    assert [one for one in searches() if not SEARCH.fullmatch(one)] == []


def test_expressions_have_ids_that_cloudwatch_takes() -> None:
    ids = [
        metric[-1]["id"]
        for one in TITLED.values()
        for metric in one["metrics"]
        if isinstance(metric[-1], dict) and "id" in metric[-1]
    ]

    assert [one for one in ids if not re.fullmatch("[a-z][a-zA-Z0-9_]*", one)] == []
    assert all(
        "id" in m[0]
        for w in TITLED.values()
        for m in w["metrics"]
        if isinstance(m[0], dict)
    )


def test_every_widget_is_of_the_stacks_region() -> None:
    assert {one["region"] for one in TITLED.values()} == {REGION}


def test_the_stack_tells_where_the_dashboard_is() -> None:
    url = HERE.value(TEMPLATE["Outputs"]["DashboardUrl"]["Value"])

    assert url.endswith(f"region={REGION}#dashboards/dashboard/{STACK}-health")
