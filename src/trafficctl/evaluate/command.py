"""`trafficctl evaluate`: runs the processor's rules on given traffic, offline.

The first argument is one of EVALUATIONS or a replay file.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from traffic.policy import Policy
from trafficctl.cli.options import add_formats, positive_int
from trafficctl.cli.output import (
    ABSENT,
    Column,
    number,
    say,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.cli.progress import counting
from trafficctl.errors import OK, UserError
from trafficctl.evaluate import day, policies, rates
from trafficctl.evaluate.figures import AlertFigures
from trafficctl.evaluate.learned_week import run_bottlenecks, run_slowdowns
from trafficctl.evaluate.patterns import pattern_figures, week_transitions
from trafficctl.evaluate.recorded import file_figures, week_figures
from trafficctl.evaluate.simulated import run_simulated
from trafficctl.evaluate.simulated_road import DAYS
from trafficctl.evaluate.week_days import learn
from trafficctl.files import METR_LA
from trafficctl.metr_la import Week, load_week
from trafficctl.roads.network import read_geojson

STEP_S = 60
Tracker = Callable[[Iterable[Any]], Iterator[Any]]


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate`."""
    parser = subparsers.add_parser(
        "evaluate",
        help="show which alerts the rules raise on given traffic",
        description="Run the processor's rules on given traffic, without a city, and "
        "show the alerts that they raise. `metr-la` is a recorded week of Los Angeles "
        "with a reading every 60 s. `rates` simulates the certain jams of that week "
        "vehicle by vehicle and reports them every 1 to 60 s, with and without "
        "occupancy. `patterns` groups the week's alerts into incidents. `slowdowns` "
        "injects slowdowns into the week and shows how many the fixed threshold and "
        "the profiles find. `bottlenecks` lists its places that cost most. `simulated` "
        "closes lanes of a simulated road at known places and shows which incidents "
        "are found; it needs the package UXsim. "
        "Anything else is a replay file, as `trafficctl metr-la` writes it.",
    )
    add = parser.add_argument
    add("what", metavar="WHAT", help=f"{', '.join(EVALUATIONS)}, or a replay file")
    add("--roads", type=Path, metavar="FILE.geojson", help="the road file of FILE.csv")
    add(
        "--day",
        action="store_true",
        help="with rates: simulate half a day of 21 segments instead of the jams",
    )
    add(
        "--seed",
        type=positive_int,
        metavar="N",
        help="with simulated: other traffic and other errors of the sensors",
    )
    policies.add_options(parser)
    add_formats(parser)
    add("--data", type=Path, default=METR_LA, metavar="DIR", help=argparse.SUPPRESS)
    add("--days", type=positive_int, default=DAYS, help=argparse.SUPPRESS)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    evaluation = EVALUATIONS.get(args.what, _file)
    if args.roads is not None and evaluation is not _file:
        raise UserError(f"--roads needs a replay file, not {args.what}")
    if args.day and evaluation is not _rates:
        raise UserError(f"--day needs rates, not {args.what}")
    if args.seed is not None and evaluation is not run_simulated:
        raise UserError(f"--seed needs simulated, not {args.what}")
    policy = policies.with_options(policies.deployed(), vars(args))
    say(f"policy: {policies.describe(policy)}")
    evaluation(args, policy)
    return OK


def _metr_la(args: argparse.Namespace, policy: Policy) -> None:
    week = load_week(args.data)
    with _display("The week", len(week.detectors)) as track:
        result = week_figures(week, STEP_S, policy, track(week.detectors))
    _show_figures(result, args)


def _file(args: argparse.Namespace, policy: Policy) -> None:
    path = Path(args.what)
    if not path.is_file():
        names = ", ".join(EVALUATIONS)
        raise UserError(
            f"file not found: {path} - give a replay file, or one of {names}"
        )
    roads = [] if args.roads is None else read_geojson(args.roads)
    result = file_figures(path, {road.segment_id: road for road in roads}, policy)
    say(f"{number(result.readings)} readings of {path}")
    if result.unknown:
        say(
            f"{result.unknown} of {result.figures.segments} segments have no free-flow "
            "speed, so speed raises no alert there - give a road file with --roads"
        )
    if result.rejected:
        say(f"{number(result.rejected)} readings rejected")
    _show_figures(result.figures, args)


def _rates(args: argparse.Namespace, policy: Policy) -> None:
    week = load_week(args.data)
    _show_rows(_day(week, policy) if args.day else _jams(week, policy), args)


def _patterns(args: argparse.Namespace, policy: Policy) -> None:
    week = load_week(args.data)
    with _display("The week", len(week.detectors)) as track:
        changes = week_transitions(week, STEP_S, policy, track(week.detectors))
    _show_rows(
        [asdict(row) for row in pattern_figures(week, changes, learn(week))], args
    )


