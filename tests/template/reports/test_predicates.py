"""A look at a large table is a few Queries by key, and can be nothing else."""

from __future__ import annotations

import pytest
from sqlglot import exp

from traffic.policy import MINUTE_MS
from traffic.timestamps import day_text, hour_text, minute_text

from ..template import allowed, listed, properties, shown
from .scenario import NOW, NOW_MINUTE
from .warehouse import DATASETS, parsed, worked_out

LARGE = {
    "hours": ("SegmentHistory", "by_hour", "hour"),
    "weeks": ("SegmentHistory", "", "segment_id"),
    "alerts": ("CongestionAlerts", "by_day", "day"),
}
DAY = 24 * 60


def innermost(dataset: str) -> exp.Select:
    """Return the SELECT that names the table."""
    tree = parsed(dataset, segment="I-405-N.12")
    (found,) = [
        one
        for one in tree.find_all(exp.Select)
        if isinstance(one.args["from_"].this, exp.Table)
    ]
    return found


def predicates(dataset: str) -> dict[str, exp.Expression]:
    """Return the conditions on the table, all of which hold, by their column."""
    where = innermost(dataset).args["where"].this
    parts = where.flatten() if isinstance(where, exp.And) else [where]
    return {one.this.name: one for one in parts}


def keys(dataset: str) -> list[str]:
    """Return the hash keys that the dataset asks for now, worked out."""
    asked = predicates(dataset)[LARGE[dataset][2]]
    values = asked.expressions if isinstance(asked, exp.In) else [asked.expression]
    return worked_out(values, NOW)


def hash_key(table: str, index: str) -> str:
    """Return the hash key of a table, or of one of its indexes."""
    found = properties(table)
    for one in found.get("GlobalSecondaryIndexes", []):
        if one["IndexName"] == index:
            found = one
    return str(found["KeySchema"][0]["AttributeName"])


def test_every_dataset_but_the_small_tables_is_held_to_keys() -> None:
    assert set(DATASETS) - set(LARGE) == {"live"}


@pytest.mark.parametrize("dataset", LARGE)
def test_a_large_table_is_asked_by_equality_on_a_hash_key(dataset: str) -> None:
    table, index, key = LARGE[dataset]

    assert hash_key(table, index) == key
    assert type(predicates(dataset)[key]) in (exp.In, exp.EQ)


@pytest.mark.parametrize("dataset", LARGE)
def test_what_keys_are_compared_with_depends_on_the_clock_alone(dataset: str) -> None:
    values = [
        value
        for one in predicates(dataset).values()
        for value in (one.expressions or [one.expression])
    ]

    columns = [name for value in values for name in value.find_all(exp.Column)]
    queries = [query for value in values for query in value.find_all(exp.Select)]
    assert (columns, queries) == ([], [])


def test_the_last_hours_are_the_keys_that_the_processor_writes() -> None:
    assert keys("hours") == [hour_text(NOW_MINUTE - 60 * n) for n in range(7)]


def test_four_weeks_of_alerts_are_the_days_that_the_processor_writes() -> None:
    days = [day_text((NOW_MINUTE - DAY * n) * MINUTE_MS) for n in range(28)]

    assert keys("alerts") == days


def test_the_weeks_of_a_segment_are_one_range_of_one_key() -> None:
    asked = predicates("weeks")
    since = worked_out([asked["minute"].expression], NOW)

    assert keys("weeks") == ["I-405-N.12"]
    assert isinstance(asked["minute"], exp.GTE)
    assert since == [minute_text(NOW_MINUTE - 28 * DAY)]


@pytest.mark.parametrize("dataset", ["hours", "alerts"])
def test_no_filter_of_a_reader_reaches_the_tables_own_key(dataset: str) -> None:
    """The connector prefers the table to the index when it is told of both keys."""
    table, _, _ = LARGE[dataset]
    bare = {
        one.this.name if isinstance(one, exp.Alias) else one.name
        for one in parsed(dataset).expressions
        if isinstance(getattr(one, "this", None), (exp.Column, exp.Identifier))
    }

    assert hash_key(table, "") not in bare


@pytest.mark.parametrize("dataset", LARGE)
def test_an_index_that_is_asked_holds_every_column(dataset: str) -> None:
    table, index, _ = LARGE[dataset]
    indexes = {
        one["IndexName"]: one["Projection"]["ProjectionType"]
        for one in properties(table)["GlobalSecondaryIndexes"]
    }

    assert indexes.get(index, "ALL") == "ALL"


def test_the_connector_may_scan_the_small_table_only() -> None:
    may: dict[str, list[str]] = {}
    for policy in properties("ConnectorRole")["Policies"]:
        for action, resources in allowed(policy["PolicyDocument"]).items():
            may.setdefault(action, []).extend(map(shown, listed(resources)))

    assert may["dynamodb:Scan"] == ["RoadSegments.Arn"]
    assert sorted(may["dynamodb:Query"]) == [
        "${CongestionAlerts.Arn}/index/by_day",
        "${SegmentHistory.Arn}/index/by_hour",
        "RoadSegments.Arn",
        "SegmentHistory.Arn",
    ]


def test_no_name_in_the_sql_needs_quotes() -> None:
    for dataset in DATASETS:
        names = list(parsed(dataset).find_all(exp.Identifier))

        assert [one.name for one in names if one.args.get("quoted")] == []
        assert [one.name for one in names if one.name != one.name.lower()] == []
