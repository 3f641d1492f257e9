"""The page's costs are those that its own figures come to."""

from __future__ import annotations

import re

import pytest

from bench.segments import item_bytes
from traffic.aws.dynamodb import attributes

from ...shape.sources import ROOT
from .cost import asked, month, sheet_of, table
from .definition import SHEETS
from .scenario import city
from .test_predicates import keys
from .warehouse import GLUE

PAGE = (ROOT / "docs" / "explanation" / "quicksight.md").read_text()
FIGURES = {
    name: float(value)
    for name, value in re.findall(r"^- (.+?): ([0-9.]+)(?: \(|$)", PAGE, re.M)
}
TABLES = {
    "hours": "segment_history",
    "alerts": "congestion_alerts",
    "incidents": "traffic_incidents",
}


def test_each_chart_and_each_list_of_a_filter_is_a_query() -> None:
    assert {sheet: len(asked(sheet)) for sheet in SHEETS} == {
        "now": 9,
        "hours": 5,
        "weeks": 4,
        "alerts": 7,
        "incidents": 9,
    }
    assert sorted(set(asked("weeks"))) == ["live", "weeks"]


def test_the_page_tells_what_a_look_costs() -> None:
    assert table(FIGURES, FIGURES) in PAGE


def test_the_page_tells_what_a_month_costs() -> None:
    assert f"**${month(FIGURES, FIGURES):,.0f} a month**" in PAGE


def test_the_page_tells_how_many_runs_of_the_connector_a_look_needs() -> None:
    at_once = {
        dataset: len(asked(dataset)) * sum(map(len, keys(dataset)))
        for dataset in TABLES
    }

    told = "up to {hours} at once for *Last hours*, {incidents} for *Incidents*"
    assert told.format(**at_once) in PAGE


@pytest.mark.parametrize("dataset", TABLES)
def test_rows_are_no_larger_than_the_page_takes_them_to_be(dataset: str) -> None:
    columns = GLUE[TABLES[dataset]] if dataset == "incidents" else None
    rows = [
        {name: one for name, one in row.items() if not columns or name in columns}
        for row in city().tables()[TABLES[dataset]]
    ]
    largest = max(item_bytes(attributes(row)) for row in rows)

    assert largest <= FIGURES[f"bytes in a row of *{sheet_of(dataset)}*"]
    assert FIGURES[f"bytes in a row of *{sheet_of(dataset)}*"] <= largest * 1.25
