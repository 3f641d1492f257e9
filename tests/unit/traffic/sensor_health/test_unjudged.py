"""Silence that goes unjudged rings, and one slow batch that holds it does not."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import pytest

from tests.template.alarms import given
from traffic.sensor_health.processor_lag import is_behind, span_s

from .processor import EPOCH_S, ORDINARY_MS

TIMED_OUT_MS = 61_000.0  # the batch that comes again after one that took 60 s
DAY = range(24 * 60)  # its minutes
ALARM: dict[str, Any] = given("SilenceUnjudgedAlarm")
NEEDED = ALARM["DatapointsToAlarm"]


def figures(slow: Container[int], stopped: Container[int] = ()) -> list[int]:
    """`ProcessorBehind` of each minute of a day, some slow, some without a batch."""
    ages = {
        EPOCH_S + minute * 60: TIMED_OUT_MS if minute in slow else ORDINARY_MS
        for minute in DAY
        if minute not in stopped
    }
    return [_told(ages, EPOCH_S + minute * 60 + 30) for minute in DAY]


def _told(ages: dict[int, float], now_s: int) -> int:
    start, _ = span_s(now_s)
    known = range(start, now_s, 60)
    seen = {at: ages[at] for at in known if at in ages}
    return int(is_behind(dict.fromkeys(known, 100.0), seen, now_s))


def rings(told: list[int]) -> list[int]:
    """The minutes in which the alarm rings."""
    span = ALARM["EvaluationPeriods"]
    return [
        minute
        for minute in range(span - 1, len(told))
        if sum(told[minute - span + 1 : minute + 1]) >= NEEDED
    ]


@pytest.mark.parametrize("slow", [[100], [100, 101], [100, 101, 102]])
def test_a_few_slow_minutes_hold_silence_and_do_not_ring(slow: list[int]) -> None:
    told = figures(slow)

    assert sum(told) == 9 + len(slow)
    assert rings(told) == []


def test_one_slow_batch_every_nine_minutes_holds_silence_for_good_and_rings() -> None:
    told = figures(range(100, 24 * 60, 9))

    assert told[100:] == [1] * len(told[100:])
    assert rings(told)[0] == 100 + NEEDED - 1


def test_a_processor_that_stands_still_rings_within_twenty_minutes() -> None:
    told = figures([], stopped=range(100, 24 * 60))

    assert rings(told)[0] - 100 < 20


def test_a_sweep_or_two_that_tell_nothing_do_not_keep_it_from_ringing() -> None:
    """What is missing is no bad minute; the schedule may skip one now and then."""
    told = figures([], stopped=range(100, 24 * 60))
    told[110] = told[115] = 0

    assert rings(told)[0] - 100 < 20
    assert ALARM["TreatMissingData"] == "notBreaching"
    assert ALARM["MetricName"] == "ProcessorBehind"
