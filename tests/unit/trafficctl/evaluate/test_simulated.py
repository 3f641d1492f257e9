"""Closed lanes of a simulated road, and which of their jams are found."""

from __future__ import annotations

import sys

import pytest

from traffic.incidents.incident import HOLD_MS
from trafficctl.__main__ import main
from trafficctl.evaluate.baseline import TimeSpan
from trafficctl.evaluate.patterns import linked
from trafficctl.evaluate.simulated import show_result
from trafficctl.evaluate.simulated_figures import Opened, SimulatedResult, result_of
from trafficctl.evaluate.simulated_road import (
    CLOSURES,
    DAYS,
    MONDAY_MS,
    RAMP,
    RAMP_JOINS,
    RAMP_SHARE,
    REMAINS,
    SECTION_M,
    SECTIONS,
    STEP_S,
    TRAP_M,
    demand,
    demands,
    road_file,
    segment_of,
)
from trafficctl.evaluate.simulated_traffic import (
    BIN_STEPS,
    TrapCounts,
    capacity_changes,
    passages,
    true_speeds,
)

MINUTE_MS = 60_000
CAPACITY = 6_207  # vehicles an hour on the three lanes of the road


def test_the_road_has_one_carriageway_and_a_ramp_that_joins_it() -> None:
    graph = linked(road_file())
    chain = [segment_of(one) for one in range(1, SECTIONS + 1)]

    assert [list(graph.following(one)) for one in chain] == [
        *([one] for one in chain[1:]),
        [],
    ]
    assert list(graph.following(segment_of(RAMP))) == [segment_of(RAMP_JOINS)]
    assert graph.faults == []
    assert graph.road(chain[0]).length_m == pytest.approx(SECTION_M)


def test_more_vehicles_arrive_at_each_closure_than_it_lets_through() -> None:
    assert len(CLOSURES) == 12
    for one in CLOSURES:
        flow = demand((one.minute + one.lasts_min / 2) / 60)
        if one.section >= RAMP_JOINS:
            flow *= 1 + RAMP_SHARE
        assert flow > 1.15 * REMAINS[one.lanes] * CAPACITY


def test_each_morning_more_vehicles_arrive_than_fit_below_the_ramp() -> None:
    for day in range(DAYS):
        hour = list(demands(day))[7 * 60 + 15 : 8 * 60 + 15]
        assert sum(hour) / len(hour) * (1 + RAMP_SHARE) > CAPACITY


def test_days_and_seeds_differ() -> None:
    first = list(demands(0))

    assert first == list(demands(0))
    assert first != list(demands(1))
    assert first != list(demands(0, seed=1))


def test_a_closure_leaves_its_share_of_the_capacity_until_it_ends() -> None:
    assert capacity_changes(0) == [
        (24_000, 14, 0.49),
        (25_800, 14, 1.0),
        (47_400, 5, 0.17),
        (49_800, 5, 1.0),
    ]


def test_vehicles_leave_in_the_order_in_which_they_entered() -> None:
    trap = TrapCounts(entered=[0, 2, 2, 3, 3], left=[0, 0, 0, 1, 2])

    assert list(passages(trap)) == [
        (3 * STEP_S, 2 * STEP_S),
        (4 * STEP_S, 3 * STEP_S),
    ]


def test_standing_vehicles_are_a_speed_of_zero_and_an_empty_road_is_none() -> None:
    empty, standing = [0] * BIN_STEPS, [1] * BIN_STEPS
    moving = [1 + n for n in range(BIN_STEPS)]
    trap = TrapCounts(
        [*empty, *standing, *(n + 4 for n in moving)], [*empty, *empty, *moving]
    )

    none, zero, speed = true_speeds(trap)
    assert (none, zero) == (None, 0.0)
    assert speed == pytest.approx(3.6 * TRAP_M / (4 * STEP_S))  # each takes 4 steps


