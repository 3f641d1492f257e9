"""The state of an alarm by CloudWatch's documented rules, as pure functions.

Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"
and "Alarm evaluation window"; its tables of examples are tests. Where the guide gives
no number (how far back beyond the evaluation periods data is looked for), the one of
its examples is taken: two periods.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK = "OK"
ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"

EXTRA_PERIODS = 2
# A sliding window moves on by the minute, or by the period of a high-resolution alarm.
SLIDE_S = 60.0

Point = float | None

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Rule:
    """What an alarm compares: `to_alarm` of `periods` datapoints must breach.

    `comparison` is one of COMPARISONS, `missing` what TreatMissingData says.
    """

    threshold: float
    comparison: str
    periods: int
    to_alarm: int
    missing: str = "missing"

    def breaches(self, value: float) -> bool:
        """Whether a datapoint crosses the threshold."""
        return COMPARISONS[self.comparison](value, self.threshold)


def starts(now: float, period_s: float, periods: int) -> list[float]:
    """The beginnings of the periods to look at, oldest first; only whole ones."""
    slide = min(period_s, SLIDE_S)
    end = math.floor(now / slide) * slide
    return [end - period_s * n for n in range(periods + EXTRA_PERIODS, 0, -1)]


def state_of(rule: Rule, points: Sequence[Point], current: str) -> str:
    """The state that `points` put an alarm into.

    `points` hold one value for each of `starts`, oldest first, None where there is
    no data; `current` is the state so far.
    """
    breaching = [rule.breaches(p) for p in points if p is not None]
    absent = rule.periods - len(breaching)
    if absent <= 0:
        return _by_count(rule, sum(breaching[-rule.periods :]))
    if rule.missing == "breaching":
        return _by_count(rule, sum(breaching) + absent)
    if rule.missing == "notBreaching":
        return _by_count(rule, sum(breaching))
    return _undecided(rule, points, breaching, current)


def _by_count(rule: Rule, breaching: int) -> str:
    return ALARM if breaching >= rule.to_alarm else OK


def _undecided(
    rule: Rule, points: Sequence[Point], breaching: Sequence[bool], current: str
) -> str:
    """With too few datapoints, and missing ones that stand for nothing."""
    keeps = rule.missing == "ignore"
    if not breaching:
        return current if keeps else INSUFFICIENT_DATA
    if sum(breaching) >= rule.to_alarm:
        return ALARM
    if not all(breaching):
        return OK
    if keeps:
        return current
    # Nothing has contradicted the oldest for as long as an alarm takes.
    oldest = next(i for i, point in enumerate(points) if point is not None)
    return ALARM if len(points) - oldest >= rule.to_alarm else OK


def too_few_samples(percentile: float, samples: float) -> bool:
    """Whether a percentile (0-100) of so many samples means nothing, as AWS has it."""
    share = percentile / 100
    return samples < 10 / (1 - share if share >= 0.5 else share)
