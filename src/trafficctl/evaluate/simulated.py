"""How well incidents are found on a simulated road, where it is known what happened."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from traffic.incidents.events import OPENED
from traffic.model import Road
from traffic.policy import Policy
from trafficctl.cli.output import (
    ABSENT,
    Column,
    number,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.cli.progress import counting

from .baseline import BIN_MS, TimeSpan, score, spans
from .core import Segment
from .patterns import IncidentReplay, Transitions, linked
from .simulated_figures import (
    ClosureRow,
    Jams,
    Opened,
    SimulatedFigures,
    SimulatedResult,
    result_of,
)
from .simulated_road import (
    DAY_MS,
    LANES,
    MONDAY_MS,
    SECTION_M,
    SEED,
    free_flow_of,
    lanes_of,
    road_file,
    section_of,
    segment_of,
)
from .simulated_sensors import messages
from .simulated_traffic import TrapCounts, drive, passages, true_speeds

Tracker = Callable[[Iterable[int]], Iterable[int]]


@dataclass(frozen=True)
class SimulatedDays:
    """Consecutive days: the changes of alerts, and when there truly was a jam."""

    days: Sequence[int]
    transitions: Transitions
    jams: Jams

    @property
    def span(self) -> TimeSpan:
        """All of them."""
        begin, end = (MONDAY_MS + n * DAY_MS for n in (self.days[0], self.days[-1] + 1))
        return TimeSpan(begin, end)


def simulate(
    policy: Policy, days: Sequence[int], seed: int = SEED, track: Tracker = iter
) -> SimulatedDays:
    """Run the core on these days; `track` shows progress."""
    segments: dict[int, Segment] = {}
    scores: dict[int, list[tuple[int, float]]] = {}
    for day in track(days):
        for section, trap in drive(day, seed):
            if section not in segments:
                segments[section] = _segment(section, policy)
            for at_ms, readings in messages(section, day, passages(trap), seed):
                segments[section].take(at_ms, readings)
            scores.setdefault(section, []).extend(_true_scores(section, day, trap))
    for segment in segments.values():
        segment.decide()
    return SimulatedDays(
        days,
        {segment_of(n): segment.transitions for n, segment in segments.items()},
        {section: spans(some, policy.high_score) for section, some in scores.items()},
    )


def _true_scores(
    section: int, day: int, trap: TrapCounts
) -> Iterator[tuple[int, float]]:
    """The score of each five minutes with vehicles, and its start in ms."""
    begin = MONDAY_MS + day * DAY_MS
    for row, speed in enumerate(true_speeds(trap)):
        if speed is not None:
            yield begin + row * BIN_MS, score(speed, free_flow_of(section))


def _segment(section: int, policy: Policy) -> Segment:
    road = Road(
        lanes=lanes_of(section),
        length_m=SECTION_M,
        free_flow_speed=free_flow_of(section),
        known=True,
    )
    return Segment(segment_of(section), road, policy)


def reports_of(seen: SimulatedDays) -> list[Opened]:
    """The incidents that are reported over these days."""
    replay = IncidentReplay(linked(road_file()))
    replay.run(seen.transitions, seen.span)
    return [
        Opened(
            at_ms,
            section_of(event["head"]),
            [section_of(one) for one in event["segment_ids"]],
        )
        for at_ms, event in replay.events
        if event["transition"] == OPENED
    ]


def run_simulated(args: argparse.Namespace, policy: Policy) -> None:
    """Show the closures of the simulated road that are found."""
    days = range(args.days)
    seed = SEED if args.seed is None else args.seed
    with counting("days") as bar:
        task = bar.add_task("The simulated road", total=len(days))
        seen = simulate(policy, days, seed, lambda some: bar.track(some, task_id=task))
    result = result_of(reports_of(seen), seen.jams, days)
    rows = [asdict(row) for row in result.closures]
    if args.json:
        show_json({**asdict(result.figures), "closures": rows})
        return
    if args.csv:
        show_csv(tuple(rows[0]), rows)
        return
    show_result(result)


def show_result(result: SimulatedResult) -> None:
    """Show the closures and the figures to people."""
    figures = figure_rows(result.figures)
    headers = ("day", "time", "section", "lanes", "min", "found after s", "head")
    cells = [_cells(row) for row in result.closures]
    show(table([Column(one, number=True) for one in headers], cells))
    show(table([Column("figure"), Column("", number=True)], figures))


def _cells(row: ClosureRow) -> list[str]:
    after, head = (
        ABSENT if one is None else number(one) for one in (row.found_after_s, row.head)
    )
    closed = f"{row.lanes} of {LANES}"
    section, lasts = number(row.section), number(row.lasts_min)
    return [number(row.day), row.time, section, closed, lasts, after, head]


def figure_rows(figures: SimulatedFigures) -> list[tuple[str, str]]:
    """The figures as people read them."""
    after = figures.after_p50_s
    return [
        ("incidents found", f"{figures.found} of {figures.incidents}"),
        ("found after s, median", ABSENT if after is None else number(after)),
        ("head within one segment", f"{figures.head_right} of {figures.found}"),
        ("other incidents a day", number(figures.others_day, 1)),
        ("of these, the usual jam at the ramp", number(figures.usual_day, 1)),
        ("of these, without a jam", number(figures.false_day, 1)),
    ]
