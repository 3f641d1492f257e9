"""The pages on replay files show what is read, and all that a mapping may say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trafficctl.__main__ import main
from trafficctl.replay.csv_file import COLUMNS, OPTIONAL, read_rows
from trafficctl.replay.mapping import READY
from trafficctl.replay.rows import ReplayRow

from ..shape.sources import ROOT
from .pages import named, names

PAGE = (ROOT / "docs" / "reference" / "wire-format.md").read_text()
GUIDE = (ROOT / "docs" / "guides" / "replay.md").read_text()
SECTION = PAGE.partition("\n## Replay file\n")[2].partition("\n## ")[0]


def test_every_column_is_told_and_which_may_be_left_out() -> None:
    told = {name: text for item, text in named(SECTION) for name in item}

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


def test_the_guide_links_the_example_that_the_tool_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (target,) = re.findall(r"\[The example\]\((.*?)\)", GUIDE)

    with pytest.raises(SystemExit):
        main(["replay", "--columns-example"])

    linked = ROOT / "docs" / "guides" / target
    assert capsys.readouterr().out == linked.read_text()


def test_the_guide_names_every_ready_made_mapping() -> None:
    table = GUIDE.partition("\n## Ready-made mappings\n")[2].partition("\n## ")[0]

    assert sorted(names(table)) == sorted(READY)
