"""Classes are told apart by any eyes, and mean what the thresholds say."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from .colour import EYES, chroma, contrast, distance

THEMES = ("dark", "light")
APART = 15.0  # delta E; the nearest pair of common map palettes has about 10
VISIBLE = 3.0  # WCAG 1.4.11, graphical objects
TEXT = 4.5  # WCAG 1.4.3, text


def told(page: Page, expression: str) -> Any:
    return page.evaluate(f"import('/app/scales.js').then(s => {expression})")


def values(page: Page, scale: str, field: str, numbers: list[Any]) -> list[Any]:
    given = "{high: 50, severe: 80, clear: 40}"
    made = f"s.scalesFor({given}).{scale}"
    return list(told(page, f"{numbers}.map(v => {made}.classOf({{{field}: v}}))"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eyes", EYES)
def test_any_two_classes_look_different_to_all_eyes(
    rules: Page, theme: str, eyes: str
) -> None:
    palette = told(rules, f"s.PALETTE.{theme}")
    apart = {
        pair: distance(palette[pair[0]], palette[pair[1]], EYES[eyes])
        for pair in combinations(range(6), 2)
    }

    assert {pair: d for pair, d in apart.items() if d < APART} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_every_class_stands_out_from_the_ground(rules: Page, theme: str) -> None:
    palette = told(rules, f"[...s.PALETTE.{theme}, s.NO_DATA.{theme}]")
    ground = told(rules, f"s.GROUND.{theme}")
    faint = [c for c in palette[:6] if contrast(c, ground) < VISIBLE]

    assert faint == []


def test_the_worse_the_wider_and_the_worst_are_cut_as_well(rules: Page) -> None:
    widths = told(rules, "[s.NO_DATA_WIDTH, ...s.WIDTHS]")

    assert all(a < b for a, b in pairwise(widths))
    assert list(told(rules, "Object.keys(s.TIES)")) == ["4", "5"]


def test_congestion_is_cut_where_alerts_clear_and_open(rules: Page) -> None:
    scores = [0, 19.9, 20, 39.9, 40, 50, 65, 79.9, 80, 100]

    assert values(rules, "score", "score", scores) == [0, 0, 1, 1, 2, 3, 4, 4, 5, 5]


def test_speed_is_cut_where_the_capacity_manual_cuts_urban_streets(
    rules: Page,
) -> None:
    ratios = [1.1, 0.86, 0.85, 0.6, 0.45, 0.35, 0.3, 0]

    assert values(rules, "ratio", "ratio", ratios) == [0, 0, 1, 2, 3, 4, 5, 5]


def test_level_of_service_has_a_class_for_each_letter(rules: Page) -> None:
    assert values(rules, "los", "los", [*"ABCDEF"]) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("scale", ["score", "ratio", "los"])
def test_what_is_not_known_has_no_class(rules: Page, scale: str) -> None:
    page_null = told(
        rules,
        f"s.scalesFor({{high:50,severe:80,clear:40}}).{scale}"
        f".classOf({{{scale}: null}})",
    )

    assert page_null is None


def test_a_segment_unheard_of_for_ten_minutes_has_no_present(rules: Page) -> None:
    ages = told(
        rules,
        "[0, 600000, 600001].map(age => "
        "s.isSilent({updated_at: 1e12, reporting: 1}, 1e12 + age))",
    )

    assert ages == [False, False, True]


@pytest.mark.parametrize("theme", THEMES)
def test_severe_is_the_most_vivid_class_and_stands_out_like_text(
    rules: Page, theme: str
) -> None:
    palette = told(rules, f"s.PALETTE.{theme}")
    ground = told(rules, f"s.GROUND.{theme}")
    vivid = [chroma(colour) for colour in palette]

    assert max(vivid) == vivid[5]
    assert contrast(palette[5], ground) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_green_to_red_stands_out_from_the_ground_too(rules: Page, theme: str) -> None:
    palette = told(rules, f"s.PALETTE['{theme}-signal']")
    ground = told(rules, f"s.GROUND.{theme}")
    pairs = combinations(palette, 2)

    assert [c for c in palette if contrast(c, ground) < VISIBLE] == []
    assert min(distance(a, b, EYES["usual"]) for a, b in pairs) >= APART


@pytest.mark.parametrize(
    ("score", "los", "said"),
    [
        (20, "F", "the road is full"),
        (49.9, "E", "it still moves"),
        (50, "F", ""),
        (60, "A", "few are there"),
        (20, "D", ""),
        (60, "C", ""),
        ("null", "F", ""),
    ],
)
def test_a_level_and_a_score_that_disagree_are_explained(
    rules: Page, score: float | str, los: str, said: str
) -> None:
    words = told(
        rules, f"s.disagreement({{score: {score}, los: '{los}'}}, {{high: 50}})"
    )

    assert said in words
    assert bool(said) == bool(words)
