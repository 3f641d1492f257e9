"""Contradictory parameters are refused, all others are not."""

from __future__ import annotations

import pytest

from .rules import accepted
from .template import PARAMETERS, TEMPLATE

BELOW = {
    "ClearBelowHigh": ("CongestionClearThreshold", "CongestionHighThreshold"),
    "HighBelowSevere": ("CongestionHighThreshold", "CongestionSevereThreshold"),
}
AT_MOST = {"ShardsWithinMaximum": ("KinesisShardCount", "KinesisMaxShardCount")}


def pairs(low: str, high: str) -> list[tuple[int, int]]:
    """Return every pair of values that two parameters offer."""
    offered = [PARAMETERS[name]["AllowedValues"] for name in (low, high)]
    return [(a, b) for a in offered[0] for b in offered[1]]


def accepted_pairs(rule: str, low: str, high: str) -> list[tuple[int, int]]:
    """Return the pairs that a rule accepts."""
    return [
        (a, b)
        for a, b in pairs(low, high)
        if accepted(rule, {low: str(a), high: str(b)})
    ]


@pytest.mark.parametrize("rule", BELOW)
def test_the_lower_score_must_be_below_the_higher(rule: str) -> None:
    low, high = BELOW[rule]

    assert accepted_pairs(rule, low, high) == [
        (a, b) for a, b in pairs(low, high) if a < b
    ]


@pytest.mark.parametrize("rule", AT_MOST)
def test_what_is_asked_for_must_not_exceed_its_maximum(rule: str) -> None:
    low, high = AT_MOST[rule]

    assert accepted_pairs(rule, low, high) == [
        (a, b) for a, b in pairs(low, high) if a <= b
    ]


def test_these_are_all_the_rules() -> None:
    assert set(TEMPLATE["Rules"]) == {*BELOW, *AT_MOST}


@pytest.mark.parametrize(("rule", "names"), (BELOW | AT_MOST).items())
def test_a_refusal_names_both_parameters_and_says_what_to_change(
    rule: str, names: tuple[str, str]
) -> None:
    (assertion,) = TEMPLATE["Rules"][rule]["Assertions"]
    sentence = assertion["AssertDescription"]

    assert [name in sentence for name in names] == [True, True]
    assert sentence.endswith("lower the first or raise the second.")


def test_the_defaults_are_accepted() -> None:
    defaults = {name: str(one["Default"]) for name, one in PARAMETERS.items()}

    assert {rule: accepted(rule, defaults) for rule in TEMPLATE["Rules"]} == (
        dict.fromkeys(TEMPLATE["Rules"], True)
    )
