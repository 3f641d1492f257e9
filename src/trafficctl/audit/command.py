"""`trafficctl audit`: checks that no reading was lost or counted twice.

With a tally on this machine, it compares what was published with what is stored. For
real devices it starts at what the processor received (`trafficctl.audit.device_audit`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from rich.console import Group, RenderableType
from rich.text import Text

from trafficctl.audit import device_audit, processor_metrics
from trafficctl.audit.device_audit import DeviceReport
from trafficctl.audit.evidence import Evidence
from trafficctl.audit.identity import Report, reconcile, remarks, verdict
from trafficctl.audit.processor_metrics import ProcessorCounts
from trafficctl.aws import session as aws
from trafficctl.cli.options import add_common, non_negative_float, positive_int
from trafficctl.cli.output import (
    ABSENT,
    KEY,
    Column,
    flat,
    number,
    say,
    show,
    show_csv,
    show_json,
    table,
)
from trafficctl.errors import CHECK_FAILED, OK

DEFAULT_WAIT_S = 20.0
DEFAULT_DAYS = 7
LOOK_EVERY_S = 1.0
MOST_WAITS = 15

AnyReport = TypeVar("AnyReport", Report, DeviceReport)


def settle(
    look: Callable[[], AnyReport],
    wait_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> AnyReport:
    """Repeat *look* until the identity holds and the numbers are stable.

    Readings still in the stream look missing, so the wait ends only after *wait_s*
    without a change, or after MOST_WAITS of those while publishing continues. A
    DeviceReport may hold while its numbers change.
    """
    began = moved = clock()
    report = look()
    while clock() - moved < wait_s and clock() - began < MOST_WAITS * wait_s:
        if report.holds and isinstance(report, DeviceReport):
            break
        sleep(LOOK_EVERY_S)
        before, report = report, look()
        if report != before:
            moved = clock()
        elif report.holds:
            break
    return report


def audit(evidence: Evidence) -> Report:
    """Read both sides of the identity once, the published side last.

    In that order a reading published meanwhile can look missing for a moment, but
    never surplus.
    """
    stored, aside = evidence.stored(), evidence.set_aside()
    return reconcile(
        evidence.published(), stored, aside.rejected, aside.dead_letters, aside.redriven
    )


def device_report(
    evidence: Evidence, new: ProcessorCounts, days: int, since_s: int | None = None
) -> DeviceReport:
    """The stored side, read once, after the processor's counts *new* of *days*.

    In that order a reading counted meanwhile is stored, never missing.
    """
    stored, aside = evidence.stored(), evidence.set_aside()
    redriven, letters = aside.redriven, aside.dead_letters
    return DeviceReport(days, new, stored, aside.rejected, letters, redriven, since_s)


def report_view(report: Report) -> RenderableType:
    """The identity as a table, with remarks and the result."""
    columns = (
        Column("Readings", importance=KEY),
        Column("Count", True, KEY),
        Column(""),
    )
    counts = table(columns, _lines(report))
    return _view(counts, remarks(report), report.holds, verdict(report))


def device_report_view(report: DeviceReport) -> RenderableType:
    """Received and stored readings as a table, with remarks and the result."""
    columns = (
        Column("Readings", importance=KEY),
        Column(f"last {report.days} d", number=True, importance=KEY),
        Column("total", number=True, importance=KEY),
        Column(""),
    )
    counts = table(columns, _device_report_lines(report))
    notes = device_audit.remarks(report)
    return _view(counts, notes, report.holds, device_audit.verdict(report))


def _view(
    counts: RenderableType, notes: Sequence[str], holds: bool, sentence: str
) -> RenderableType:
    style = "bold green" if holds else "bold red"
    return Group(
        counts,
        *(Text(f"Note: {line}.") for line in notes),
        Text(f"{'HOLDS' if holds else 'FAILS'}: {sentence}.", style),
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
        ("+ stale", number(stored.stale), "arrived after their place was closed"),
        ("+ rejected", number(report.rejected), "in quarantine"),
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


def _device_report_lines(report: DeviceReport) -> list[tuple[str, str, str, str]]:
    new, stored, letters = report.processed, report.stored, report.dead_letters
    most = letters.undelivered + letters.in_doubt
    return [
        ("published", ABSENT, ABSENT, "not known (no tally)"),
        ("received", number(new.received), ABSENT, "by the processor"),
        ("= accepted", number(new.accepted), number(stored.accepted), ""),
        ("  of them late", number(new.late), number(stored.late), ""),
        ("+ duplicate", number(new.duplicate), number(stored.duplicate), ""),
        (
            "+ stale",
            number(new.stale),
            number(stored.stale),
            "arrived after their place was closed",
        ),
        ("+ redelivered", number(new.redelivered), ABSENT, "already counted"),
        ("+ rejected", number(new.rejected), number(report.rejected), "quarantine"),
        ("+ retried", number(new.retried), ABSENT, "their batch failed"),
        ("dead-lettered", ABSENT, span(letters.undelivered, most), ""),
        ("lost messages", number(new.lost_messages), ABSENT, "by IoT Core"),
        ("lost batches", number(new.lost_batches), ABSENT, "by the processor"),
    ]


def span(least: int, most: int) -> str:
    """A count or a range: `17` or `0 to 25`."""
    return number(least) if least == most else f"{least:,} to {most:,}"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `audit`."""
    parser = subparsers.add_parser(
        "audit",
        help="check that no reading was lost or counted twice",
        description=(
            "Compare what this machine published (simulate, replay, demo) with what "
            "is stored: published = accepted (including late) + duplicate + stale + "
            "rejected + dead-lettered. A stale reading arrived too late to know "
            "whether it was accepted before, and may be lost. Without a tally on "
            "this machine, as with real devices, compare what the processor received "
            "with what it stored, and check for known losses. Exit code 1 if the "
            "numbers do not add up or readings are stale."
        ),
    )
    parser.add_argument(
        "--wait",
        type=non_negative_float,
        default=DEFAULT_WAIT_S,
        metavar="SECONDS",
        help="report the result after SECONDS without a change (default %(default)g)",
    )
    parser.add_argument(
        "--no-tally",
        action="store_true",
        help="ignore the tally of this machine; use it when other devices publish too",
    )
    parser.add_argument(
        "--days",
        type=_days,
        default=DEFAULT_DAYS,
        metavar="N",
        help="without a tally: compare the last N days (default %(default)s)",
    )
    add_common(parser, json=True, csv=True)
    parser.set_defaults(run=run)


