"""The local city under a steady stream: freshness, alerts, audit, CPU."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from traffic.processor.figures import PROMISES_MS
from trafficctl.audit.command import audit, settle
from trafficctl.audit.evidence import Evidence
from trafficctl.audit.identity import Report, verdict
from trafficctl.cli.output import Column, number, say, show, table
from trafficctl.cli.signals import terminate_cleanly
from trafficctl.demo.probe import percentile
from trafficctl.errors import UserError
from trafficctl.local.ports import free_ports
from trafficctl.publishing.publisher import PublishTarget, Summary, publish_run
from trafficctl.up import command as city

from .bars import over, under
from .load import asked_for, busy_core
from .stream import SENSORS, segments_for
from .watch import Vcpus, Watch

STACK = "bench"
# Alerts are sent at once: their way is measured, not how long a jam must last.
PARAMETERS = {"AlertHoldSeconds": "0", "AlertClearSeconds": "1"}
SETTLE_S = 120.0
NEARLY = 0.99  # of the rate asked for: the last message ends before the last second


@dataclass(frozen=True)
class Figures:
    """What came of one run."""

    summary: Summary
    report: Report
    watch: Watch
    vcpus: Vcpus


def run(seconds: float, rate: float, is_busy: bool = False) -> bool:
    """Start a city of its own, send *rate* readings/s for *seconds*, print, end it.

    *is_busy* takes a core from it with a busy loop, until all is counted. True if the
    audit holds: nothing lost, nothing counted twice.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / STACK
        home.mkdir()
        try:
            gateway, mqtt = free_ports(2)
            started, outputs = city.up(home, gateway, mqtt, parameters=PARAMETERS)
            most_s = seconds + 2 * SETTLE_S
            with busy_core(most_s) if is_busy else contextlib.nullcontext():
                figures = _measure(started, outputs, rate, seconds)
        finally:
            city.stop(home)
    title = f"Local city: {rate:,.0f} updates/s asked for, {seconds:.0f} s, "
    title += f"messages of {SENSORS}"
    title += ", beside a busy loop" if is_busy else ""
    columns = (Column(""), Column("", number=True), Column(""))
    show(table(columns, rows(figures, rate), title=title))
    return figures.report.holds


def _measure(
    started: city.City, outputs: dict[str, str], rate: float, seconds: float
) -> Figures:
    os.environ.update(started.environment())  # as `trafficctl env` would have it
    watch = Watch(started, outputs)
    segments = segments_for(rate)
    target = PublishTarget(started.session(), STACK, outputs)
    summary = publish_run(
        target, segments, 1, lambda: watch.stream(segments, seconds), seconds
    )
    vcpus = watch.vcpus()
    say("waiting until all is counted")
    evidence = Evidence.of_stack(STACK)
    report = settle(lambda: audit(evidence), SETTLE_S)
    watch.stop()
    return Figures(summary, report, watch, vcpus)


def rows(figures: Figures, rate: float) -> list[tuple[str, str, str]]:
    """The lines of the table: what, how much, and a remark."""
    summary, alerts = figures.summary, figures.watch.alert_delays_s
    taken = figures.vcpus
    return [
        ("readings published", number(summary.run.readings), ""),
        (
            "updates/s sent",
            number(summary.readings_per_s),
            over(summary.readings_per_s, NEARLY * rate),
        ),
        ("publisher behind, at worst", f"{summary.timing.worst_lag_s:.1f} s", ""),
        (
            "reading to viewer, p50",
            *_delays(figures.watch.probe.delays_s, "FreshnessMs"),
        ),
        ("reading to message, p50", *_delays(alerts, "AlertLatencyMs")),
        ("incidents", number(len(alerts)), ""),
        ("CPU of the city", f"{number(taken.city, 2)} vCPU", ""),
        ("  of its busiest process", f"{number(taken.busiest, 2)} vCPU", ""),
        ("CPU of publisher and viewer", f"{number(taken.own, 2)} vCPU", ""),
        (
            "audit",
            "holds" if figures.report.holds else "FAILS",
            verdict(figures.report),
        ),
    ]


def _delays(delays_s: list[float], promise: str) -> tuple[str, str]:
    half, most = percentile(delays_s, 50), percentile(delays_s, 99)
    promised = PROMISES_MS[promise] // 1000
    remark = f"p99 {number(most, 1)} s, {under(most, promised, 's')}"
    return f"{number(half, 1)} s", remark


def main() -> int:
    """`python -m bench.local_city`: this part alone, under the load asked for."""
    try:
        load = asked_for(os.environ)
    except UserError as error:
        say(str(error))
        return 2
    return 0 if run(load.seconds, load.rate, load.is_busy) else 1


if __name__ == "__main__":
    terminate_cleanly()
    sys.exit(main())
