"""Open incidents as the page lists them: pure.

The Incidents function writes each open incident again every minute. One that it has not
measured for STALE_MS is left out: its function fails, and its alerts stand for
themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Optional

import msgspec

from ..policy import MINUTE_MS
from ..segment.alert_events import alert_id_of
from .views import attributes, named

STALE_MS = 5 * MINUTE_MS
TREND_MS = 10 * MINUTE_MS  # an incident keeps what left it for longer
GROWING, STEADY, SHRINKING = "growing", "steady", "shrinking"

_NAMES = tuple(
    (name, name)
    for name in (
        *("incident_id", "level", "peak_level", "opened_at", "measured_at"),
        *("road", "place", "head", "tail", "length_km", "peak_length_km", "speed"),
        "usual_speed",
        *("delay_rate", "delay_vehicle_hours"),
    )
)
ATTRIBUTES = (*attributes(_NAMES), "members", "unusual", "reported_at")

Item = Mapping[str, Any]
# Of each segment when its alert opened and, if it has cleared, when (ms).
_Members = Mapping[str, tuple[int, Optional[int]]]


def listed(items: Iterable[Item], now_ms: int) -> list[dict[str, Any]]:
    """Return the reported incidents with slow segments, the oldest first.

    Expects those that *readable* returns.
    """
    current = (
        one
        for one in items
        if now_ms - one.get("measured_at", 0) < STALE_MS and one["reported_at"]
    )
    views = (_view(item, now_ms) for item in current)
    return sorted(
        (one for one in views if one["alert_ids"]),
        key=lambda one: (one["opened_at"], one["incident_id"]),
    )


class _Stored(msgspec.Struct):
    """What a stored incident has to be, so that it can be listed."""

    incident_id: str
    level: Literal["none", "high", "severe"]
    peak_level: Literal["none", "high", "severe"]
    opened_at: int
    members: str
    reported_at: int
    measured_at: int = 0
    road: Optional[str] = None
    place: Optional[str] = None
    head: Optional[str] = None
    tail: Optional[str] = None
    length_km: Optional[float] = None
    peak_length_km: Optional[float] = None
    speed: Optional[float] = None
    usual_speed: Optional[float] = None
    delay_rate: Optional[float] = None
    delay_vehicle_hours: Optional[float] = None
    unusual: Optional[int] = None


_MEMBERS = msgspec.json.Decoder(dict[str, tuple[int, Optional[int]]])


def readable(items: Iterable[Item]) -> tuple[list[Item], dict[str, str]]:
    """Return the items that can be listed, and what is wrong with others by id."""
    rows, faults = [], {}
    for item in items:
        try:
            _MEMBERS.decode(msgspec.convert(item, _Stored).members)
            rows.append(item)
        except msgspec.MsgspecError as error:
            faults[str(item.get("incident_id"))] = str(error)
    return rows, faults


def _view(item: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    members = json.loads(item["members"])
    alert_ids = [
        alert_id_of(segment_id, opened_at)
        for segment_id, (opened_at, gone_at) in members.items()
        if gone_at is None
    ]
    known = named(item, _NAMES)
    return {
        **known,
        "unusual": bool(item["unusual"]) if "unusual" in item else None,
        "trend": trend(members, now_ms),
        "alert_ids": alert_ids,
    }


def trend(members: _Members, now_ms: int) -> str:
    """Return whether more segments joined in the last minutes than cleared."""
    since = now_ms - TREND_MS
    joined = sum(gone is None and at > since for at, gone in members.values())
    left = sum(gone is not None and gone > since for _, gone in members.values())
    if joined == left:
        return STEADY
    return GROWING if joined > left else SHRINKING
