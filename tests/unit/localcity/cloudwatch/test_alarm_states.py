"""An alarm is in the state that CloudWatch's documentation gives it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localcity.cloudwatch.alarm_state import (
    ALARM,
    OK,
    Rule,
    starts,
    state_of,
    too_few_samples,
)

TABLES = json.loads((Path(__file__).parent / "alarm_states.json").read_text())["tables"]
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
POINTS = {"0": 0.0, "X": 1.0, "-": None}
CASES = [
    pytest.param(
        Rule(0, "GreaterThanThreshold", table["periods"], table["to_alarm"], missing),
        points,
        expected,
        id=f"{table['to_alarm']} of {table['periods']}: {points} {missing}",
    )
    for table in TABLES
    for points, *states in table["rows"]
    for missing, expected in zip(TREATMENTS, states, strict=True)
]


def state(rule: Rule, points: str, current: str = OK) -> str:
    return state_of(rule, [POINTS[mark] for mark in points.split()], current)


@pytest.mark.parametrize(("rule", "points", "expected"), CASES)
@pytest.mark.parametrize("current", [OK, ALARM])
def test_missing_data_counts_as_documented(
    rule: Rule, points: str, expected: str, current: str
) -> None:
    wanted = current if expected == "as before" else expected

    assert state(rule, points, current) == wanted


def test_what_is_older_than_the_periods_is_forgotten_once_they_are_full() -> None:
    rule = Rule(0, "GreaterThanThreshold", 3, 2)

    assert state(rule, "X X 0 0 0", ALARM) == OK
    assert state(rule, "0 0 X X 0") == ALARM


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -"])
def test_a_lone_breach_waits_until_nothing_can_contradict_it(points: str) -> None:
    rule = Rule(0, "GreaterThanThreshold", 3, 3)

    assert state(rule, points) == OK
    assert state(rule, "- - X - -") == ALARM


@pytest.mark.parametrize(
    ("comparison", "rings_at"),
    [
        ("GreaterThanThreshold", [6]),
        ("GreaterThanOrEqualToThreshold", [5, 6]),
        ("LessThanThreshold", [4]),
        ("LessThanOrEqualToThreshold", [4, 5]),
    ],
)
def test_a_threshold_itself_is_crossed_only_by_or_equal(
    comparison: str, rings_at: list[int]
) -> None:
    rule = Rule(5, comparison, 1, 1)
    ringing = [v for v in (4, 5, 6) if state_of(rule, [v], OK) == ALARM]

    assert ringing == rings_at


def test_a_window_slides_by_the_minute_and_holds_whole_periods() -> None:
    now = 10_000 * 60 + 59.9

    begins = starts(now, period_s=300, periods=2)

    assert begins == [10_000 * 60 - 300 * n for n in (4, 3, 2, 1)]
    assert starts(now + 0.1, 300, 2) == [begin + 60 for begin in begins]


def test_a_short_period_slides_by_itself() -> None:
    assert starts(1_234.5, period_s=10, periods=1) == [1_200.0, 1_210.0, 1_220.0]


@pytest.mark.parametrize(
    ("percentile", "enough"), [(99, 1_000), (95, 200), (50, 20), (10, 100)]
)
def test_a_percentile_needs_the_documented_number_of_samples(
    percentile: float, enough: int
) -> None:
    assert too_few_samples(percentile, enough - 1)
    assert not too_few_samples(percentile, enough + 0.001)
