"""The tables of the evaluation are those of the default policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic.incidents.incident import HOLD_MS
from trafficctl.evaluate import policies, rates
from trafficctl.evaluate import simulated_road as road
from trafficctl.evaluate import simulated_sensors as sensors
from trafficctl.evaluate.simulated import figure_rows
from trafficctl.evaluate.simulated_figures import BACK, SimulatedFigures

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


CLOSED_MIN = [one.lasts_min for one in road.CLOSURES]


@pytest.mark.parametrize(
    "facts",
    [
        ("10 km", f"{road.SECTIONS} segments", f"{road.LANES} lanes"),
        (f"{road.DAYS} days", "in the morning"),
        (
            f"{len(road.CLOSURES)} times",
            "1 or 2 lanes",
            f"{min(CLOSED_MIN)} to {max(CLOSED_MIN)} minutes",
        ),
        (f"{road.BEHIND_M:.0f} m upstream", f"{sensors.INTERVAL_S} s"),
        (f"{sensors.MISSED:.0%}".replace("%", " %"), "vehicles"),
        (f"{sensors.LOST:.0%}".replace("%", " %"), "readings"),
        ("`opened`", f"{HOLD_MS // 60_000} minutes"),
    ],
)
def test_the_simulated_road_is_the_codes(facts: tuple[str, ...]) -> None:
    assert states(TEXT, *facts)


def test_numbers_in_words_of_the_simulated_road_are_those_of_the_code() -> None:
    assert (BACK, sensors.SILENT_MIN) == (3, 60)
    assert pytest.approx(10_000) == road.SECTIONS * road.SECTION_M
    assert {one.lanes for one in road.CLOSURES} == {1, 2}


def test_the_figures_of_the_simulated_road_are_those_that_it_prints() -> None:
    figures = SimulatedFigures(12, 11, 360.0, 11, 8 / 6, 1.0, 2 / 6)

    section = TEXT.partition("## A simulated road")[2]
    told = [line for line in section.splitlines() if line.startswith("- ")]
    assert told == [f"- {name}: {value}" for name, value in figure_rows(figures)]
    assert figures.incidents == len(road.CLOSURES)
