"""The page on replay files shows one that is right, with every column."""

from __future__ import annotations

import re
from pathlib import Path

from trafficctl.replay.csv_file import COLUMNS, OPTIONAL, ReplayRow, read_rows

from ..shape.sources import ROOT

PAGE = (ROOT / "docs" / "reference" / "wire-format.md").read_text()
SECTION = PAGE.partition("\n## Replay file\n")[2].partition("\n## ")[0]


def test_every_column_is_told_and_which_may_be_left_out() -> None:
    rows = re.findall(r"^\| (`[^|]*) \| ([^|]*) \|$", SECTION, re.M)
    told = {name: text for cell, text in rows for name in re.findall(r"`(\w+)`", cell)}

    assert tuple(told) == COLUMNS
    optional = [name for name in told if "optional" in told[name]]
    assert tuple(optional) == OPTIONAL


def test_the_file_that_is_shown_is_taken_whole(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```\n(.*?)^```", SECTION, re.M | re.S)
    path = tmp_path / "shown.csv"
    path.write_text(shown)

    rows = list(read_rows(path))

    assert shown.splitlines()[0] == ",".join(COLUMNS)
    assert [type(row) for row in rows] == [ReplayRow, ReplayRow]
