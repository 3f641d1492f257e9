"""A line in embedded metric format measures what it says, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcity.cloudwatch.emf import measured
from traffic.processor.figures import BatchFigures, lines

AT_MS = 1_763_900_000_123


def line(**changed: Any) -> str:
    directive = {
        "Namespace": "Town",
        "Dimensions": [["Stack"], ["Stack", "Reason"]],
        "Metrics": [{"Name": "Rejected", "Unit": "Count"}, {"Name": "Bare"}],
    }
    head = {"Timestamp": AT_MS, "CloudWatchMetrics": [directive]}
    said = {"_aws": head, "Stack": "s", "Reason": "r", "Rejected": [1, 2.5], "Bare": 0}
    return json.dumps({**said, **changed})


def test_a_line_measures_each_metric_in_each_set_of_dimensions() -> None:
    found = measured(line())

    assert [(m.name, dict(m.dimensions), m.values) for m in found] == [
        ("Rejected", {"Stack": "s"}, (1, 2.5)),
        ("Bare", {"Stack": "s"}, (0,)),
        ("Rejected", {"Stack": "s", "Reason": "r"}, (1, 2.5)),
        ("Bare", {"Stack": "s", "Reason": "r"}, (0,)),
    ]
    assert {(m.namespace, m.at) for m in found} == {("Town", AT_MS / 1000)}
    assert [m.unit for m in found[:2]] == ["Count", "None"]


def test_what_the_processor_prints_is_measured() -> None:
    figures = BatchFigures(freshness_ms=[900, 1_100])
    figures.counts["Received"] = 7
    figures.reasons["value_range"] = 2

    found = {
        (m.name, m.dimensions): (m.unit, m.values)
        for printed in lines(figures, "city", AT_MS)
        for m in measured(printed)
    }

    stack = ("Stack", "city")
    assert found["Received", (stack,)] == ("Count", (7,))
    assert found["FreshnessMs", (stack,)] == ("Milliseconds", (900, 1_100))
    reason = (("Reason", "value_range"), stack)
    assert found["Rejected", reason] == ("Count", (2,))


@pytest.mark.parametrize(
    "printed",
    [
        "START RequestId: 1 Version: $LATEST",
        "",
        '{"event": "traffic.refused"}',
        '{"_aws"',
        '{"_aws": {}}',
        '{"_aws": 7}',
        line(Rejected="many"),
        line(Rejected=[True]),
        line(Rejected=[1] * 101),
        line(Stack=7),
        line(_aws={"Timestamp": "now", "CloudWatchMetrics": []}),
    ],
)
def test_a_line_that_breaks_the_format_measures_nothing(printed: str) -> None:
    assert measured(printed) == []


def test_a_metric_without_a_value_is_left_out() -> None:
    said = json.loads(line())
    del said["Bare"]

    assert {m.name for m in measured(json.dumps(said))} == {"Rejected"}
