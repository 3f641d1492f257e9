"""Athena's part, played by DuckDB: tables as Glue tells them, SQL at a given time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from .resolve import WITH_REPORTS, Stack

STACK = Stack(WITH_REPORTS)
DATASETS = {
    next(iter(STACK.properties(name)["PhysicalTableMap"])): STACK.properties(name)
    for name, one in STACK.resources().items()
    if one["Type"] == "AWS::QuickSight::DataSet"
}
GLUE = {
    STACK.properties(name)["TableInput"]["Name"]: {
        column["Name"]: column["Type"]
        for column in STACK.properties(name)["TableInput"]["StorageDescriptor"][
            "Columns"
        ]
    }
    for name, one in STACK.resources().items()
    if one["Type"] == "AWS::Glue::Table"
}
_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE"}


def custom_sql(dataset: str) -> dict[str, Any]:
    """Return the dataset's CustomSql."""
    found: dict[str, Any] = DATASETS[dataset]["PhysicalTableMap"][dataset]["CustomSql"]
    return found


def parsed(dataset: str, segment: str = "-") -> exp.Expression:
    """Return the dataset's SQL as Athena reads it, asked for one segment."""
    text = custom_sql(dataset)["SqlQuery"].replace("<<$segment>>", f"'{segment}'")
    return sqlglot.parse_one(text, read="athena")


def at(tree: exp.Expression, now: datetime) -> exp.Expression:
    """Return the statement as if it were asked at *now*."""
    instant = sqlglot.parse_one(f"TIMESTAMPTZ '{now.isoformat()}'", read="duckdb")
    return tree.transform(
        lambda node: instant.copy() if isinstance(node, exp.CurrentTimestamp) else node
    )


def worked_out(values: Iterable[exp.Expression], now: datetime) -> list[Any]:
    """Return what expressions over the clock alone come to at *now*."""
    asked = exp.select(*(at(value, now) for value in values)).sql("duckdb")
    return list(_connected().execute(asked).fetchall()[0])


def _connected() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")  # Athena's sessions have no other
    return connection


class Warehouse:
    """The rows of a city, and answers about them at *now*."""

    def __init__(self, tables: Mapping[str, list[dict[str, Any]]], now: datetime):
        self._now = now
        self._duckdb = _connected()
        catalog = STACK.properties("ReportCatalog")["Name"]
        database = (
            f"{catalog}.{STACK.properties('ReportDatabase')['DatabaseInput']['Name']}"
        )
        self._duckdb.execute(f"ATTACH ':memory:' AS {catalog}")
        self._duckdb.execute(f"CREATE SCHEMA {database}")
        for name, columns in GLUE.items():
            self._create(f"{database}.{name}", columns, tables[name])

    def ask(
        self, dataset: str, question: str = "*", segment: str = "-", where: str = "true"
    ) -> list[tuple[Any, ...]]:
        """Return what a visual gets that asks *question* of a dataset."""
        text = at(parsed(dataset, segment), self._now).sql("duckdb")
        asked = f"SELECT {question} FROM ({text}) WHERE {where}"  # noqa: S608 - of our own making
        return self._duckdb.execute(asked).fetchall()

    def types(self, dataset: str) -> dict[str, str]:
        """Return the type of each column that the dataset's SQL gives."""
        text = at(parsed(dataset), self._now).sql("duckdb")
        found = self._duckdb.execute(f"DESCRIBE {text}").fetchall()
        return {row[0]: row[1] for row in found}

    def _create(
        self, table: str, columns: Mapping[str, str], rows: list[dict[str, Any]]
    ) -> None:
        told = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in columns.items())
        self._duckdb.execute(f"CREATE TABLE {table} ({told})")
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - of our own too
        for row in rows:
            self._duckdb.execute(insert, [row.get(name) for name in columns])
