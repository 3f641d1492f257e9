"""The tables of the evaluation are those of the default policy."""

from __future__ import annotations

from pathlib import Path

from trafficctl.evaluate import policies, rates

from .pages import states

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "evaluation.md"
TEXT = PAGE.read_text()


def test_the_tables_name_the_policy_that_a_city_has_by_default() -> None:
    policy = policies.deployed()
    limits = [
        f"high {policy.high_score:g}",
        f"severe {policy.severe_score:g}",
        f"clear {policy.clear_score:g}",
        f"hold {policy.hold_s:g} s",
    ]
    clear_hold = f"clear hold {policy.clear_hold_s:g} s"

    assert states(TEXT, "207 detectors", *limits)
    assert f"\n| {policy.clear_hold_s:g} | " in TEXT
    assert states(TEXT, "`rates`", *limits, clear_hold)


def test_the_rates_have_a_row_for_each_interval() -> None:
    table = TEXT.partition("| interval, s |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines()[2:]]

    assert rows == [str(interval) for interval in rates.INTERVALS_S]
