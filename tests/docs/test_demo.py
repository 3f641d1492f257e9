"""The summary in the README is the one that the demo prints."""

from __future__ import annotations

import re

from trafficctl.demo.summary import checks, rows

from ..shape.sources import ROOT
from ..unit.trafficctl.demo.test_demo import WELL

SHOWN = (
    (ROOT / "README.md").read_text().partition("\n Summary\n")[2].partition("```")[0]
)


def test_the_summary_has_the_rows_that_the_demo_prints() -> None:
    table = SHOWN.partition("\n\n")[0].splitlines()[1:]

    assert [re.split(r" {2,}", line.strip())[0] for line in table] == [
        name.strip() for name, _value, _note in rows(WELL)
    ]


def test_the_summary_has_the_checks_that_the_demo_makes() -> None:
    shown = re.findall(r"^ ok   ([^:]+): ", SHOWN, re.M)

    assert shown == [one.name for one in checks(WELL)]
    assert "\nAll checks passed.\n" in SHOWN
