"""Alerts as lines on the terminal, few enough to be read; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from trafficctl.demo.alerts import Told
from trafficctl.demo.board import Clock
from trafficctl.render import LEVEL_STYLE

LINES_AT_ONCE = 4
STYLE = {**LEVEL_STYLE, "cleared": "green"}


def lines(told: Sequence[Told], clock: Clock) -> list[Text]:
    """The gravest of *told*, a line each, and the others as a count."""
    ranked = sorted(told, key=_gravity)
    shown = [_line(each, clock) for each in ranked[:LINES_AT_ONCE]]
    rest = ranked[LINES_AT_ONCE:]
    return [*shown, _count(rest)] if rest else shown


def _gravity(each: Told) -> tuple[bool, bool, float]:
    detail = each.detail
    return (
        detail["transition"] not in ("opened", "escalated"),
        detail["level"] != "severe",
        -detail["congestion_score"],
    )


def _line(each: Told, clock: Clock) -> Text:
    detail = each.detail
    kind = detail["transition"]
    mark = "cleared" if kind == "cleared" else detail["level"]
    place = f"{detail.get('name') or detail['segment_id']}"
    if detail.get("district"):
        place += f", {detail['district']}"
    return Text.assemble(
        f"{clock(detail['observed_at']):%a %H:%M}  ",
        (f"{mark:<8}", STYLE[mark]),
        f"{kind:<10}",
        f"{place:<50} ",
        f"score {detail['congestion_score']:>3.0f}{_pace(detail)}",
    )


def _pace(detail: dict[str, float | None]) -> str:
    speed, free = detail.get("speed"), detail.get("free_flow_speed")
    return "" if speed is None or free is None else f", {speed:3.0f} of {free:.0f} km/h"


def _count(rest: Sequence[Told]) -> Text:
    kinds = Counter(each.detail["transition"] for each in rest)
    parts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return Text(f"{'':11}and {len(rest)} more: {parts}", "dim")
