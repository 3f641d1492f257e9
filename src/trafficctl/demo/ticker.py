"""Alerts as a few lines on the terminal; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from trafficctl.demo.alerts import ReceivedAlert
from trafficctl.demo.board import Clock
from trafficctl.watch.render import LEVEL_STYLE

LINES_AT_ONCE = 4
STYLE = {**LEVEL_STYLE, "cleared": "green"}


def lines(alerts: Sequence[ReceivedAlert], clock: Clock) -> list[Text]:
    """The most severe *alerts*, one line each by time; the others as a count."""
    ranked = sorted(alerts, key=_severity)
    first, rest = ranked[:LINES_AT_ONCE], ranked[LINES_AT_ONCE:]
    first.sort(key=lambda each: each.detail["observed_at"])
    printed = [_line(each, clock) for each in first]
    return [*printed, _count(rest)] if rest else printed


def _severity(each: ReceivedAlert) -> tuple[bool, bool, float]:
    detail = each.detail
    return (
        detail["transition"] not in ("opened", "escalated"),
        detail["level"] != "severe",
        -detail["congestion_score"],
    )


def _line(each: ReceivedAlert, clock: Clock) -> Text:
    """Time, transition, level, score, speeds, and the place, which may be cut."""
    detail = each.detail
    kind = detail["transition"]
    level = "" if kind == "cleared" else detail["level"]
    place = [detail.get("name") or detail["segment_id"], detail.get("district")]
    return Text.assemble(
        f"{clock(detail['observed_at']):%a %H:%M}  ",
        (f"{kind:<10}{level:<8}", STYLE[level or kind]),
        f"{detail['congestion_score']:>3.0f}  {_speeds(detail):<16}  ",
        ", ".join(part for part in place if part),
    )


def _speeds(detail: Mapping[str, Any]) -> str:
    speed, free = detail.get("speed"), detail.get("free_flow_speed")
    return "" if speed is None or free is None else f"{speed:3.0f} of {free:3.0f} km/h"


def _count(rest: Sequence[ReceivedAlert]) -> Text:
    kinds = Counter(each.detail["transition"] for each in rest)
    parts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return Text(f"{'':11}and {parts} more", "dim")