FIRST = CLOSURES[0]
DAY = MONDAY_MS
NO_JAMS = {section: list[TimeSpan]() for section in range(SECTIONS + 1)}


def result(*reports: Opened) -> SimulatedResult:
    return result_of(reports, NO_JAMS, [0])


def opened(at_ms: int, head: int, *others: int) -> Opened:
    return Opened(at_ms, head, [head, *others])


def test_the_first_report_near_a_closure_finds_it() -> None:
    at_ms = FIRST.begin_ms + 4 * MINUTE_MS
    found = result(
        opened(at_ms, FIRST.section - 1), opened(at_ms + MINUTE_MS, FIRST.section)
    )

    assert (found.figures.found, found.figures.incidents) == (1, 2)
    assert found.figures.after_p50_s == 240
    assert found.figures.others_day == 0
    row, missed = found.closures
    assert (row.time, row.found_after_s, row.head) == ("06:40", 240, FIRST.section - 1)
    assert (missed.time, missed.found_after_s, missed.head) == ("13:10", None, None)


@pytest.mark.parametrize(("away", "right"), [(-3, 0), (-2, 0), (-1, 1), (0, 1), (1, 1)])
def test_a_head_is_right_within_one_section(away: int, right: int) -> None:
    found = result(opened(FIRST.begin_ms + MINUTE_MS, FIRST.section + away))

    assert (found.figures.found, found.figures.head_right) == (1, right)


@pytest.mark.parametrize(
    ("at_ms", "section"),
    [
        (FIRST.begin_ms, FIRST.section),
        (FIRST.end_ms + HOLD_MS + MINUTE_MS, FIRST.section),
        (FIRST.begin_ms + MINUTE_MS, FIRST.section - 4),
        (FIRST.begin_ms + MINUTE_MS, FIRST.section + 2),
    ],
)
def test_a_report_too_early_too_late_or_too_far_off_finds_nothing(
    at_ms: int, section: int
) -> None:
    figures = result(opened(at_ms, section)).figures

    assert (figures.found, figures.after_p50_s) == (0, None)
    assert figures.others_day == 1


@pytest.mark.parametrize(
    ("hour", "head", "usual"),
    [(8, RAMP_JOINS - 1, 1), (11, RAMP_JOINS - 1, 0), (8, RAMP_JOINS + 1, 0)],
)
def test_the_usual_jam_is_in_the_morning_and_not_below_the_ramp(
    hour: int, head: int, usual: int
) -> None:
    figures = result(opened(DAY + hour * 60 * MINUTE_MS, head)).figures

    assert (figures.others_day, figures.usual_day) == (1, usual)


@pytest.mark.parametrize(("minutes_later", "false"), [(0, 1), (1, 0), (14, 0), (15, 1)])
def test_a_report_of_no_closure_is_false_without_a_jam_in_its_last_five_minutes(
    minutes_later: int, false: int
) -> None:
    begin = DAY + 11 * 60 * MINUTE_MS
    jams = {**NO_JAMS, 3: [TimeSpan(begin, begin + 10 * MINUTE_MS)]}
    report = opened(begin + minutes_later * MINUTE_MS, 3)

    figures = result_of([report], jams, [0]).figures
    assert (figures.others_day, figures.false_day) == (1, false)


def test_figures_are_of_the_days_that_ran() -> None:
    figures = result_of([opened(DAY + MINUTE_MS, 3)], NO_JAMS, [0, 1, 2, 3]).figures

    assert (figures.incidents, figures.others_day) == (8, 0.25)


def test_people_read_a_closure_that_is_not_found_as_absent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_result(result())

    printed = capsys.readouterr().out
    assert "06:40        14   1 of 3    30               -      -" in printed
    assert "incidents found                       0 of 2" in printed
    assert "found after s, median                      -" in printed


def test_without_uxsim_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uxsim", None)

    assert main(["evaluate", "simulated"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "the simulated road needs uxsim, which is not installed" in said.err
    assert "run `pip install '.[simulated]'` in a clone" in said.err
