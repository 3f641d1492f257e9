"""The quality of alerts: how many, how short, how often reopened, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .baseline import TimeSpan
from .core import Alert

SHORT_MS = 600_000
REOPENED_MS = 1_800_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@dataclass(frozen=True)
class AlertFigures:
    """The alerts of an evaluation; shares are 0-1, None if undefined.

    `short_share` of the alerts cleared within 10 minutes, `reopened_share` were
    followed by another on the same segment within 30 minutes of clearing. `cover` is
    the share of the plain threshold's hours that lie inside an alert, `hours_ratio`
    alert-hours over these hours.
    """

    alerts: int
    short_share: float | None
    reopened_share: float | None
    cover: float | None
    hours_ratio: float | None
    open_most: int
    per_segment_day: float
    hours: float
    plain_hours: float
    segments: int
    days: float


def figures(
    alerts: Mapping[str, Sequence[Alert]],
    plain: Mapping[str, Sequence[TimeSpan]],
    span: TimeSpan,
) -> AlertFigures:
    """Evaluate the alerts of all segments over `span`, also of those without any."""
    all_alerts = [one for some in alerts.values() for one in some]
    open_spans = {name: spans_of(some, span) for name, some in alerts.items()}
    everything = [one for some in open_spans.values() for one in some]
    plain_ms = sum(length(some) for some in plain.values())
    inside = sum(overlap(open_spans.get(name, []), plain[name]) for name in plain)
    days = (span.end_ms - span.begin_ms) / DAY_MS
    return AlertFigures(
        alerts=len(all_alerts),
        short_share=_share(sum(map(is_short, all_alerts)), len(all_alerts)),
        reopened_share=_share(sum(map(reopened, alerts.values())), len(all_alerts)),
        cover=_share(inside, plain_ms),
        hours_ratio=_share(length(everything), plain_ms),
        open_most=open_most(everything),
        per_segment_day=len(all_alerts) / len(alerts) / days,
        hours=length(everything) / HOUR_MS,
        plain_hours=plain_ms / HOUR_MS,
        segments=len(alerts),
        days=days,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def spans_of(alerts: Iterable[Alert], span: TimeSpan) -> list[TimeSpan]:
    """When alerts were open; one not cleared is open until the end of `span`."""
    return [
        TimeSpan(
            one.opened_ms, span.end_ms if one.cleared_ms is None else one.cleared_ms
        )
        for one in alerts
    ]


def length(spans: Iterable[TimeSpan]) -> int:
    """The sum of their lengths, ms."""
    return sum(one.end_ms - one.begin_ms for one in spans)


def is_short(alert: Alert) -> bool:
    """Whether an alert cleared within ten minutes."""
    cleared = alert.cleared_ms
    return cleared is not None and cleared - alert.opened_ms < SHORT_MS


def reopened(alerts: Sequence[Alert]) -> int:
    """How many alerts of one segment were followed by another soon after clearing."""
    return sum(
        first.cleared_ms is not None
        and second.opened_ms - first.cleared_ms <= REOPENED_MS
        for first, second in pairwise(alerts)
    )


def overlap(ours: Sequence[TimeSpan], theirs: Sequence[TimeSpan]) -> int:
    """The time in both, ms; each is sorted and without overlaps."""
    total, place = 0, 0
    for one in theirs:
        while place < len(ours) and ours[place].end_ms <= one.begin_ms:
            place += 1
        for other in ours[place:]:
            if other.begin_ms >= one.end_ms:
                break
            begin = max(one.begin_ms, other.begin_ms)
            total += min(one.end_ms, other.end_ms) - begin
    return total


def open_most(spans: Sequence[TimeSpan]) -> int:
    """The most open at once; one that ends as another begins does not overlap."""
    turns = [(one.begin_ms, 1) for one in spans] + [(one.end_ms, -1) for one in spans]
    most = now = 0
    for _, change in sorted(turns):
        now += change
        most = max(most, now)
    return most
