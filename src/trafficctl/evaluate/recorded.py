"""Runs the core on recorded traffic: the METR-LA week or a replay file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from traffic.model import Reading, Road
from traffic.policy import UNKNOWN_LANES, UNKNOWN_LENGTH_M, Policy
from trafficctl.errors import UserError
from trafficctl.metr_la import (
    LANES,
    ROW_S,
    WEEK_BEGIN,
    Detector,
    Week,
    free_flow_kmh,
    measured,
)
from trafficctl.replay.csv_file import read_rows
from trafficctl.replay.rows import BadRow, ReplayRow
from trafficctl.roads.network import RoadSegment

from .baseline import Bins, TimeSpan, score, spans
from .core import Segment
from .figures import AlertFigures, figures


@dataclass(frozen=True)
class WeekPart:
    """A part of the METR-LA week: `hours` from `begin` on."""

    begin: datetime
    hours: float

    @property
    def first_s(self) -> int:
        """Its start in seconds of the week."""
        return round((self.begin - WEEK_BEGIN).total_seconds())

    @property
    def span(self) -> TimeSpan:
        """The same in ms since the epoch."""
        begin = round(self.begin.timestamp() * 1000)
        return TimeSpan(begin, begin + round(self.hours * 3_600_000))


def whole_week(week: Week) -> WeekPart:
    """The whole week."""
    return WeekPart(WEEK_BEGIN, (week.end - WEEK_BEGIN).total_seconds() / 3600)


def road_of(speeds: Sequence[float]) -> Road:
    """The road of a detector, as in the road file of `trafficctl metr-la`."""
    return Road(lanes=LANES, free_flow_speed=free_flow_kmh(speeds), known=True)


def run_detector(
    detector: Detector, week: Week, part: WeekPart, step_s: int, policy: Policy
) -> Segment:
    """Run the core on one detector, with the readings of `trafficctl metr-la`."""
    speeds, name = week.speeds[detector.detector], detector.detector
    segment = Segment(detector.segment_id, road_of(speeds), policy)
    steps = int(part.hours * 3600 // step_s)
    steps_measured = measured(speeds, part.first_s, step_s, steps)
    at_ms = part.span.begin_ms
    for count, speed, share in steps_measured:
        at_ms += step_s * 1000
        segment.take(at_ms, [Reading(name, at_ms, count, speed, None, share, step_s)])
    return segment


def baseline_spans(
    speeds: Sequence[float], part: WeekPart, high: float
) -> list[TimeSpan]:
    """Where the recorded five minutes of a detector reach `high`."""
    first, rows = part.first_s // ROW_S, round(part.hours * 3600 / ROW_S)
    free_flow = free_flow_kmh(speeds)
    begin = part.span.begin_ms
    return spans(
        (
            (begin + row * ROW_S * 1000, score(speed, free_flow))
            for row, speed in enumerate(speeds[first : first + rows])
        ),
        high,
    )


def week_figures(
    week: Week, step_s: int, policy: Policy, ready: Iterable[Detector] | None = None
) -> AlertFigures:
    """The alerts of the whole week; `ready` may track the detectors."""
    part = whole_week(week)
    alerts = {
        one.segment_id: run_detector(one, week, part, step_s, policy).alerts()
        for one in ready or week.detectors
    }
    plain = {
        one.segment_id: baseline_spans(
            week.speeds[one.detector], part, policy.high_score
        )
        for one in week.detectors
    }
    return figures(alerts, plain, part.span)


@dataclass(frozen=True)
class FileFigures:
    """The figures of a replay file and the counts of its rows.

    `unknown` segments have no free-flow speed; `rejected` readings are not counted.
    """

    figures: AlertFigures
    readings: int
    unknown: int
    rejected: int


def file_figures(
    path: Path, roads: Mapping[str, RoadSegment], policy: Policy
) -> FileFigures:
    """The alerts of a replay file. Raises UserError for a bad row or too few rows."""
    segments: dict[str, Segment] = {}
    bins: dict[str, Bins] = {}
    count, first, last = 0, None, 0
    for segment_id, at_ms, readings in messages(good_rows(path)):
        if segment_id not in segments:
            road = _road(roads.get(segment_id))
            segments[segment_id] = Segment(segment_id, road, policy)
            bins[segment_id] = Bins(road.free_flow_speed)
        segments[segment_id].take(at_ms, readings)
        for reading in readings:
            bins[segment_id].add(at_ms, reading)
        count += len(readings)
        first, last = at_ms if first is None else min(first, at_ms), max(last, at_ms)
    if first is None or last == first:
        raise UserError(
            f"{path.name} has readings of fewer than two instants - check the file"
        )
    return FileFigures(
        figures(
            {name: one.alerts() for name, one in segments.items()},
            {
                name: spans(one.scores(), policy.high_score)
                for name, one in bins.items()
            },
            TimeSpan(first, last),
        ),
        count,
        sum(one.road.free_flow_speed is None for one in segments.values()),
        sum(one.rejected for one in segments.values()),
    )


def good_rows(path: Path) -> Iterator[ReplayRow]:
    """The rows of a replay file. Raises UserError at the first bad row."""
    try:
        for row in read_rows(path):
            if isinstance(row, BadRow):
                raise UserError(f"{row.messages(path)[0]} - correct the row")
            yield row
    except FileNotFoundError as exc:
        raise UserError(f"file not found: {path} - give a replay file") from exc


def messages(rows: Iterable[ReplayRow]) -> Iterator[tuple[str, int, list[Reading]]]:
    """Segment, time and readings of each message, one per instant."""
    for at_ms, tick in groupby(rows, key=attrgetter("event_ms")):
        by_segment: dict[str, list[Reading]] = {}
        for row in tick:
            by_segment.setdefault(row.segment_id, []).append(row.reading)
        for segment_id, readings in by_segment.items():
            yield segment_id, at_ms, readings


def _road(road: RoadSegment | None) -> Road:
    if road is None:
        return Road()
    return Road(
        lanes=road.lanes or UNKNOWN_LANES,
        length_m=road.length_m or UNKNOWN_LENGTH_M,
        free_flow_speed=road.free_flow_speed,
        known=True,
    )
