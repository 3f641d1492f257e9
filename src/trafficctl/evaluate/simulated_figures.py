"""Which closures of the simulated road are found, and what is reported beyond. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from traffic.incidents.incident import HOLD_MS
from traffic.policy import HOUR_MS

from .baseline import BIN_MS, TimeSpan
from .simulated_road import CLOSURES, DAY_MS, RAMP_JOINS, Closure

BACK = 3  # sections upstream of a closure in which its jam begins to show
PEAK_H = (6.5, 10.0)  # when the usual jam at the ramp is

Jams = Mapping[int, Sequence[TimeSpan]]  # by section


class Opened(NamedTuple):
    """An incident as reported: when, and the sections of its head and of all."""

    at_ms: int
    head: int
    sections: Sequence[int]


@dataclass(frozen=True)
class ClosureRow:
    """A closure, and the first report of its jam; None if there was none.

    `head` is the section that the report names.
    """

    day: int
    time: str
    section: int
    lanes: int
    lasts_min: int
    found_after_s: float | None
    head: int | None


@dataclass(frozen=True)
class SimulatedFigures:
    """The closures found, and the reports that belong to none.

    `head_right` of the found are reported within one section of the closure.
    `others_day` reports a day belong to no closure: `usual_day` of them to the jam that
    forms at the ramp each morning, `false_day` of them to no jam at all.
    """

    incidents: int
    found: int
    after_p50_s: float | None
    head_right: int
    others_day: float
    usual_day: float
    false_day: float


@dataclass(frozen=True)
class SimulatedResult:
    """The figures, and a row for each closure."""

    figures: SimulatedFigures
    closures: Sequence[ClosureRow]


def result_of(
    reports: Sequence[Opened], jams: Jams, days: Sequence[int]
) -> SimulatedResult:
    """The figures of what is reported on these days; `jams` there truly were."""
    closures = [one for one in CLOSURES if one.day in days]
    rows = [_row(one, reports) for one in closures]
    others = [
        report
        for report in reports
        if not any(_belongs(report, one) for one in closures)
    ]
    delays = [row.found_after_s for row in rows if row.found_after_s is not None]
    figures = SimulatedFigures(
        incidents=len(rows),
        found=len(delays),
        after_p50_s=median(delays) if delays else None,
        head_right=sum(map(_is_head_right, rows)),
        others_day=len(others) / len(days),
        usual_day=sum(map(_is_usual, others)) / len(days),
        false_day=sum(not _is_jam(one, jams) for one in others) / len(days),
    )
    return SimulatedResult(figures, rows)


def _is_head_right(row: ClosureRow) -> bool:
    return row.head is not None and abs(row.head - row.section) <= 1


def _row(one: Closure, reports: Sequence[Opened]) -> ClosureRow:
    first = next((report for report in reports if _belongs(report, one)), None)
    return ClosureRow(
        day=one.day + 1,
        time=f"{one.minute // 60:02d}:{one.minute % 60:02d}",
        section=one.section,
        lanes=one.lanes,
        lasts_min=one.lasts_min,
        found_after_s=None if first is None else (first.at_ms - one.begin_ms) / 1000,
        head=None if first is None else first.head,
    )


def _belongs(report: Opened, closure: Closure) -> bool:
    """Whether a report is of the jam behind a closure, or of what it left."""
    near = range(closure.section - BACK, closure.section + 2)
    in_time = closure.begin_ms < report.at_ms <= closure.end_ms + HOLD_MS
    return in_time and any(one in near for one in report.sections)


def _is_usual(report: Opened) -> bool:
    hour = report.at_ms % DAY_MS / HOUR_MS
    return PEAK_H[0] <= hour < PEAK_H[1] and report.head <= RAMP_JOINS


def _is_jam(report: Opened, jams: Jams) -> bool:
    """Whether there truly was a jam at its head in the last five minutes."""
    since = report.at_ms - BIN_MS
    return any(
        jam.begin_ms < report.at_ms and jam.end_ms > since for jam in jams[report.head]
    )
