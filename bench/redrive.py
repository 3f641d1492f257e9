"""Putting 100,000 lost readings back on a local city: `python -m bench.redrive`.

BENCH_LOST changes how many.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from trafficctl import city
from trafficctl.output import Column, number, show, table
from trafficctl.reconcile import verdict

from .local_city import free_ports
from .outage import SENSORS, Outage, Outcome, Plan

STACK = "redrive"
SEGMENTS = 100
LOST = 100_000
RATE = 20_000.0  # there is no live traffic to leave room for


def run(lost: int = LOST) -> bool:
    """Lose *lost* readings in a city of its own, put them back, print the figures."""
    plan = Plan(SEGMENTS, max(1, lost // SENSORS // SEGMENTS), RATE)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / STACK
        home.mkdir()
        try:
            gateway, mqtt = free_ports(2)
            started, outputs = city.up(home, gateway, mqtt)
            os.environ.update(started.environment())
            outcome = Outage(started, outputs, plan).run()
        finally:
            city.stop(home)
    title = f"Redrive on the local city: {plan.readings:,} readings lost"
    columns = (Column(""), Column("", number=True), Column(""))
    show(table(columns, rows(outcome), title=title))
    return outcome.report.holds and not outcome.holes and not outcome.doubled


def rows(outcome: Outcome) -> list[tuple[str, str, str]]:
    """The lines of the table: what, how much, and a remark."""
    report = outcome.report
    return [
        ("readings dead-lettered", number(outcome.dead_lettered), ""),
        ("in objects", number(outcome.letters), ""),
        ("`trafficctl redrive` took", f"{outcome.command_s:.1f} s", ""),
        ("until all were counted", f"{outcome.whole_s:.1f} s", ""),
        ("holes in the history", number(outcome.holes), "readings"),
        ("counted twice", number(outcome.doubled), "readings"),
        ("accepted late", number(report.stored.late), "readings"),
        ("audit", "holds" if report.holds else "FAILS", verdict(report)),
    ]


def main() -> int:
    """Print the figures; 0 if history and audit are whole, else 1."""
    return 0 if run(int(os.environ.get("BENCH_LOST") or LOST)) else 1


if __name__ == "__main__":
    sys.exit(main())
