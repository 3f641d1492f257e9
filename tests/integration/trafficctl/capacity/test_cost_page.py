"""The cost page has what the search over all designs finds."""

from __future__ import annotations

from pathlib import Path

from trafficctl.capacity import page

ROOT = Path(__file__).parents[4]


def test_the_cost_page_has_the_search_in_force() -> None:
    text = (ROOT / page.COST).read_text()
    (table,) = page.cost_tables().values()

    assert table in text
