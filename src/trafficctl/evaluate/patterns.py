"""Incidents instead of alerts: how many, and how many messages people get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from traffic.incidents.events import Words, people_get
from traffic.incidents.grouping import regroup
from traffic.incidents.incident import Incident, OpenAlert
from traffic.incidents.reporting import IncidentChange, IncidentReport, due, reported
from traffic.incidents.unusual import with_unusual
from traffic.network.roads import RoadGraph
from traffic.network.topology import topology_of
from traffic.policy import HOUR_MS, MINUTE_MS, Policy
from traffic.profiles.unusual import usual_of
from traffic.segment.alerts import NONE, Transition
from trafficctl.metr_la import ROW_S, Detector, Week, road_network
from trafficctl.roads.geojson import document
from trafficctl.roads.network import network_of

from .baseline import TimeSpan
from .recorded import run_detector, whole_week
from .slowdowns import unusual_rows
from .week_days import FIRST_TEST_DAY, TEST_DAYS, Learned, day_of, rows_of

DAY_MS = 24 * HOUR_MS
# The days of the week, which starts on a Thursday.
PARTS = {"Thu-Sun": (0, 4), "Mon-Wed": (4, 7)}

Transitions = Mapping[str, Sequence[Transition]]


class UsualThen(NamedTuple):
    """The unusual segments and since when (ms), and the usual speeds (km/h)."""

    since: Mapping[str, int]
    speeds: Mapping[str, int]


UnusualTimes = Mapping[int, UsualThen]  # by the time from which that is so (ms)


@dataclass(frozen=True)
class PatternFigures:
    """The incidents of some days; shares are 0-1, None if undefined.

    `incidents` have not merged into another. `alerts_in_one` are alerts of exactly one
    incident. `alert_mails_day` is a message a transition, `mails_day` those about
    incidents, `unusual_mails_day` those that `NotifyFor=unusual` sends, None on days
    that are only learned from. `hours_inside` is the share of the alert-hours in an
    incident that was already reported.
    """

    days: str
    alerts: int
    incidents: int
    incident_share: float | None
    alerts_in_one: float | None
    alert_mails_day: float
    mails_day: float
    mail_share: float | None
    hours_inside: float | None
    largest_segments: int
    longest_km: float
    unusual_mails_day: float | None
    unusual_mail_share: float | None


def week_transitions(
    week: Week, step_s: int, policy: Policy, detectors: Iterable[Detector]
) -> Transitions:
    """The changes of each segment's alert over the week."""
    part = whole_week(week)
    by_segment = {}
    for one in detectors:
        segment = run_detector(one, week, part, step_s, policy)
        segment.decide()
        by_segment[one.segment_id] = segment.transitions
    return by_segment


def graph_of(week: Week) -> RoadGraph:
    """The roads of the week, linked as `trafficctl roads load` links them."""
    return linked(road_network(week))


def linked(road_file: Mapping[str, Any]) -> RoadGraph:
    """The roads of a road file, linked as `trafficctl roads load` links them."""
    network = network_of(document([road_file], "roads"), "roads")
    return topology_of(
        {k: v for k, v in vars(road).items() if v is not None} for road in network.roads
    ).graph


class IncidentReplay:
    """Runs over the alerts of a span, one each minute, and what they reported."""

    def __init__(self, graph: RoadGraph, unusual: UnusualTimes | None = None) -> None:
        self._graph = graph
        self._unusual = unusual or {}
        self._usual = UsualThen({}, {})
        self._standing: dict[str, Incident] = {}
        self.homes: Counter[str] = Counter()  # how many incidents an alert joined
        self.found: dict[str, Incident] = {}
        self.events: list[tuple[int, dict[str, Any]]] = []  # with their time
        self.hours: list[tuple[int, int, int]] = []  # time, open alerts, in reported

    def run(self, transitions: Transitions, span: TimeSpan) -> None:
        """Run over the whole span."""
        for at_ms, alerts in alerts_by_minute(transitions, span):
            self._run_once(alerts, at_ms)

    def _run_once(self, alerts: Sequence[OpenAlert], at_ms: int) -> None:
        standing = self._standing.values()
        self._usual = since, speeds = self._unusual.get(at_ms, self._usual)
        slow = with_unusual(alerts, since, standing, at_ms)
        report = IncidentReport(
            self._graph, {}, at_ms, Words(""), unusual=since, usual=speeds
        )
        for change in due(regroup(standing, slow, self._graph, at_ms), at_ms):
            self._take(reported(change, report), at_ms)
        inside = sum(len(one.segments()) for one in self._standing.values())
        self.hours.append((at_ms, len(alerts), inside))

    def _take(self, change: IncidentChange, at_ms: int) -> None:
        self.homes.update(one.alert_id for one in change.joined)
        for row in (*change.absorbed, change.after):
            self.events += [(at_ms, event) for event in row.outbox]
            sent = replace(row, outbox=())
            self.found[row.incident_id] = self._standing[row.incident_id] = sent
            if row.is_over:
                del self._standing[row.incident_id]

    def messages(self, notify_for: str, span: TimeSpan) -> int:
        """The messages that people got, by the value of `NotifyFor`."""
        return sum(
            people_get(event, notify_for)
            for at_ms, event in self.events
            if _is_in(at_ms, span)
        )


