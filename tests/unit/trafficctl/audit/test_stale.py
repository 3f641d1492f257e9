"""The audit never hides readings that may be lost."""

from __future__ import annotations

import io
from pathlib import Path

from trafficctl.audit.command import report_view
from trafficctl.audit.identity import (
    DeadLetters,
    Published,
    Report,
    Stored,
    reconcile,
    remarks,
    verdict,
)
from trafficctl.cli.output import show

ROOT = Path(__file__).parents[4]


def audited(stored: Stored) -> Report:
    return reconcile(Published(1000, 1000), stored, 0, DeadLetters())


def rendered(report: Report) -> list[str]:
    out = io.StringIO()
    show(report_view(report), out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_stale_readings_add_up_and_are_still_said_to_be_perhaps_lost() -> None:
    report = audited(Stored(988, stale=12))

    assert (report.missing, report.surplus, report.holds) == (0, 0, False)
    assert verdict(report) == "12 readings are stale and may be lost"
    told = report.as_json()
    assert (told["stale"], told["holds"]) == (12, False)
    lines = rendered(report)
    assert "+ stale 12 arrived after their place was closed" in lines
    assert "FAILS: 12 readings are stale and may be lost." in lines


def test_the_remark_on_stale_readings_names_a_page_that_is_there() -> None:
    (remark,) = remarks(audited(Stored(988, stale=12)))

    assert remark.startswith("12 readings arrived after their place was closed")
    assert (ROOT / remark.rpartition(" ")[2]).is_file()
    assert remarks(audited(Stored(1000))) == []


def test_what_is_missing_is_told_before_what_is_stale() -> None:
    report = audited(Stored(980, stale=12))

    assert verdict(report) == "8 readings arrived but are not stored"
    assert len(remarks(report)) == 1
