"""A look at a large table is a few Queries by key, and can be nothing else."""

from __future__ import annotations

import pytest
from sqlglot import exp

from traffic.policy import MINUTE_MS
from traffic.segment.rows import HOUR_KEYS, hour_key
from traffic.timestamps import day_text, hour_text, minute_text

from ..template import allowed, listed, properties, shown
from .scenario import NOW, NOW_MINUTE
from .warehouse import DATASETS, GLUE, parsed, worked_out

LARGE = {
    "hours": ("SegmentHistory", "by_hour", "hour"),
    "weeks": ("SegmentHistory", "", "segment_id"),
    "alerts": ("CongestionAlerts", "by_day", "day"),
    "incidents": ("TrafficIncidents", "by_day", "day"),
}
DAY = 24 * 60


def innermost(dataset: str) -> list[exp.Select]:
    """Return the SELECTs that name the table."""
    tree = parsed(dataset, segment="I-405-N.12")
    return [
        one
        for one in tree.find_all(exp.Select)
        if isinstance(one.args["from_"].this, exp.Table)
    ]


def predicates(dataset: str) -> list[dict[str, exp.Expression]]:
    """Return, for each SELECT, its conditions by their column; all of them hold."""
    found = []
    for select in innermost(dataset):
        where = select.args["where"].this
        parts = where.flatten() if isinstance(where, exp.And) else [where]
        found.append({one.this.name: one for one in parts})
    return found


def keys(dataset: str) -> list[list[str]]:
    """Return the hash keys that each SELECT asks for now, worked out."""
    asked = [conditions[LARGE[dataset][2]] for conditions in predicates(dataset)]
    return [worked_out(one.expressions or [one.expression], NOW) for one in asked]


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
    for conditions in predicates(dataset):
        assert type(conditions[key]) in (exp.In, exp.EQ)


@pytest.mark.parametrize("dataset", LARGE)
def test_what_keys_are_compared_with_depends_on_the_clock_alone(dataset: str) -> None:
    values = [
        value
        for conditions in predicates(dataset)
        for one in conditions.values()
        for value in (one.expressions or [one.expression])
    ]

    columns = [name for value in values for name in value.find_all(exp.Column)]
    queries = [query for value in values for query in value.find_all(exp.Select)]
    assert (columns, queries) == ([], [])


def test_the_last_hours_are_the_keys_that_the_processor_writes() -> None:
    segments = [f"segment-{n}" for n in range(100)]
    written = {hour_key(one, NOW_MINUTE - 60 * n) for one in segments for n in range(7)}
    asked = [key for some in keys("hours") for key in some]

    assert set(asked) == written
    assert len(asked) == 7 * HOUR_KEYS


def test_rows_of_before_hours_were_divided_are_among_the_last_hours() -> None:
    asked = [key for some in keys("hours") for key in some]

    assert {hour_text(NOW_MINUTE - 60 * n) for n in range(7)} <= set(asked)


@pytest.mark.parametrize("dataset", LARGE)
def test_a_list_of_keys_is_short(dataset: str) -> None:
    assert max(map(len, keys(dataset))) <= 28


@pytest.mark.parametrize("dataset", ["alerts", "incidents"])
def test_four_weeks_are_the_days_that_the_functions_write(dataset: str) -> None:
    days = [day_text((NOW_MINUTE - DAY * n) * MINUTE_MS) for n in range(28)]

    assert keys(dataset) == [days]


def test_the_weeks_of_a_segment_are_one_range_of_one_key() -> None:
    (asked,) = predicates("weeks")
    since = worked_out([asked["minute"].expression], NOW)

    assert keys("weeks") == [["I-405-N.12"]]
    assert isinstance(asked["minute"], exp.GTE)
    assert since == [minute_text(NOW_MINUTE - 28 * DAY)]


@pytest.mark.parametrize("dataset", ["hours", "alerts", "incidents"])
def test_no_filter_of_a_reader_reaches_the_tables_own_key(dataset: str) -> None:
    """The connector prefers the table to the index when it is given both keys."""
    table, _, _ = LARGE[dataset]
    bare = {
        one.this.name if isinstance(one, exp.Alias) else one.name
        for one in parsed(dataset).expressions
        if isinstance(getattr(one, "this", None), (exp.Column, exp.Identifier))
    }

    assert hash_key(table, "") not in bare


@pytest.mark.parametrize("dataset", LARGE)
def test_an_index_that_is_asked_holds_every_column(dataset: str) -> None:
    """The connector scans the table for a column that the index has not."""
    table, index, _ = LARGE[dataset]
    asked = {
        column.name
        for select in innermost(dataset)
        for column in select.find_all(exp.Column)
    }

    assert asked - held(table, index, asked) == set()


def held(table: str, index: str, of_all: set[str]) -> set[str]:
    """Return the columns of an index: *of_all* if it has every attribute."""
    found = properties(table)
    for one in found["GlobalSecondaryIndexes"]:
        if one["IndexName"] == index and one["Projection"]["ProjectionType"] != "ALL":
            schema = [*found["KeySchema"], *one["KeySchema"]]
            keys = {key["AttributeName"] for key in schema}
            return keys | set(one["Projection"]["NonKeyAttributes"])
    return of_all


def test_an_incident_has_the_columns_of_its_index_and_no_other() -> None:
    columns = set(GLUE["traffic_incidents"])

    assert columns == held("TrafficIncidents", "by_day", set())


def test_the_connector_may_scan_the_small_table_only() -> None:
    may: dict[str, list[str]] = {}
    for policy in properties("ConnectorRole")["Policies"]:
        for action, resources in allowed(policy["PolicyDocument"]).items():
            may.setdefault(action, []).extend(map(shown, listed(resources)))

    assert may["dynamodb:Scan"] == ["RoadSegments.Arn"]
    assert sorted(may["dynamodb:Query"]) == [
        "${CongestionAlerts.Arn}/index/by_day",
        "${SegmentHistory.Arn}/index/by_hour",
        "${TrafficIncidents.Arn}/index/by_day",
        "RoadSegments.Arn",
        "SegmentHistory.Arn",
    ]


def test_no_name_in_the_sql_needs_quotes() -> None:
    for dataset in DATASETS:
        names = list(parsed(dataset).find_all(exp.Identifier))

        assert [one.name for one in names if one.args.get("quoted")] == []
        assert [one.name for one in names if one.name != one.name.lower()] == []
