"""Slowdowns injected into the METR-LA week, and which rule finds them.

The speed of one detector falls to a share of what was recorded, for 45 minutes.
Monday to Wednesday are tested, each learned from the days before it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from traffic.model import Reading
from traffic.policy import Policy
from traffic.profiles.unusual import bound_of, expected_of, turned
from traffic.profiles.usual_speeds import PROFILE_BYTES
from traffic.settings import KM_PER_MILE
from trafficctl.metr_la import ROW_S, measured

from .core import Segment
from .recorded import road_of
from .week_days import DAY_ROWS, TEST_DAYS, Learned, day_of, flow_of, rows_of

SEED = 20_120_305
SLOWED_TO = 0.55
LASTS_ROWS = 9  # 45 minutes
FOUND_WITHIN_ROWS = LASTS_ROWS + 2
WARM_UP_ROWS = 24
EACH = 60  # slowdowns for each part of the day
PARTS = {  # hours in which a slowdown begins
    "night": (False, 0.5, 5.0),
    "midday": (False, 10.0, 14.0),
    "late": (False, 20.0, 23.0),
    "morning peak": (True, 6.5, 9.0),
    "evening peak": (True, 16.0, 18.5),
}
AHEAD_MIN = 30
AHEAD_ROWS = AHEAD_MIN * 60 // ROW_S


@dataclass(frozen=True)
class Slowdown:
    """Where, on which day of the week and in which row of that day it begins."""

    place: int
    day: int
    row: int
    peak: bool


@dataclass(frozen=True)
class SlowdownRow:
    """The slowdowns off peak or in peak, and how many of them each rule finds.

    `delay_min` is the median from the beginning to the first alert of either rule.
    """

    when: str
    slowdowns: int
    fixed: float
    unusual: float
    either: float
    delay_min: float | None


@dataclass(frozen=True)
class ProfileFigures:
    """The profile on the days without slowdowns.

    Unusual alerts per segment and day, mean absolute errors of the speed in 30 minutes,
    and the size of a segment's profile.
    """

    unusual_per_segment_day: float
    expected_mae_mph: float
    last_value_mae_mph: float
    profile_bytes: int


def slowdowns_of(learned: Sequence[Learned], seed: int = SEED) -> list[Slowdown]:
    """The same slowdowns for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return [
        Slowdown(
            rng.randrange(len(learned)),
            rng.choice(TEST_DAYS),
            round(rng.uniform(begin, end) * 3600 / ROW_S),
            peak,
        )
        for peak, begin, end in PARTS.values()
        for _ in range(EACH)
    ]


def slowed(one: Learned, slowdown: Slowdown) -> list[float]:
    """The speeds of that day, with the slowdown."""
    speeds = list(rows_of(one.speeds, slowdown.day))
    end = min(slowdown.row + LASTS_ROWS, len(speeds))
    for row in range(slowdown.row, end):
        speeds[row] *= SLOWED_TO
    return speeds


