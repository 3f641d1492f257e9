"""What is new about an incident, and when it is written: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from ..network.roads import RoadGraph
from ..policy import HOUR_MS, MINUTE_MS
from ..segment.alert_events import alert_id_of
from ..segment.alerts import NONE, SEVERE
from .events import (
    CLEARED,
    CONGESTED,
    ESCALATED,
    GREW,
    MERGED,
    OPENED,
    UNUSUAL,
    Words,
    event_of,
)
from .grouping import Regrouped
from .incident import HOLD_MS, Incident, OpenAlert, Reported
from .queue import Live, queue_of
from .unusual import is_unusual

URGENT = (OPENED, CONGESTED, ESCALATED)  # people get these within 30 s
GROWN_TIMES = 2  # as many segments as reported, and at least two more
GROWN_MORE = 2
GREW_AGAIN_MS = HOLD_MS
FIGURES_MS = 50_000  # how old the figures become; a run starts each minute
LONGEST_STEP_MS = 5 * MINUTE_MS  # delay is not extrapolated over an outage


@dataclass(frozen=True)
class IncidentChange:
    """The rows of one incident to write together; *joined* are its new alerts."""

    after: Incident
    joined: Sequence[OpenAlert] = ()
    absorbed: Sequence[Incident] = ()


def is_due(change: Regrouped, now_ms: int) -> bool:
    """Whether the incident has to be written: it changed, or its figures are old."""
    before, after = change.before, change.after
    if before is None or change.absorbed or before.measured_at is None:
        return True
    if now_ms - before.measured_at >= FIGURES_MS:
        return True
    is_same = replace(before, members=after.members) == after
    return not is_same or before.segments() != after.segments()


@dataclass(frozen=True)
class IncidentReport:
    """What events are made of: the roads, their traffic, and the time (ms).

    *received_at* is, of alerts that changed just now, when their readings came (ms);
    *unusual* are the segments that are unusual, and since when (ms); *usual* are usual
    speeds (km/h).
    """

    graph: RoadGraph
    live: Live
    now_ms: int
    words: Words
    received_at: Mapping[str, int] = field(default_factory=dict)
    unusual: Mapping[str, int] = field(default_factory=dict)
    usual: Mapping[str, int] = field(default_factory=dict)


def reported(change: Regrouped, report: IncidentReport) -> IncidentChange:
    """Return the rows of an incident with its figures and events."""
    after = _measured(change, report)
    kind = news_of(after, report.now_ms)
    if kind is not None:
        after = _with_event(after, kind, report)
    absorbed = [_merged(one, after, report) for one in change.absorbed]
    return IncidentChange(_next_version(after), change.joined, absorbed)


def _measured(change: Regrouped, report: IncidentReport) -> Incident:
    after, now_ms = change.after, report.now_ms
    queue = queue_of(after, report.graph, report.live, report.usual)
    since = now_ms if after.measured_at is None else after.measured_at
    step_ms = min(max(now_ms - since, 0), LONGEST_STEP_MS)
    delay = after.delay + sum(one.delay for one in change.absorbed)
    return replace(
        after,
        queue=queue,
        delay=delay + queue.delay_rate * step_ms / HOUR_MS,
        measured_at=now_ms,
        unusual=_unusual(change, report),
        peak_segments=max(after.peak_segments, len(after.segments())),
        peak_length_km=max(after.peak_length_km, queue.length_km),
    )


def _unusual(change: Regrouped, report: IncidentReport) -> Optional[bool]:
    """Return whether the incident is unusual, or was; None if that is unknown."""
    segments = change.after.segments()
    was = any(one.unusual for one in (change.after, *change.absorbed))
    if was or is_unusual(segments, report.unusual, report.now_ms):
        return True
    if not segments:
        return change.after.unusual
    return False if any(one in report.usual for one in segments) else None


def news_of(one: Incident, now_ms: int) -> Optional[str]:
    """Return what to report of an incident, None if nothing."""
    last, segments = one.reported, len(one.segments())
    if one.is_over:
        return CLEARED if last.at else None
    if not last.at:
        return OPENED if one.level > NONE or one.unusual else None
    if not segments:
        return None
    if one.level > last.level:
        return ESCALATED if one.level == SEVERE else CONGESTED
    if one.unusual and not last.unusual:
        return UNUSUAL
    has_grown = segments >= max(GROWN_TIMES * last.segments, last.segments + GROWN_MORE)
    return GREW if has_grown and now_ms - last.at >= GREW_AGAIN_MS else None


def _with_event(one: Incident, kind: str, report: IncidentReport) -> Incident:
    level = max(one.level, one.reported.level)
    segments, unusual = len(one.segments()), bool(one.unusual)
    state = Reported(report.now_ms, segments, level, unusual)
    received_at = _received_at(one, report) if kind in URGENT else None
    event = event_of(one, kind, report.graph, report.now_ms, report.words, received_at)
    return replace(one, reported=state, outbox=(*one.outbox, event))


def _received_at(one: Incident, report: IncidentReport) -> Optional[int]:
    """Return when the reading came that an event follows from, None if unknown."""
    alert_ids = (alert_id_of(n, m.opened_at) for n, m in one.members.items())
    times = (report.received_at.get(alert_id) for alert_id in alert_ids)
    return min((at for at in times if at is not None), default=None)


def _merged(one: Incident, into: Incident, report: IncidentReport) -> Incident:
    """Return an incident that became part of an older one."""
    over = replace(one, ended_at=report.now_ms, part_of=into.incident_id)
    if over.reported.at:
        over = _with_event(over, MERGED, report)
    return _next_version(over)


def _next_version(one: Incident) -> Incident:
    return replace(one, version=one.version + 1)


def due(changes: Iterable[Regrouped], now_ms: int) -> list[Regrouped]:
    """Return the changes that have to be written."""
    return [one for one in changes if is_due(one, now_ms)]
