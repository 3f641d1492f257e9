"""The dashboard's definition, as the tests walk it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..template import walk
from .warehouse import STACK

DASHBOARD = STACK.properties("ReportDashboard")
DEFINITION = DASHBOARD["Definition"]
SHEETS: dict[str, dict[str, Any]] = {
    one["SheetId"]: one for one in DEFINITION["Sheets"]
}
CALCULATED = {
    (one["DataSetIdentifier"], one["Name"]): one["Expression"]
    for one in DEFINITION["CalculatedFields"]
}


def visuals(sheet: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the kind and the content of each visual of a sheet, by its id."""
    found = {}
    for one in SHEETS[sheet]["Visuals"]:
        ((kind, content),) = one.items()
        found[content["VisualId"]] = kind, content
    return found


def columns_used(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the dataset and column of everything below *node* that names a column.

    A calculated field counts as the columns that its expression names.
    """
    for one in walk(node):
        if isinstance(one, dict) and {"DataSetIdentifier", "ColumnName"} <= set(one):
            dataset, name = one["DataSetIdentifier"], one["ColumnName"]
            expression = CALCULATED.get((dataset, name), f"{{{name}}}")
            for column in re.findall(r"\{(\w+)\}", expression):
                yield dataset, column


def named(node: Any, key: str) -> list[str]:
    """Return every value of *key* below a node."""
    return [one[key] for one in walk(node) if isinstance(one, dict) and key in one]
