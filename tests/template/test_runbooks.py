"""Each alarm has one page that says what to do, and the page keeps to its form."""

from __future__ import annotations

import re

import pytest

from .alarms import ALARMS, RUNBOOKS, kebab, metrics

NAMES = {kebab(name): name for name in ALARMS}
PAGES = {page.stem: page.read_text() for page in RUNBOOKS.glob("[a-z]*.md")}
SECTIONS = [
    "Look first",
    "Mend",
    "Afterwards",
    "What can raise it falsely",
]
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
