"""Alarms calculate with metrics as CloudWatch's metric math does."""

from __future__ import annotations

from typing import Any

import pytest

from localcity.cloudwatch.metric_math import MathError, calculate, check

HERE: dict[str, Any] = {"m1": 6.0, "m2": 3.0, "zero": 0.0, "gone": None}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("m1 + m2 * 2", 12.0),
        ("(m1 - m2) / m2", 1.0),
        ("-m1", -6.0),
        ("100 * m2 / m1", 50.0),
        ("m1 > m2", 1.0),
        ("m1 < m2", 0.0),
        ("m1 >= 6 AND m2 <= 3", 1.0),
        ("m1 > 6 || m2 == 3", 1.0),
        ("IF(m1 > 5, m2, 0)", 3.0),
        ("IF(m1 > 7, m2, 0)", 0.0),
        ("IF(m1 > 7, m2)", None),
        ("FILL(gone, 0) + m2", 3.0),
        ("FILL(m1, 0)", 6.0),
        ("MAX([m1, m2, gone])", 6.0),
        ("MIN([m1, m2])", 3.0),
        ("SUM([m1, m2])", 9.0),
        ("AVG([m1, m2])", 4.5),
        ("MAX([gone])", None),
    ],
)
def test_an_expression_has_the_value_of_its_period(
    expression: str, value: float | None
) -> None:
    assert calculate(expression, HERE) == value


@pytest.mark.parametrize(
    "expression",
    ["m1 + gone", "gone > 1", "IF(gone, m1, m2)", "m1 / zero", "gone AND m1"],
)
def test_what_needs_an_absent_number_is_absent(expression: str) -> None:
    assert calculate(expression, HERE) is None


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("m1 + m9", "m9"),
        ("RATE(m1)", "RATE"),
        ("MAX(m1)", "MAX"),
        ("m1 +", "m1 +"),
        ("'text'", "text"),
        ("__import__('os').system('true')", "__import__"),
        ("IF(m1 > 5, RATE(m1), 0)", "RATE"),
        ("IF(m1 < 5, RATE(m1), 0)", "RATE"),
    ],
)
def test_what_is_not_known_here_is_named(expression: str, named: str) -> None:
    with pytest.raises(MathError, match=named):
        check(expression, ["m1"])