def _show_rows(rows: Sequence[dict[str, Any]], args: argparse.Namespace) -> None:
    if args.json:
        show_json(rows)
        return
    if args.csv:
        show_csv(tuple(rows[0]), rows)
        return
    columns = [Column(HEADERS[name], number=name != "days") for name in rows[0]]
    cells = [[_cell(name, row[name]) for name in row] for row in rows]
    show(table(columns, cells))


def _jams(week: Week, policy: Policy) -> list[dict[str, Any]]:
    jams = rates.sample_jams(rates.certain_jams(week))
    with _display("Jams", len(rates.INTERVALS_S) * len(jams)) as track:
        return [
            asdict(row)
            for interval_s in rates.INTERVALS_S
            for row in rates.rows_of(interval_s, jams, week, policy, track)
        ]


def _day(week: Week, policy: Policy) -> list[dict[str, Any]]:
    some = day.detectors_of(week)
    with _display("Half a day", len(rates.INTERVALS_S) * len(some)) as track:
        by_interval = [
            (interval_s, day.day_figures(week, interval_s, policy, track(some)))
            for interval_s in rates.INTERVALS_S
        ]
    return [asdict(row) for row in day.rows_of(by_interval)]


@contextmanager
def _display(title: str, total: int) -> Iterator[Tracker]:
    """A progress display; items taken through `track` count when done."""
    with counting("runs") as bar:
        task = bar.add_task(title, total=total)

        def track(items: Iterable[Any]) -> Iterator[Any]:
            for item in items:
                yield item
                bar.advance(task)

        yield track


def _show_figures(result: AlertFigures, args: argparse.Namespace) -> None:
    values = asdict(result)
    if args.json:
        show_json(values)
        return
    if args.csv:
        show_csv(tuple(values), [values])
        return
    of_plain = f"{_cell('hours_ratio', result.hours_ratio)} of the plain threshold's"
    rows = [
        ("segments", number(result.segments), ""),
        ("days", number(result.days, 1), ""),
        ("alerts", number(result.alerts), ""),
        ("alerts per segment and day", number(result.per_segment_day, 2), ""),
        ("cleared within 10 min", _cell("short_share", result.short_share), ""),
        (
            "reopened within 30 min",
            _cell("reopened_share", result.reopened_share),
            "",
        ),
        ("alert-hours", number(result.hours, 1), of_plain),
        (
            "hours over the plain threshold",
            number(result.plain_hours, 1),
            f"{_cell('cover', result.cover)} inside an alert",
        ),
        ("most open at once", number(result.open_most), ""),
    ]
    show(table([Column("Alerts"), Column("", number=True), Column("")], rows))


HEADERS = {
    "interval_s": "interval s",
    "occupancy": "occupancy",
    "jams": "jams",
    "alerted": "alerted",
    "delay_p50_s": "after s, p50",
    "delay_max_s": "after s, max",
    "cleared_inside": "cleared inside",
    "score_error": "score error",
    "alerts": "alerts",
    "of_slowest": "of slowest",
    "short_share": "under 10 min",
    "reopened_share": "reopened",
    "cover": "cover",
    "hours_ratio": "hours",
    "days": "days",
    "incidents": "incidents",
    "incident_share": "of\nalerts",
    "alerts_in_one": "alerts\nin one",
    "alert_mails_day": "messages a day,\nalerts",
    "mails_day": "messages a day,\nincidents",
    "mail_share": "of\nthose",
    "hours_inside": "hours\ninside",
    "largest_segments": "largest,\nsegments",
    "longest_km": "longest,\nkm",
    "unusual_mails_day": "messages a day,\nunusual",
    "unusual_mail_share": "of messages\nabout alerts",
}
SHARES = (
    "of_slowest",
    "short_share",
    "reopened_share",
    "cover",
    "hours_ratio",
    "incident_share",
    "alerts_in_one",
    "mail_share",
    "hours_inside",
    "unusual_mail_share",
)
ONE_DIGIT = ("score_error", "longest_km")


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "sent" if value else "not sent"
    if name in SHARES:
        return f"{value:.1%}".replace("%", " %")
    if isinstance(value, str):
        return value
    return number(value, 1 if name in ONE_DIGIT else 0)


EVALUATIONS: dict[str, Callable[[argparse.Namespace, Policy], None]] = {
    "metr-la": _metr_la,
    "rates": _rates,
    "patterns": _patterns,
    "slowdowns": run_slowdowns,
    "bottlenecks": run_bottlenecks,
    "simulated": run_simulated,
}
