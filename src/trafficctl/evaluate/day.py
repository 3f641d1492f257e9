"""Half a day of simulated traffic at several reporting rates: do the alerts agree?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from traffic.policy import Policy
from trafficctl.metr_la import WEEK_BEGIN, Detector, Week

from .core import Segment
from .figures import Figures, figures
from .rates import lanes_of, messages
from .recorded import Stretch, plain_of, road_of

STRETCH = Stretch(WEEK_BEGIN + timedelta(days=4, hours=5), 12)  # Monday, 5 to 17 h
EVERY = 10  # one detector of so many: 21 of the 207


@dataclass(frozen=True)
class Row:
    """The half day at one rate; `of_slowest` is its alerts over those of the last row.

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
    """The detectors that are driven."""
    return week.detectors[::every]


def day_figures(
    week: Week,
    interval_s: int,
    policy: Policy,
    detectors: Iterable[Detector],
    part: Stretch = STRETCH,
) -> Figures:
    """The alerts of the half day, all lanes driven vehicle by vehicle."""
    alerts, plain = {}, {}
    for one in detectors:
        speeds = week.speeds[one.detector]
        segment = Segment(one.segment_id, road_of(speeds), policy)
        lanes = lanes_of(one, week, part.first_s)
        seconds = round(part.hours * 3600)
        for told in messages(lanes, part.span.begin_ms, interval_s, seconds):
            segment.take(*told)
        alerts[one.segment_id] = segment.alerts()
        plain[one.segment_id] = plain_of(speeds, part, policy.high_score)
    return figures(alerts, plain, part.span)


def rows_of(seen: Sequence[tuple[int, Figures]]) -> list[Row]:
    """The table, of intervals in s with their figures, the longest last."""
    slowest = seen[-1][1].alerts
    return [
        Row(
            interval_s=interval_s,
            alerts=one.alerts,
            of_slowest=one.alerts / slowest if slowest else None,
            short_share=one.short_share,
            reopened_share=one.reopened_share,
            cover=one.cover,
            hours_ratio=one.hours_ratio,
        )
        for interval_s, one in seen
    ]
