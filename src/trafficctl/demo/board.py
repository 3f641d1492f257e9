"""What the live page shows, made from what a viewer can read; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from trafficctl.demo.alerts import Told
from trafficctl.demo.probe import WallTime
from trafficctl.output import duration
from trafficctl.render import LEVELS, Filter, level_of
from trafficctl.tables import Item

SHOWN = (
    "segment_id",
    "district",
    "congestion_score",
    "speed",
    "free_flow_speed",
    "flow",
    "level_of_service",
)
FIELDS = (*SHOWN, "name", "speed_ratio", "observed_at", "alert_level")
WORST = 20
NEWS = 8
OPEN = 12

Clock = Callable[[int], datetime]


NOTHING_YET: dict[str, Any] = {
    "clock": None,
    "city": {},
    "worst": [],
    "open": [],
    "open_count": 0,
    "news": [],
    "note": "The city is being set up.",
}


def city_at_a_glance(segments: Sequence[Item]) -> dict[str, Any]:
    """Segments heard from by alert level, and their speed beside free flow.

    The ratio is weighted by flow: a jam that holds many counts more than an empty road.
    """
    levels = [level_of(item) for item in segments if "observed_at" in item]
    counts = {level: levels.count(level) for level in LEVELS}
    moving = [s for s in segments if s.get("speed_ratio") is not None and s.get("flow")]
    flow = sum(s["flow"] for s in moving)
    ratio = sum(s["flow"] * s["speed_ratio"] for s in moving) / flow if flow else None
    return {
        "segments": len(segments),
        "severe": counts["severe"],
        "high": counts["high"],
        "calm": counts["none"],
        "speed_ratio": ratio,
    }


def worst(
    segments: Iterable[Item], now_ms: float, wall_time_of: WallTime
) -> list[dict[str, Any]]:
    """The most congested segments, as the page's table takes them."""
    heard = [item for item in segments if "observed_at" in item]
    return [_segment(s, now_ms, wall_time_of) for s in Filter(WORST).apply(heard)]


def _segment(item: Item, now_ms: float, wall_time_of: WallTime) -> dict[str, Any]:
    age = (now_ms - wall_time_of(item["observed_at"])) / 1000
    return {key: item.get(key) for key in SHOWN} | {
        "name": item.get("name", item["segment_id"]),
        "level": level_of(item),
        "age_s": age,
    }


def open_alerts(alerts: Iterable[Item], event_ms: int, clock: Clock) -> list[Any]:
    """The open alerts, severe ones first, then the newest, as the page takes them."""
    ranked = sorted(alerts, key=lambda a: (a.get("level") != "severe", -a["opened_at"]))
    return [_open(alert, event_ms, clock) for alert in ranked[:OPEN]]


def _open(alert: Item, event_ms: int, clock: Clock) -> dict[str, Any]:
    lasted = max(0, event_ms - alert["opened_at"]) / 1000
    peak = alert.get("peak_congestion")
    return {
        "level": alert.get("level"),
        "name": alert.get("name") or alert["segment_id"],
        "note": f"{alert.get('district') or ''}, for {duration(lasted)}".lstrip(", ")
        + ("" if peak is None else f", peak {peak:.0f}"),
        "time": f"{clock(alert['opened_at']):%H:%M}",
    }


def news(told: Iterable[Told], clock: Clock) -> list[dict[str, Any]]:
    """The last alerts that arrived, the newest first, as the page takes them."""
    return [_told(each, clock) for each in list(told)[: -NEWS - 1 : -1]]


def _told(each: Told, clock: Clock) -> dict[str, Any]:
    detail = each.detail
    speed, free = detail.get("speed"), detail.get("free_flow_speed")
    pace = "" if speed is None or free is None else f", {speed:.0f} of {free:.0f} km/h"
    return {
        "level": "cleared" if detail["transition"] == "cleared" else detail["level"],
        "name": detail.get("name") or detail["segment_id"],
        "note": f"{detail['transition']}: score {detail['congestion_score']:.0f}{pace}",
        "time": f"{clock(detail['observed_at']):%H:%M}",
    }
