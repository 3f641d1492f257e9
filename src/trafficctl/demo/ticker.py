"""Incidents as a few lines on the terminal; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from traffic.incidents.events import OPENED, UNUSUAL
from trafficctl.demo.alerts import ReceivedAlert
from trafficctl.demo.board import Clock
from trafficctl.watch.render import LEVEL_STYLE

LINES_AT_ONCE = 4
STYLE = {**LEVEL_STYLE, "cleared": "green"}


def lines(alerts: Sequence[ReceivedAlert], clock: Clock) -> list[Text]:
    """The most severe *alerts*, one line each by time; the others as a count."""
    ranked = sorted(alerts, key=_severity)
    first, rest = ranked[:LINES_AT_ONCE], ranked[LINES_AT_ONCE:]
    first.sort(key=lambda each: each.detail["decided_at"])
    printed = [_line(each, clock) for each in first]
    return [*printed, _count(rest)] if rest else printed


def _severity(each: ReceivedAlert) -> tuple[bool, bool, bool, float]:
    detail = each.detail
    return (
        detail["transition"] != UNUSUAL,
        detail["transition"] not in (OPENED, "escalated"),
        detail["level"] != "severe",
        -detail["length_km"],
    )


def _line(each: ReceivedAlert, clock: Clock) -> Text:
    """Time, transition, level, length, speed, usual speed, and place, may be cut."""
    detail = each.detail
    kind = detail["transition"]
    is_new = kind == OPENED
    if is_new and detail.get("unusual"):
        kind = UNUSUAL
    level = "" if kind == "cleared" else detail["level"]
    length_km = detail["peak_length_km" if kind == "cleared" else "length_km"]
    return Text.assemble(
        f"{clock(detail['opened_at' if is_new else 'decided_at']):%a %H:%M}  ",
        (f"{kind:<10}{level:<8}", STYLE[level or kind]),
        f"{length_km:>4.1f} km  {_speed(detail):<10}{_usual(detail)}",
        ", ".join(part for part in (detail["road"], detail["place"]) if part),
    )


def _speed(detail: Mapping[str, Any]) -> str:
    speed = detail["speed"]
    return "" if speed is None else f"{speed:3.0f} km/h"


def _usual(detail: Mapping[str, Any]) -> str:
    usual = detail["usual_speed"]
    return "" if usual is None else f"usual {usual:3.0f}  "


def _count(rest: Sequence[ReceivedAlert]) -> Text:
    kinds = Counter(each.detail["transition"] for each in rest)
    parts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return Text(f"{'':11}and {parts} more", "dim")
