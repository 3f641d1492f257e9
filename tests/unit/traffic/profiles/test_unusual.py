"""When traffic is unusual, and which speed to expect."""

from __future__ import annotations

from itertools import pairwise

import pytest

from traffic.profiles.local_days import SLOTS
from traffic.profiles.unusual import bound_of, expected_of, turned, usual_of


def profile(usual: list[int], lows: list[int] | None = None) -> bytes:
    """The same pattern all day."""
    times = SLOTS // len(usual)
    return bytes(usual * times + (usual if lows is None else lows) * times)


@pytest.mark.parametrize(
    ("usual", "low", "bound"),
    [
        (100, 95, 80.0),  # a fifth under the usual
        (40, 38, 28.0),  # 12 km/h under the usual
        (100, 50, 44.0),  # 6 km/h under the lowest of usual days
    ],
)
def test_the_lowest_of_three_bounds_counts(usual: int, low: int, bound: float) -> None:
    assert bound_of(profile([usual], [low]), 20) == bound


def test_a_peak_that_comes_half_an_hour_early_is_usual() -> None:
    usual = [100] * SLOTS
    usual[16] = 40

    part = bytes(usual + [100] * SLOTS)

    assert [bound_of(part, slot) for slot in (14, 15, 16, 17, 18)] == [
        80,
        28,
        28,
        28,
        80,
    ]


def test_the_half_hours_around_midnight_are_neighbours() -> None:
    usual = [100] * SLOTS
    usual[0] = 40

    assert bound_of(bytes(usual + [100] * SLOTS), 47) == 28


def test_where_traffic_usually_stands_nothing_is_unusual() -> None:
    bound = bound_of(profile([0]), 0)

    assert usual_of(profile([0]), 0) == 0
    assert bound is not None
    assert bound < 0


def turns(text: str) -> str:
    """Whether it is unusual after each of: b below, - not below, ? unknown."""
    below = [{"b": True, "-": False, "?": None}[one] for one in text]
    is_unusual, seen = False, ""
    for two in pairwise([None, *below]):
        is_unusual = turned(is_unusual, two)
        seen += "u" if is_unusual else "."
    return seen


@pytest.mark.parametrize(
    ("below", "unusual"),
    [
        ("b-b-b-", "......"),
        ("bb----", ".uu..."),
        ("bb-b--", ".uuuu."),
        ("b?bb?b", "...uuu"),
        ("bb??bb", ".uu..u"),
    ],
)
def test_two_in_a_row_begin_it_and_two_in_a_row_end_it(
    below: str, unusual: str
) -> None:
    assert turns(below) == unusual


@pytest.mark.parametrize(("ahead", "speed"), [(15, 43.0), (30, 47.0), (60, 53.0)])
def test_a_deviation_from_the_usual_fades(ahead: int, speed: float) -> None:
    assert expected_of(profile([60]), profile([60]), 600, ahead, 40.0) == speed


def test_the_usual_changes_evenly_between_the_middles_of_half_hours() -> None:
    usual = [60] * SLOTS
    usual[20] = 30  # 10:00 to 10:30
    part = bytes(usual * 2)

    assert expected_of(part, part, 570, 15, 60.0) == 60
    assert expected_of(part, part, 585, 15, 60.0) == 45
    assert expected_of(part, part, 600, 15, 45.0) == 30


def test_no_speed_below_zero_is_expected() -> None:
    assert expected_of(profile([60]), profile([20]), 600, 15, 0.0) == 0


def test_where_the_usual_or_the_speed_is_unknown_nothing_is_expected() -> None:
    assert expected_of(profile([255]), profile([60]), 600, 30, 50.0) is None
    assert expected_of(profile([60]), profile([255]), 600, 30, 50.0) is None
    assert expected_of(profile([60]), profile([60]), 600, 30, None) is None
