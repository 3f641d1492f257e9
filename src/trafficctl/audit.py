"""`trafficctl audit`: proof that no reading was lost and none counted twice."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.text import Text

from trafficctl.cli_common import add_common, non_negative_float
from trafficctl.errors import ANSWER_IS_NO, OK
from trafficctl.evidence import Evidence
from trafficctl.output import Column, number, say, show, show_json, table
from trafficctl.reconcile import Report, reconcile, remarks, verdict

DEFAULT_WAIT_S = 20.0
LOOK_EVERY_S = 1.0
MOST_WAITS = 15


def settle(
    look: Callable[[], Report],
    wait_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Look until the identity holds and the numbers stand still.

    Readings on their way through the stream look as if they were missing: as long as
    the numbers move, so does the end of the wait: *wait_s* without a move, or
    MOST_WAITS of them where publishing goes on.
    """
    began = moved = clock()
    report = look()
    while clock() - moved < wait_s and clock() - began < MOST_WAITS * wait_s:
        sleep(LOOK_EVERY_S)
        before, report = report, look()
        if report != before:
            moved = clock()
        elif report.holds:
            break
    return report


def audit(evidence: Evidence) -> Report:
    """Gather both sides of the identity once, what was published last.

    In that order a reading that is published meanwhile can look missing for a
    moment, but never found without having been published.
    """
    stored, aside = evidence.stored(), evidence.set_aside()
    return reconcile(
        evidence.published(), stored, aside.rejected, aside.dead_letters, aside.redriven
    )


def report_view(report: Report) -> RenderableType:
    """The identity as a table, with remarks and the verdict."""
    rows = [(name, count, note) for name, count, note in _lines(report)]
    columns = (Column("Readings"), Column("Count", number=True), Column(""))
    style = "bold green" if report.holds else "bold red"
    return Group(
        table(columns, rows),
        *(Text(f"Note: {line}.") for line in remarks(report)),
        Text(f"{'HOLDS' if report.holds else 'FAILS'}: {verdict(report)}.", style),
    )


def _lines(report: Report) -> list[tuple[str, str, str]]:
    published, stored, letters = report.published, report.stored, report.dead_letters
    least, most = report.least_found, report.most_found
    return [
        (
            "published",
            number(published.readings),
            f"{published.acknowledged:,} acknowledged",
        ),
        ("= accepted", number(stored.accepted), f"{stored.late:,} of them late"),
        ("+ duplicate", number(stored.duplicate), ""),
        ("+ rejected", number(report.rejected), "set aside in quarantine"),
        (
            "+ dead-lettered",
            span(letters.undelivered, letters.undelivered + letters.in_doubt),
            "",
        ),
        *(
            [("+ redrive interrupted", span(0, report.redriven.interrupted), "")]
            if report.redriven.interrupted
            else []
        ),
        ("found", span(least, most), ""),
        ("missing", number(report.missing), ""),
        ("surplus", number(report.surplus), ""),
    ]


def span(least: int, most: int) -> str:
    """A count, or the range it lies in: `17` or `0 to 25`."""
    return number(least) if least == most else f"{least:,} to {most:,}"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `audit`."""
    parser = subparsers.add_parser(
        "audit",
        help="prove that no reading was lost or counted twice",
        description=(
            "Hold what was published against where it went: published = accepted "
            "(of which late) + duplicate + rejected + dead-lettered. "
            "Exit code 1 when that does not hold."
        ),
    )
    parser.add_argument(
        "--wait",
        type=non_negative_float,
        default=DEFAULT_WAIT_S,
        metavar="SECONDS",
        help="how long the numbers may stand still before the verdict (%(default)s)",
    )
    add_common(parser, json=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `trafficctl audit`: 0 when the identity holds, else 1."""
    evidence = Evidence.of_stack(args.stack)
    if not args.json:
        say("Counting what was published, stored, set aside and given up ...")
    report = settle(lambda: audit(evidence), args.wait)
    if args.json:
        show_json(report.as_json())
    else:
        show(report_view(report))
    return OK if report.holds else ANSWER_IS_NO
