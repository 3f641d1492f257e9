"""Each alarm has one page that says what to do, and the page keeps to its form."""

from __future__ import annotations

import re

import pytest

from ..template.alarms import ALARMS, RUNBOOKS, kebab, metrics
from ..template.template import of_type, properties

NAMES = {kebab(name): name for name in ALARMS}
PAGES = {
    page.stem: page.read_text()
    for page in RUNBOOKS.glob("[a-z]*.md")
    if page.stem != "incident"  # of no single alarm
}
SECTIONS = [
    "Look first",
    "Fix",
    "Afterwards",
    "False alarms",
]
THROTTLED = "tables-throttled"
PART = re.compile(r"^## (.+)$", re.M)


def test_each_alarm_has_a_runbook_and_each_runbook_an_alarm() -> None:
    assert set(PAGES) == set(NAMES)


@pytest.mark.parametrize("page", PAGES)
def test_a_runbook_has_its_parts_and_fits_on_a_screen(page: str) -> None:
    text = PAGES[page]

    assert text.startswith(f"# {page}\n\n**What it means.** ")
    assert "\n\n**What the city sees.** " in text
    assert PART.findall(text) == SECTIONS
    assert all(part.strip() for part in PART.split(text)[2::2])
    assert len(text.splitlines()) <= 55


@pytest.mark.parametrize("page", PAGES)
def test_a_runbook_names_what_its_alarm_watches(page: str) -> None:
    missing = {one.name for one in metrics(NAMES[page]) if one.name not in PAGES[page]}

    assert missing == set()


def test_the_index_lists_every_runbook_with_what_it_means() -> None:
    index = (RUNBOOKS / "README.md").read_text()
    rows = re.findall(r"^\| \[([a-z-]+)\]\(([a-z-]+)\.md\) \| \S.* \|$", index, re.M)

    assert sorted(rows) == sorted((page, page) for page in PAGES)


PLAIN = re.compile(r"`trafficctl deploy`")
OF_A_VERSION = re.compile(r"version before|package does not fit")


def test_no_runbook_repairs_by_a_deployment_that_sees_no_change() -> None:
    """It compares with the last template: what was changed by hand stays as it is."""
    in_vain = {
        f"{page}: {line}"
        for page, text in PAGES.items()
        for line in text.splitlines()
        if PLAIN.search(line) and not OF_A_VERSION.search(line)
    }

    assert in_vain == set()


def test_the_page_on_throttled_tables_names_those_that_its_alarm_watches() -> None:
    told = PAGES["tables-throttled"].partition("**What the city sees.**")[0]
    watched = [(one.name, dict(one.dimensions)) for one in metrics(NAMES[THROTTLED])]
    tables = {of["TableName"].rpartition("-")[2] for _, of in watched}
    of_indexes = {name for name, of in watched if "GlobalSecondaryIndexName" in of}

    before, _, after = " ".join(told.split()).partition("Not monitored")
    assert of_indexes == {"WriteThrottleEvents"}
    assert set(re.findall("`([a-z]+_[a-z]+)`", before)) == tables
    unwatched = set(re.findall("`([a-z]+_[a-z]+)`", after))
    assert unwatched == set(map(table_name, of_type("AWS::DynamoDB::Table"))) - tables


def table_name(resource: str) -> str:
    """Return a table's name without its stack's."""
    return str(properties(resource)["TableName"]["Fn::Sub"]).partition("}-")[2]