def _days(text: str) -> int:
    days = positive_int(text)
    if days <= processor_metrics.MOST_DAYS:
        return days
    raise argparse.ArgumentTypeError(
        f"{text!r} is too many: CloudWatch keeps {processor_metrics.MOST_DAYS} days"
    )


def run(args: argparse.Namespace) -> int:
    """Run `trafficctl audit`: 0 when the identity holds, else 1."""
    evidence = Evidence.of_stack(args.stack)
    if args.no_tally or not evidence.has_tally():
        return _audit_devices(args, evidence)
    if not (args.json or args.csv):
        say("Counting published, stored, rejected and dead-lettered readings ...")
    report = settle(lambda: audit(evidence), args.wait)
    return _show(args, report, report_view(report))


def _audit_devices(args: argparse.Namespace, evidence: Evidence) -> int:
    cloudwatch = aws.client(aws.session(), "cloudwatch")
    if not (args.json or args.csv):
        say("Counting received, stored, rejected and dead-lettered readings ...")

    created_s = evidence.created_s()

    def look() -> DeviceReport:
        now_s = time.time()
        begin = processor_metrics.audit_start(args.days, created_s, now_s)
        names = args.stack, evidence.outputs
        new = processor_metrics.read_counts(cloudwatch, *names, begin.at_s, now_s)
        since_s = begin.at_s if begin.is_of_table else None
        return device_report(evidence, new, args.days, since_s)

    report = settle(look, args.wait)
    return _show(args, report, device_report_view(report))


def _show(
    args: argparse.Namespace, report: Report | DeviceReport, view: RenderableType
) -> int:
    if args.json:
        show_json(report.as_json())
    elif args.csv:
        values = flat(report.as_json())
        show_csv(list(values), [values])
    else:
        show(view)
    return OK if report.holds else CHECK_FAILED
