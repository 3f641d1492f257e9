"""From the visual back to the code that writes: no link is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ..template import RESOURCES
from .definition import CALCULATED, DEFINITION, SHEETS, columns_used, visuals
from .scenario import NOW, city
from .warehouse import DATASETS, GLUE, STACK, Warehouse, custom_sql

TABLES = city().tables()
WAREHOUSE = Warehouse(TABLES, NOW)
TOLD = {
    dataset: {one["Name"]: one["Type"] for one in custom_sql(dataset)["Columns"]}
    for dataset in DATASETS
}
KINDS = {
    "VARCHAR": "STRING",
    "BIGINT": "INTEGER",
    "INTEGER": "INTEGER",
    "DOUBLE": "DECIMAL",
    "TIMESTAMP": "DATETIME",
}
# What Glue calls a value that the code writes as this type.
HELD_AS = {str: {"string"}, int: {"bigint", "double"}, float: {"double"}}


def test_every_column_of_the_dashboard_is_written_by_the_code() -> None:
    used = set(columns_used(DEFINITION))
    in_datasets = {(d, column) for d, columns in TOLD.items() for column in columns}
    assert used - in_datasets == set()

    given = {d: _kinds(WAREHOUSE.types(d)) for d in DATASETS}  # runs on Glue's columns
    assert given == TOLD

    written = {name: _written(rows) for name, rows in TABLES.items()}
    unwritten = {
        (table, column, kind)
        for table, columns in GLUE.items()
        for column, kind in columns.items()
        if not any(kind in HELD_AS[held] for held in written[table].get(column, ()))
    }
    assert unwritten == set()


def _kinds(types: dict[str, str]) -> dict[str, str]:
    return {name: KINDS[kind] for name, kind in types.items()}


def _written(rows: list[dict[str, Any]]) -> dict[str, set[type]]:
    """Return the types of each attribute that the city's rows hold."""
    found: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            found.setdefault(name, set()).add(type(value))
    return found


@pytest.mark.parametrize("table", GLUE)
def test_a_value_never_overflows_what_glue_calls_it(table: str) -> None:
    written = _written(TABLES[table])

    misfit = {
        (name, held.__name__)
        for name, kind in GLUE[table].items()
        for held in written[name]
        if kind not in HELD_AS[held]
    }
    assert misfit == set()


def test_the_connector_finds_the_columns_and_the_tables() -> None:
    database = STACK.properties("ReportDatabase")["DatabaseInput"]
    assert "dynamo-db-flag" in database["LocationUri"]
    for name, one in STACK.resources().items():
        if one["Type"] != "AWS::Glue::Table":
            continue
        told = STACK.properties(name)["TableInput"]
        source = RESOURCES[name]["Properties"]["TableInput"]["Parameters"][
            "sourceTable"
        ]
        table = source["Ref"]
        assert RESOURCES[table]["Type"] == "AWS::DynamoDB::Table"
        assert told["Parameters"]["classification"] == "dynamodb"
        assert told["Parameters"]["sourceTable"].endswith(f"-{told['Name']}")
        assert "dynamodb" in told["StorageDescriptor"]["Location"]


def test_every_dataset_is_used_and_every_calculation_too() -> None:
    assert {dataset for dataset, _ in columns_used(SHEETS)} == set(DATASETS)
    used = {
        (one["DataSetIdentifier"], one["ColumnName"])
        for sheet in SHEETS
        for _, visual in visuals(sheet).values()
        for one in _columns(visual)
    }
    assert set(CALCULATED) - used == set()


def _columns(node: Any) -> list[dict[str, str]]:
    if isinstance(node, list):
        return [one for part in node for one in _columns(part)]
    if not isinstance(node, dict):
        return []
    if "ColumnName" in node:
        return [node]
    return [one for part in node.values() for one in _columns(part)]


def test_only_the_map_is_told_places_and_they_are_its_own() -> None:
    transforms = DATASETS["live"]["LogicalTableMap"]["live"]["DataTransforms"]
    tags = {
        one["TagColumnOperation"]["ColumnName"]: one["TagColumnOperation"]["Tags"]
        for one in transforms
    }

    assert tags == {
        "latitude": [{"ColumnGeographicRole": "LATITUDE"}],
        "longitude": [{"ColumnGeographicRole": "LONGITUDE"}],
    }
