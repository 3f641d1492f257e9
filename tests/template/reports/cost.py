"""What one look at a sheet costs, from what its visuals ask and from prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .definition import SHEETS, columns_used, named, visuals

Figures = Mapping[str, float]
_SMALLEST_QUERY = 10e6  # bytes that Athena bills at least
_UNIT = 4096  # bytes of a read unit; half a one where reads need not be consistent


class Look(NamedTuple):
    """A load of a sheet: queries, bytes read by all of them, and US dollars."""

    queries: int
    megabytes: float
    dynamodb: float
    connector: float
    athena: float

    def total(self) -> float:
        """Return the dollars of the whole look."""
        return self.dynamodb + self.connector + self.athena


def asked(sheet: str) -> list[str]:
    """Return the dataset of each query that loading a sheet makes.

    One for each visual, and one for each control that lists values.
    """
    whole = SHEETS[sheet]
    asking: list[Any] = [content for _, content in visuals(sheet).values()]
    asking += named(whole, "LinkToDataSetColumn")
    found = [next(columns_used(one))[0] for one in asking]
    lists = [one for one in whole["FilterControls"] if "Dropdown" in one]
    return found + [sheet if sheet != "now" else "live"] * len(lists)


def sheet_of(dataset: str) -> str:
    """Return the name of the sheet that shows a dataset."""
    return str(SHEETS["now" if dataset == "live" else dataset]["Name"])


def rows(dataset: str, city: Figures) -> float:
    """Return how many rows one query of the dataset reads."""
    return {
        "live": city["segments"],
        "hours": 7 * 60 * city["segments"],
        "weeks": 28 * 1440,
        "alerts": 4 * city["alerts per segment and week"] * city["segments"],
        "incidents": 4 * city["incidents per segment and week"] * city["segments"],
    }[dataset]


def look(sheet: str, city: Figures, price: Figures) -> Look:
    """Return what one load of *sheet* costs."""
    sizes = {
        dataset: rows(dataset, city) * city[f"bytes in a row of *{sheet_of(dataset)}*"]
        for dataset in ("live", "hours", "weeks", "alerts", "incidents")
    }
    each = [sizes[dataset] for dataset in asked(sheet)]
    seconds = sum(
        city["seconds to start a query"]
        + size / 1e6 / city["megabytes a second through the connector"]
        for size in each
    )
    return Look(
        queries=len(each),
        megabytes=sum(each) / 1e6,
        dynamodb=sum(each) / _UNIT / 2 / 1e6 * price["$ per million read units"],
        connector=seconds * 3008 / 1024 * price["$ per GB-second"],
        athena=sum(max(size, _SMALLEST_QUERY) for size in each)
        / 1e12
        * price["$ per terabyte"],
    )


def table(city: Figures, price: Figures) -> str:
    """Return the looks as the page shows them."""
    parts = ["DynamoDB, $", "connector, $", "Athena, $", "sum, $"]
    names = ["sheet", "queries", "read, MB", *parts]
    head = " | ".join(names)
    return f"| {head} |\n{'|---' * len(names)}|\n" + "".join(
        f"| {SHEETS[sheet]['Name']} | {one.queries} | {one.megabytes:,.0f} "
        f"| {one.dynamodb:.4f} | {one.connector:.4f} | {one.athena:.4f} "
        f"| {one.total():.4f} |\n"
        for sheet in SHEETS
        for one in [look(sheet, city, price)]
    )


def month(city: Figures, price: Figures) -> float:
    """Return the dollars of a month: seats, and looks of everybody at every sheet."""
    looks = sum(look(sheet, city, price).total() for sheet in SHEETS)
    seats = price["$ per author and month"]
    seats += city["readers"] * price["$ per reader and month"]
    people = 1 + city["readers"]
    return (
        seats
        + people
        * city["looks per person, sheet and day"]
        * city["days a month"]
        * looks
    )
