"""Shows what the METR-LA week teaches: slowdowns found, and its bottlenecks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

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
from trafficctl.metr_la import load_week

from .patterns import graph_of
from .slowdowns import (
    ProfileFigures,
    SlowdownRow,
    profile_figures,
    rows,
    slowdowns_of,
)
from .week_bottlenecks import WeekBottlenecks, week_bottlenecks
from .week_days import learn


def run_slowdowns(args: argparse.Namespace, policy: Policy) -> None:
    """Show how many injected slowdowns each rule finds."""
    learned = learn(load_week(args.data))
    slowdowns = rows(learned, slowdowns_of(learned), policy)
    show_slowdowns(slowdowns, profile_figures(learned), args)


def show_slowdowns(
    slowdowns: Sequence[SlowdownRow], figures: ProfileFigures, args: argparse.Namespace
) -> None:
    """Show what `run_slowdowns` found."""
    records = [asdict(row) for row in slowdowns]
    if args.json:
        show_json({"slowdowns": records, "profile": asdict(figures)})
        return
    if args.csv:
        show_csv(tuple(records[0]), records)
        return
    headers = ("slowdowns", "number", "fixed", "unusual", "either", "after min, p50")
    columns = [Column(one, number=place > 0) for place, one in enumerate(headers)]
    show(table(columns, [_slowdown_cells(row) for row in records]))
    _show_figures(
        (
            "unusual alerts per segment and day",
            number(figures.unusual_per_segment_day, 2),
        ),
        (
            "expected speed in 30 min, mean error, mph",
            number(figures.expected_mae_mph, 2),
        ),
        (
            "present speed instead, mean error, mph",
            number(figures.last_value_mae_mph, 2),
        ),
        ("bytes per segment", number(figures.profile_bytes)),
    )


def _show_figures(*rows: tuple[str, str]) -> None:
    show(table([Column("figure"), Column("", number=True)], rows))


def _slowdown_cells(row: dict[str, Any]) -> list[str]:
    shares = [f"{row[name]:.0%}" for name in ("fixed", "unusual", "either")]
    delay = row["delay_min"]
    after = ABSENT if delay is None else number(delay)
    return [row["when"], number(row["slowdowns"]), *shares, after]


def run_bottlenecks(args: argparse.Namespace, _policy: Policy) -> None:
    """Show the ten worst places of the week."""
    week = load_week(args.data)
    show_bottlenecks(week_bottlenecks(learn(week), graph_of(week)), args)


def show_bottlenecks(week: WeekBottlenecks, args: argparse.Namespace) -> None:
    """Show what `run_bottlenecks` found."""
    worst = [row._asdict() for row in week.worst]
    if args.json:
        corridors = [row._asdict() for row in week.corridors]
        show_json({**asdict(week), "worst": worst, "corridors": corridors})
        return
    if args.csv:
        show_csv(tuple(worst[0]), worst)
        return
    headers = ("place", "days", "minutes a day", "queue km", "vehicle-hours a day")
    columns = [Column(one, number=place > 0) for place, one in enumerate(headers)]
    cells = [
        [
            row.head,
            number(row.days),
            number(row.minutes),
            number(row.extent_km, 1),
            number(row.vehicle_hours),
        ]
        for row in week.worst
    ]
    show(table(columns, cells))
    _show_figures(
        ("the same in both halves, of 10", number(week.same_of_ten)),
        ("the same in both halves, of 20", number(week.same_of_twenty)),
    )
