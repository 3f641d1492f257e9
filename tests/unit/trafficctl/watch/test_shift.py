"""What a controller who takes over reads of the last hours."""

from __future__ import annotations

import io
from datetime import timedelta, timezone
from typing import Any

from traffic.live_map.shift import FIELDS
from trafficctl.cli.output import show
from trafficctl.watch.shift import log_table

AT_MS = 1_795_372_320_000  # 18:32 UTC


def line(what: str, **more: Any) -> dict[str, Any]:
    known = {"at": AT_MS, "what": what, "level": "severe", "name": "I-5 N, Burbank"}
    return {**dict.fromkeys(FIELDS), **known, **more}


def printed(*lines: dict[str, Any]) -> list[list[str]]:
    out = io.StringIO()
    show(log_table(lines, timezone(timedelta(hours=1), "CET")), out)
    return [
        [cell.strip() for cell in row.split("  ") if cell.strip()]
        for row in out.getvalue().splitlines()
    ]


def test_each_line_says_when_what_where_who_and_why() -> None:
    told = printed(
        line("cleared", duration_s=720),
        line("handed_over", who="night@city.example", note="Tow truck ordered"),
        line("opened"),
    )

    where = ["severe", "I-5 N, Burbank"]
    assert told[-4:-1] == [
        ["11-22 19:32", "cleared", *where, "-", "after 12 min 00 s"],
        [
            *("11-22 19:32", "handed over", *where),
            *("night@city.example", "Tow truck ordered"),
        ],
        ["11-22 19:32", "opened", *where, "-", "-"],
    ]
