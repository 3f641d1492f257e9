"""The results of the demo and their checks; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.text import Text

from traffic.incidents.events import CONGESTED, OPENED
from trafficctl.audit.command import span
from trafficctl.audit.identity import Report, remarks, verdict
from trafficctl.cli.output import ABSENT, KEY, Column, number, table
from trafficctl.demo.probe import percentile

FRESHNESS_TARGET_S = 10
ALERT_TARGET_S = 30


@dataclass(frozen=True)
class DemoResult:
    """What was measured; delays in seconds, *transitions* of received messages."""

    report: Report
    segments: int
    segments_heard: int
    freshness_s: Sequence[float]
    alert_delays_s: Sequence[float]
    transitions: Counter[str] = field(default_factory=Counter)
    incidents_recorded: int = 0
    incidents_unusual: int = 0
    alerts_unmatched: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Check:
    """A target: its name, the measured value, and whether it is met."""

    name: str
    measured: str
    passed: bool


def checks(result: DemoResult) -> list[Check]:
    """The result compared with the targets."""
    opened, recorded = _incidents_reported(result), result.incidents_recorded
    return [
        Check(
            "every segment received readings",
            f"{result.segments_heard:,} of {result.segments:,} segments",
            0 < result.segments == result.segments_heard,
        ),
        Check(
            "people were notified of every incident",
            f"{opened:,} of {recorded:,}",
            0 < recorded <= opened and result.alerts_unmatched == 0,
        ),
        _delay("reading to viewer", result.freshness_s, FRESHNESS_TARGET_S),
        _delay("reading to message", result.alert_delays_s, ALERT_TARGET_S),
        Check(
            "no reading lost or counted twice",
            verdict(result.report),
            result.report.holds and result.report.stored.accepted > 0,
        ),
    ]


def _incidents_reported(result: DemoResult) -> int:
    """How many incidents people got a message about: one at the first alert."""
    return result.transitions[OPENED] + result.transitions[CONGESTED]


def _delay(what: str, delays: Sequence[float], target_s: float) -> Check:
    worst = percentile(delays, 99)
    name = f"{what} within {target_s} s"
    if worst is None:
        return Check(name, "nothing was measured", False)
    return Check(name, f"p99 {worst:.1f} s", worst < target_s)


def all_passed(result: DemoResult) -> bool:
    """Whether every target is met."""
    return all(check.passed for check in checks(result))


def view(result: DemoResult) -> RenderableType:
    """The summary: counts, delays, and the targets."""
    well = all_passed(result)
    columns = (Column("Summary", importance=KEY), Column("", True, KEY), Column(""))
    return Group(
        table(columns, rows(result)),
        *(Text(f"Note: {line}.", "dim") for line in remarks(result.report)),
        *(_check_line(check) for check in checks(result)),
        Text(),
        Text(
            "All checks passed."
            if well
            else "Checks failed: see the lines marked FAIL.",
            "bold green" if well else "bold red",
        ),
    )


def _check_line(check: Check) -> Text:
    mark, style = (" ok  ", "green") if check.passed else ("FAIL ", "bold red")
    return Text.assemble((mark, style), f" {check.name}: {check.measured}")


def rows(result: DemoResult) -> list[tuple[str, str, str]]:
    """The rows of the summary's table: name, value, and a note."""
    report, transitions = result.report, result.transitions
    stored, letters = report.stored, report.dead_letters
    rate = report.published.readings / result.seconds if result.seconds else 0
    return [
        ("readings published", number(report.published.readings), f"{rate:,.0f} per s"),
        ("  accepted", number(stored.accepted), f"{stored.late:,} of them late"),
        ("  duplicate", number(stored.duplicate), ""),
        ("  stale", number(stored.stale), ""),
        ("  rejected", number(report.rejected), ""),
        (
            "  dead-lettered",
            span(letters.undelivered, letters.undelivered + letters.in_doubt),
            "",
        ),
        ("road segments", number(result.segments), ""),
        ("incidents opened", number(_incidents_reported(result)), ""),
        ("  unusual", number(result.incidents_unusual), ""),
        ("  became severe", number(transitions["escalated"]), ""),
        ("  over", number(transitions["cleared"]), ""),
        ("reading to viewer", *_half_and_most(result.freshness_s)),
        ("reading to message", *_half_and_most(result.alert_delays_s)),
    ]


def _half_and_most(delays: Sequence[float]) -> tuple[str, str]:
    half, most = percentile(delays, 50), percentile(delays, 99)
    if half is None or most is None:
        return ABSENT, ""
    return f"{half:.1f} s", f"p50; p99 {most:.1f} s"
