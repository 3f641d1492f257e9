"""What docs/redrive.md says of speed and limits is what the code goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic.health.limits import BEHIND_MS, FIGURES_MS
from trafficctl.redriving import shards
from trafficctl.redriving.lost import ROUGHLY_MS
from trafficctl.redriving.options import DEFAULT_TABLE_READS, SETTLED_MINUTES
from trafficctl.redriving.steps import TELL_EVERY_S

PAGE = " ".join((Path(__file__).parents[2] / "docs" / "redrive.md").read_text().split())
SEGMENTS = 2_000
UNITS_OF_AN_HOUR = 15  # 60 rows of less than 1 KB, 4 KB a unit


@pytest.mark.parametrize(
    "said",
    [
        f"up to {SETTLED_MINUTES:g} minutes before it began",
        f"{DEFAULT_TABLE_READS:g} read units a second of both together",
        f"1 MB a second of each, {shards.PARALLEL} at a time",
        f"within {BEHIND_MS // 1000} s for {FIGURES_MS // 60_000} minutes",
        f"every {TELL_EVERY_S / 60:g} minutes".replace("5", "five"),
        f"it goes back by {ROUGHLY_MS // 1000} s",
    ],
)
def test_the_page_tells_the_limits(said: str) -> None:
    assert said in PAGE


def test_a_day_takes_as_long_as_the_page_says() -> None:
    second = shards.MOST_BYTES_PER_S
    full, busy, calm = (24 * share * 1_000_000 / second for share in (1, 0.7, 0.1))
    units = SEGMENTS * 24 * UNITS_OF_AN_HOUR
    of_tables = units / DEFAULT_TABLE_READS / 3600

    assert f"filled to its limit | {full:g} h | at most {of_tables:g} h |" in PAGE
    assert f"doubles it | {busy:.0f} h | at most {of_tables:g} h |" in PAGE
    faster = f"or {units / 200 / 3600:g} h with `--table-reads 200`"
    assert f"10 % | {calm:g} h | at most {of_tables:g} h, {faster} |" in PAGE
