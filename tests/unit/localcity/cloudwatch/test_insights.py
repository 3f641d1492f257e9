"""Alarms select metrics as CloudWatch's Metrics Insights does."""

from __future__ import annotations

import pytest

from localcity.cloudwatch.insights import MetricSelection, parse
from localcity.cloudwatch.metric_math import MathError

FAILURES = (
    'SELECT SUM(Failure) FROM SCHEMA("AWS/IoT", ActionType, RuleName) '
    "WHERE RuleName = 'ours'"
)


def test_a_query_names_its_metrics_and_their_statistic() -> None:
    assert parse(FAILURES) == MetricSelection(
        namespace="AWS/IoT",
        name="Failure",
        labels=frozenset({"ActionType", "RuleName"}),
        label="RuleName",
        value="ours",
        stat="Sum",
    )


@pytest.mark.parametrize(
    ("dimensions", "fits"),
    [
        ({"ActionType": "Kinesis", "RuleName": "ours"}, True),
        ({"ActionType": "whatever AWS calls it", "RuleName": "ours"}, True),
        ({"ActionType": "Kinesis", "RuleName": "another"}, False),
        ({"RuleName": "ours"}, False),  # a schema is of exactly these dimensions
        ({"ActionType": "Kinesis", "RuleName": "ours", "Protocol": "MQTT"}, False),
    ],
)
def test_it_reads_whatever_has_its_dimensions_and_its_value(
    dimensions: dict[str, str], fits: bool
) -> None:
    selection = parse(FAILURES)

    assert selection is not None
    assert selection.fits(dimensions) is fits


def test_metric_math_is_no_query() -> None:
    assert parse("SUM([failed, refused])") is None


@pytest.mark.parametrize(
    "query",
    [
        FAILURES + " AND ActionType = 'S3'",
        FAILURES + " GROUP BY ActionType",
        FAILURES.replace("SUM", "STDDEV"),
        'SELECT SUM(Failure) FROM "AWS/IoT"',
    ],
)
def test_a_query_of_another_form_is_refused_rather_than_misread(query: str) -> None:
    with pytest.raises(MathError, match="not known here: SELECT"):
        parse(query)
