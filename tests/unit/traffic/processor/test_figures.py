"""Figures of a batch in CloudWatch's embedded metric format."""

from __future__ import annotations

import json
from typing import Any

from traffic.aws.emf import spread
from traffic.processor.figures import BatchFigures, lines

from ..segment.builders import START

COUNTS = {
    "Received",
    "Accepted",
    "Late",
    "Duplicate",
    "Stale",
    "Redelivered",
    "Rejected",
    "Conflicts",
    "UnknownSegments",
    "FailedSegments",
    "AlertsOpened",
    "AlertsEscalated",
    "AlertsEased",
    "AlertsCleared",
    "UnsentEvents",
}


def printed(figures: BatchFigures) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(figures, "city", START)]


def busy() -> BatchFigures:
    figures = BatchFigures(freshness_ms=list(range(1000)))
    figures.counts.update(Received=10, Accepted=6, Rejected=4)
    figures.reasons.update(too_old=3, not_json=1)
    return figures


def test_every_count_is_told_and_zero_is_a_count() -> None:
    (whole, *_) = printed(BatchFigures())

    assert {name for name in whole if name not in {"_aws", "Stack"}} == COUNTS
    assert {whole[name] for name in COUNTS} == {0}


def test_figures_are_valid_embedded_metric_format() -> None:
    """As CloudWatch specifies: what it does not understand it drops in silence."""
    for line in printed(busy()):
        assert line["_aws"]["Timestamp"] == START
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "CityTraffic"
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(line[name], str) for name in dimensions)
        assert 0 < len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert metric["Unit"] in {"Count", "Milliseconds"}
            values = line[metric["Name"]]
            values = values if isinstance(values, list) else [values]
            assert 0 < len(values) <= 100
            assert all(isinstance(value, (int, float)) for value in values)
        told = {"_aws", *directive["Dimensions"][0]}
        told |= {metric["Name"] for metric in directive["Metrics"]}
        assert set(line) == told


def test_nothing_is_a_dimension_but_the_stack_and_the_reason() -> None:
    dimensions = [
        one["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for one in printed(busy())
    ]

    assert dimensions == [[["Stack"]], [["Stack", "Reason"]], [["Stack", "Reason"]]]


def test_rejections_are_told_by_reason() -> None:
    (whole, *by_reason) = printed(busy())

    assert whole["Rejected"] == 4
    told = {line["Reason"]: line["Rejected"] for line in by_reason}
    assert told == {"not_json": 1, "too_old": 3}


def test_times_are_told_only_where_there_are_some() -> None:
    (quiet,) = printed(BatchFigures())

    assert "FreshnessMs" not in quiet
    assert len(printed(busy())[0]["FreshnessMs"]) == 100


def test_a_large_sample_keeps_its_ends_and_its_shape() -> None:
    sample = spread(list(range(10_000, 0, -1)))

    assert len(sample) == 100
    assert (sample[0], sample[-1]) == (1, 10_000)
    assert abs(sample[50] - 5_000) < 100


def test_a_small_sample_is_kept_whole() -> None:
    assert spread([3, 1, 2]) == [1, 2, 3]
    assert spread(list(range(100))) == list(range(100))