def unusual_rows(one: Learned, day: int, speeds: Sequence[float]) -> list[bool]:
    """Whether the segment is unusual after each five minutes of the day."""
    usual, is_unusual, before, rows = one.usual(day), False, None, []
    for row, mean in enumerate(ten_minute_means(speeds, one.free_flow)):
        bound = bound_of(usual, row * ROW_S // 1800)
        below = None if bound is None or mean is None else mean < bound
        is_unusual, before = turned(is_unusual, (before, below)), below
        rows.append(is_unusual)
    return rows


def ten_minute_means(
    speeds: Sequence[float], free_flow: float
) -> Iterator[float | None]:
    """The space mean of each two five minutes, None for the first."""
    flows = [flow_of(speed, free_flow) for speed in speeds]
    yield None
    for row in range(1, len(speeds)):
        here, before = flows[row], flows[row - 1]
        yield (here + before) / (here / speeds[row] + before / speeds[row - 1])


def fixed_rows(
    one: Learned, day: int, speeds: Sequence[float], part: range, policy: Policy
) -> list[bool]:
    """Whether an alert of the product is open after each five minutes of *part*."""
    segment = Segment(one.detector.segment_id, road_of(one.speeds), policy, messages=1)
    at_ms, rows, is_open = day_of(day).begin_ms + part.start * ROW_S * 1000, [], False
    samples = measured(speeds, part.start * ROW_S, ROW_S, len(part))
    for count, speed, share in samples:
        at_ms += ROW_S * 1000
        seen = len(segment.transitions)
        name = one.detector.detector
        reading = Reading(name, at_ms, count, speed, None, share, ROW_S)
        segment.take(at_ms, [reading])
        for change in segment.transitions[seen:]:
            is_open = change.kind != "cleared"
        rows.append(is_open)
    return rows


def minutes_to_find(
    before: Sequence[bool], after: Sequence[bool], first: int
) -> int | None:
    """Minutes from row *first* to the first alert that the slowdown alone raises.

    *before* are the alerts of the day as it was; None if none comes in time.
    """
    rows = range(first, min(first + FOUND_WITHIN_ROWS, len(after)))
    newly = [row for row in rows if after[row] and not before[row]]
    return (newly[0] + 1 - first) * ROW_S // 60 if newly else None


def found(
    one: Learned, slowdown: Slowdown, policy: Policy
) -> tuple[int | None, int | None]:
    """Minutes until the fixed and the unusual rule find a slowdown."""
    day, row = slowdown.day, slowdown.row
    as_it_was, with_it = list(rows_of(one.speeds, day)), slowed(one, slowdown)
    begin = max(0, row - WARM_UP_ROWS)
    part = range(begin, min(DAY_ROWS, row + FOUND_WITHIN_ROWS))
    fixed = minutes_to_find(
        fixed_rows(one, day, as_it_was, part, policy),
        fixed_rows(one, day, with_it, part, policy),
        row - begin,
    )
    unusual = minutes_to_find(
        unusual_rows(one, day, as_it_was), unusual_rows(one, day, with_it), row
    )
    return fixed, unusual


def rows(
    learned: Sequence[Learned], slowdowns: Iterable[Slowdown], policy: Policy
) -> list[SlowdownRow]:
    """What each rule finds, off peak and in peak."""
    by_peak: dict[bool, list[tuple[int | None, int | None]]] = {False: [], True: []}
    for one in slowdowns:
        by_peak[one.peak].append(found(learned[one.place], one, policy))
    return [
        _row("in peak" if peak else "off peak", some) for peak, some in by_peak.items()
    ]


def _row(when: str, delays: Sequence[tuple[int | None, int | None]]) -> SlowdownRow:
    firsts = [min((d for d in both if d is not None), default=None) for both in delays]
    known = [first for first in firsts if first is not None]
    return SlowdownRow(
        when,
        len(delays),
        fixed=fmean(fixed is not None for fixed, _ in delays),
        unusual=fmean(unusual is not None for _, unusual in delays),
        either=len(known) / len(delays),
        delay_min=median(known) if known else None,
    )


def profile_figures(learned: Sequence[Learned]) -> ProfileFigures:
    """The unusual alerts and the errors of the expected speed on the test days."""
    alerts, expected, last = 0, [], []
    for one in learned:
        for day in TEST_DAYS:
            speeds, usual = rows_of(one.speeds, day), one.usual(day)
            seen = unusual_rows(one, day, speeds)
            alerts += sum(now > before for before, now in pairwise([False, *seen]))
            for row, after in enumerate(speeds[AHEAD_ROWS:]):
                minute, speed = row * ROW_S // 60, speeds[row]
                guess = expected_of(usual, usual, minute, AHEAD_MIN, speed)
                expected.append(abs((speed if guess is None else guess) - after))
                last.append(abs(speed - after))
    return ProfileFigures(
        alerts / len(learned) / len(TEST_DAYS),
        fmean(expected) / KM_PER_MILE,
        fmean(last) / KM_PER_MILE,
        PROFILE_BYTES,
    )
