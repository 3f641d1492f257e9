"""What the recorded week teaches: the targets of the profiles and bottlenecks."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from tests.docs.pages import states
from trafficctl.__main__ import main
from trafficctl.evaluate import policies
from trafficctl.evaluate.learned_week import show_bottlenecks, show_slowdowns
from trafficctl.evaluate.patterns import graph_of
from trafficctl.evaluate.slowdowns import (
    EACH,
    LASTS_ROWS,
    PARTS,
    SLOWED_TO,
    ProfileFigures,
    SlowdownRow,
    minutes_to_find,
    profile_figures,
    rows,
    slowdowns_of,
    slowed,
)
from trafficctl.evaluate.week_bottlenecks import WeekBottlenecks, week_bottlenecks
from trafficctl.evaluate.week_days import FIRST_TEST_DAY, Learned, learn, rows_of
from trafficctl.metr_la import load_week

POLICY = policies.deployed()
PAGE = (Path(__file__).parents[4] / "docs/explanation/profiles.md").read_text()


@pytest.fixture(scope="module")
def learned() -> list[Learned]:
    return learn(load_week())


def test_the_same_seed_injects_the_same_slowdowns(learned: list[Learned]) -> None:
    chosen = slowdowns_of(learned)

    assert chosen == slowdowns_of(learned) != slowdowns_of(learned, seed=2)
    assert len(chosen) == EACH * len(PARTS) == 300
    assert {one.day for one in chosen} == {4, 5, 6}  # Monday to Wednesday


def test_a_slowdown_changes_45_minutes_and_nothing_else(learned: list[Learned]) -> None:
    one = slowdowns_of(learned)[0]
    before = rows_of(learned[one.place].speeds, one.day)
    after = slowed(learned[one.place], one)

    changed = [row for row in range(len(before)) if before[row] != after[row]]
    assert changed == list(range(one.row, one.row + LASTS_ROWS))
    assert after[one.row] == before[one.row] * SLOWED_TO


def test_an_alert_that_was_there_anyway_finds_no_slowdown() -> None:
    before = [True, True, False, False, False]

    assert minutes_to_find(before, [True] * 5, 0) == 15
    assert minutes_to_find(before, before, 0) is None
    assert minutes_to_find([False] * 30, [False] * 11 + [True] * 19, 0) is None


def test_no_day_is_learned_from_before_it_is_over(learned: list[Learned]) -> None:
    one = learned[0]
    spoilt = [*one.records[:FIRST_TEST_DAY], *[bytes(144)] * 3]

    changed = Learned(one.detector, one.speeds, one.free_flow, spoilt)

    assert changed.profile(FIRST_TEST_DAY) == one.profile(FIRST_TEST_DAY)
    assert changed.profile(FIRST_TEST_DAY + 1) != one.profile(FIRST_TEST_DAY + 1)


@pytest.fixture(scope="module")
def found(learned: list[Learned]) -> list[SlowdownRow]:
    return rows(learned, slowdowns_of(learned), POLICY)


def test_both_rules_together_find_most_slowdowns(found: list[SlowdownRow]) -> None:
    off_peak, in_peak = found

    assert (off_peak.when, in_peak.when) == ("off peak", "in peak")
    assert off_peak.either >= 0.9
    assert off_peak.fixed < 0.45
    assert in_peak.either >= 0.7
    assert in_peak.fixed < 0.45
    assert max(off_peak.delay_min or 99, in_peak.delay_min or 99) <= 15


@pytest.fixture(scope="module")
def figures(learned: list[Learned]) -> ProfileFigures:
    return profile_figures(learned)


def test_the_expected_speed_is_better_than_the_present_one(
    figures: ProfileFigures,
) -> None:
    assert figures.expected_mae_mph <= 3.9
    assert figures.last_value_mae_mph > 4.1
    assert figures.unusual_per_segment_day < 0.6
    assert figures.profile_bytes == 288


@pytest.fixture(scope="module")
def places(learned: list[Learned]) -> WeekBottlenecks:
    return week_bottlenecks(learned, graph_of(load_week()))


def test_the_ten_worst_places_are_stable(places: WeekBottlenecks) -> None:
    assert places.same_of_ten >= 8
    assert places.same_of_twenty >= 15
    assert places.worst[0].head == "I-405-S-765171"
    by_shift = {(one.first, one.shift): one for one in places.corridors}
    morning = by_shift["I-405-S-767366", "morning"]
    assert (morning.travel_time_index, morning.planning_time_index) == (3.21, 5.09)


@pytest.mark.parametrize(
    ("what", "keys"),
    [
        ("slowdowns", {"slowdowns", "profile"}),
        ("bottlenecks", {"worst", "same_of_ten", "same_of_twenty", "corridors"}),
    ],
)
def test_json_has_all_figures(
    what: str, keys: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", what, "--json"]) == 0

    assert set(json.loads(capsys.readouterr().out)) == keys


TABLE = Namespace(json=False, csv=False)


def test_a_table_shows_the_slowdowns(
    found: list[SlowdownRow],
    figures: ProfileFigures,
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_slowdowns(found, figures, TABLE)

    assert "off peak" in capsys.readouterr().out


def test_a_table_shows_the_bottlenecks(
    places: WeekBottlenecks, capsys: pytest.CaptureFixture[str]
) -> None:
    show_bottlenecks(places, TABLE)

    assert "I-405-S-765171" in capsys.readouterr().out


def test_the_page_has_the_figures(
    found: list[SlowdownRow], figures: ProfileFigures
) -> None:
    for row in found:
        shares = [f"{share:.0%}" for share in (row.fixed, row.unusual, row.either)]
        cells = [row.when, str(row.slowdowns), *shares, f"{row.delay_min:.0f}"]
        assert f"| {' | '.join(cells)} |".replace("%", " %") in PAGE

    assert states(PAGE, f"{figures.unusual_per_segment_day:.2f} unusual alerts")
    assert states(PAGE, f"{figures.expected_mae_mph:.2f} mph in the mean")
    assert states(PAGE, f"the present speed by {figures.last_value_mae_mph:.2f} mph")


def test_the_page_tells_how_stable_the_bottlenecks_are(places: WeekBottlenecks) -> None:
    assert states(PAGE, f"finds {places.same_of_ten} of the ten worst")
    assert states(PAGE, f"{places.same_of_twenty} of twenty")
