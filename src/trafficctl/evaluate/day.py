"""Half a day of simulated traffic: compares the alerts by reporting interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from traffic.policy import Policy
from trafficctl.metr_la import WEEK_BEGIN, Detector, Week

from .core import Segment
from .figures import AlertFigures, figures
from .rates import lanes_of, messages
from .recorded import WeekPart, baseline_spans, road_of

HALF_DAY = WeekPart(WEEK_BEGIN + timedelta(days=4, hours=5), 12)  # Monday, 5 to 17 h
EVERY = 10  # every tenth detector: 21 of the 207


@dataclass(frozen=True)
class DayRow:
    """The half day at one interval; `of_slowest` is its alerts over the last row's.

    Shares are 0-1; `hours_ratio` is over the hours of the plain threshold.
    """

    interval_s: int
    alerts: int
    of_slowest: float | None
    short_share: float | None
    reopened_share: float | None
    cover: float | None
    hours_ratio: float | None


def detectors_of(week: Week, every: int = EVERY) -> Sequence[Detector]:
    """The detectors to simulate."""
    return week.detectors[::every]


def day_figures(
    week: Week,
    interval_s: int,
    policy: Policy,
    detectors: Iterable[Detector],
    part: WeekPart = HALF_DAY,
) -> AlertFigures:
    """The alerts of the half day, simulated vehicle by vehicle on all lanes."""
    alerts, plain = {}, {}
    for detector in detectors:
        speeds = week.speeds[detector.detector]
        segment = Segment(detector.segment_id, road_of(speeds), policy)
        lanes = lanes_of(detector, week, part.first_s)
        seconds = round(part.hours * 3600)
        for message in messages(lanes, part.span.begin_ms, interval_s, seconds):
            segment.take(*message)
        alerts[detector.segment_id] = segment.alerts()
        plain[detector.segment_id] = baseline_spans(speeds, part, policy.high_score)
    return figures(alerts, plain, part.span)


def rows_of(figures_by_interval: Sequence[tuple[int, AlertFigures]]) -> list[DayRow]:
    """The rows of the table; the longest interval (s) comes last."""
    slowest = figures_by_interval[-1][1].alerts
    return [
        DayRow(
            interval_s=interval_s,
            alerts=one.alerts,
            of_slowest=one.alerts / slowest if slowest else None,
            short_share=one.short_share,
            reopened_share=one.reopened_share,
            cover=one.cover,
            hours_ratio=one.hours_ratio,
        )
        for interval_s, one in figures_by_interval
    ]
