"""Whole days of the simulated road, by uxsim."""

from __future__ import annotations

import json

import pytest

from trafficctl.__main__ import main
from trafficctl.evaluate import policies
from trafficctl.evaluate.simulated import reports_of, simulate
from trafficctl.evaluate.simulated_figures import result_of
from trafficctl.evaluate.simulated_road import SECTIONS
from trafficctl.evaluate.simulated_sensors import OUT_OF_ORDER


@pytest.mark.parametrize(
    ("given", "after_s", "median_s"), [([], 540, 480), (["--seed", "1"], 480, 450)]
)
def test_the_command_prints_the_first_day_as_always(
    given: list[str],
    after_s: int,
    median_s: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluate", "simulated", "--days", "1", "--json", *given]) == 0

    printed = json.loads(capsys.readouterr().out)
    closures = printed.pop("closures")
    assert printed == {
        "incidents": 2,
        "found": 2,
        "after_p50_s": median_s,
        "head_right": 2,
        "others_day": 1,
        "usual_day": 0,
        "false_day": 1,
    }
    assert [(one["time"], one["found_after_s"], one["head"]) for one in closures] == [
        ("06:40", after_s, 14),
        ("13:10", 420, 5),
    ]


def test_jams_are_found_beside_a_section_out_of_order_and_at_the_end() -> None:
    days = [4, 5]
    seen = simulate(policies.deployed(), days)
    found = result_of(reports_of(seen), seen.jams, days)

    assert (found.figures.found, found.figures.head_right) == (4, 4)
    rows = {one.section: (one.found_after_s, one.head) for one in found.closures}
    assert rows[OUT_OF_ORDER] == (900, OUT_OF_ORDER - 1)
    assert rows[SECTIONS] == (420, SECTIONS)