def unusual_times(learned: Iterable[Learned]) -> UnusualTimes:
    """The unusual segments after each five minutes of the days that are tested.

    Each day is learned from those before it.
    """
    learned = list(learned)
    times: dict[int, UsualThen] = {}
    since: Mapping[str, int] = {}
    for day in TEST_DAYS:
        by_segment = {
            one.detector.segment_id: unusual_rows(one, day, rows_of(one.speeds, day))
            for one in learned
        }
        profiles = {one.detector.segment_id: one.usual(day) for one in learned}
        for row in range(len(next(iter(by_segment.values())))):
            at_ms = day_of(day).begin_ms + (row + 1) * ROW_S * 1000
            now = (name for name, rows in by_segment.items() if rows[row])
            since = {name: since.get(name, at_ms) for name in now}
            times[at_ms] = UsualThen(since, usual_speeds(profiles, row))
    return times


def usual_speeds(profiles: Mapping[str, bytes], row: int) -> dict[str, int]:
    """The usual speeds in that row of five minutes, by the profiles of the day."""
    slot = row * ROW_S // 1800
    known = {name: usual_of(profile, slot) for name, profile in profiles.items()}
    return {name: speed for name, speed in known.items() if speed is not None}


def alerts_by_minute(
    transitions: Transitions, span: TimeSpan
) -> Iterator[tuple[int, list[OpenAlert]]]:
    """The open alerts at the end of each minute."""
    changes = [
        (change.at, name, change)
        for name, some in transitions.items()
        for change in some
    ]
    waiting = sorted(changes, key=lambda one: one[:2], reverse=True)
    open_alerts: dict[str, OpenAlert] = {}
    for at_ms in range(span.begin_ms + MINUTE_MS, span.end_ms + 1, MINUTE_MS):
        while waiting and waiting[-1][0] <= at_ms:
            _, name, change = waiting.pop()
            open_alerts[name] = OpenAlert(name, change.opened_at, change.level)
            if change.level == NONE:
                del open_alerts[name]
        yield at_ms, list(open_alerts.values())


def part_figures(
    days: str,
    span: TimeSpan,
    transitions: Transitions,
    watch: IncidentReplay,
    informed: IncidentReplay | None = None,
) -> PatternFigures:
    """The figures of some days of a span that `watch` has seen.

    `informed` is one that knew what is unusual.
    """
    changes = [
        (change, name)
        for name, some in transitions.items()
        for change in some
        if _is_in(change.at, span)
    ]
    alerts = _alert_ids(changes)
    incidents = [
        one
        for one in watch.found.values()
        if one.part_of is None and _is_in(one.opened_at, span)
    ]
    mails = watch.messages("incidents", span)
    unusual = None if informed is None else informed.messages("unusual", span)
    hours = [one for one in watch.hours if _is_in(one[0], span)]
    length = (span.end_ms - span.begin_ms) / DAY_MS
    return PatternFigures(
        days=days,
        alerts=len(alerts),
        incidents=len(incidents),
        incident_share=_share(len(incidents), len(alerts)),
        alerts_in_one=_share(sum(watch.homes[a] == 1 for a in alerts), len(alerts)),
        alert_mails_day=len(changes) / length,
        mails_day=mails / length,
        mail_share=_share(mails, len(changes)),
        hours_inside=_share(sum(h[2] for h in hours), sum(h[1] for h in hours)),
        largest_segments=max((one.peak_segments for one in incidents), default=0),
        longest_km=max((one.peak_length_km for one in incidents), default=0.0),
        unusual_mails_day=None if unusual is None else unusual / length,
        unusual_mail_share=None if unusual is None else _share(unusual, len(changes)),
    )


def _alert_ids(changes: Iterable[tuple[Transition, str]]) -> list[str]:
    return [
        OpenAlert(name, change.opened_at).alert_id
        for change, name in changes
        if change.kind == "opened"
    ]


def _is_in(at_ms: int, span: TimeSpan) -> bool:
    return span.begin_ms < at_ms <= span.end_ms


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def pattern_figures(
    week: Week, transitions: Transitions, learned: Iterable[Learned]
) -> list[PatternFigures]:
    """The figures of each part of the week; the unusual ones of the days tested."""
    span, graph = whole_week(week).span, graph_of(week)
    watch = IncidentReplay(graph)
    informed = IncidentReplay(graph, unusual_times(learned))
    for one in (watch, informed):
        one.run(transitions, span)
    return [
        part_figures(
            days,
            TimeSpan(span.begin_ms + first * DAY_MS, span.begin_ms + last * DAY_MS),
            transitions,
            watch,
            informed if first >= FIRST_TEST_DAY else None,
        )
        for days, (first, last) in PARTS.items()
    ]
