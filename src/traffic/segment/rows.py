"""Rows of `segment_history` and `congestion_alerts`, as plain values."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from ..model import StoredSegment
from ..timestamps import day_text, hour_text, minute_text
from .alert_events import alert_id_of
from .alerts import LEVELS, NONE, Transition
from .decide import Decision, rounded
from .measures import window_measures
from .windows import Window, merge_windows, pack

MOST_ACTIONS = 100  # of one TransactWriteItems
HOUR_KEYS = 8  # of the index by_hour; the reports list them
_DAY_S = 86_400


def minutes_of(decision: Decision) -> dict[int, Window]:
    """Return the windows that the decision adds, by minute."""
    minutes = dict(decision.closed)
    for minute, window in decision.late.items():
        late = merge_windows(window, Window(late=window.readings))
        minutes[minute] = merge_windows(minutes.get(minute, Window()), late)
    return minutes


def minutes_to_read(decision: Decision) -> Sequence[int]:
    """Return the minutes whose rows may exist already and have to be merged."""
    if not decision.late:
        return ()
    new = {minute for minute, _ in decision.closed}
    return [minute for minute in decision.late if minute not in new]


def actions_of(decision: Decision) -> int:
    """Return the number of items that the decision writes."""
    return 1 + len(minutes_of(decision)) + len(alert_rows(decision, 0))


def history_row(
    stored: StoredSegment,
    minute: int,
    window: Window,
    retention_days: int,
) -> dict[str, Any]:
    """Return the row of *minute*, with its measures and, packed, its sums."""
    return {
        "segment_id": stored.segment_id,
        "minute": minute_text(minute),
        "hour": hour_key(stored.segment_id, minute),
        "district": stored.road.district,
        "readings": window.readings,
        "vehicles": window.sums.vehicles,
        **rounded(window_measures(window.sums, stored.road)),
        "late": window.late,
        "sums": pack(window),
        "expires_at": minute * 60 + retention_days * _DAY_S,
    }


def hour_key(segment_id: str, minute: int) -> str:
    """Return the segment's key in the index by_hour: ``2026-11-22T18Z#5``.

    All segments close their minute within seconds, and DynamoDB takes a thousand writes
    a second of one key, so each hour has `HOUR_KEYS`. The first has no suffix: it is
    the key of rows that were written when there was only one.
    """
    return _hour_key(minute, zlib.crc32(segment_id.encode()) % HOUR_KEYS)


def hour_keys(minute: int) -> Sequence[str]:
    """Return all keys of the index by_hour for the hour of a *minute*."""
    return [_hour_key(minute, number) for number in range(HOUR_KEYS)]


def _hour_key(minute: int, number: int) -> str:
    return hour_text(minute) + (f"#{number}" if number else "")


def alert_rows(decision: Decision, retention_days: int) -> dict[str, dict[str, Any]]:
    """Return the changed alerts by id, after their last transition."""
    rows = {}
    for change in decision.changes:
        transition = change.transition
        key = alert_id_of(decision.segment.segment_id, transition.opened_at)
        rows[key] = _alert_row(decision.segment, transition, retention_days)
        rows[key]["speed"] = rounded(change.measures)["speed"]
    return rows


def _alert_row(
    stored: StoredSegment, transition: Transition, retention_days: int
) -> dict[str, Any]:
    road, is_over = stored.road, transition.level == NONE
    return {
        "segment_id": stored.segment_id,
        "name": road.name,
        "district": road.district,
        "latitude": road.latitude,
        "longitude": road.longitude,
        "free_flow_speed": road.free_flow_speed,
        "alert_status": "cleared" if is_over else "open",
        "open_flag": None if is_over else "open",
        "level": LEVELS[transition.previous if is_over else transition.level],
        "peak_level": LEVELS[transition.peak_level],
        "peak_congestion": transition.peak / 10,
        "day": day_text(transition.opened_at),
        "opened_at": transition.opened_at,
        "level_since": transition.at,
        "cleared_at": transition.at if is_over else None,
        "cleared_by": transition.reason if is_over else None,
        "duration_s": (transition.at - transition.opened_at) // 1000
        if is_over
        else None,
        "expires_at": transition.at // 1000 + retention_days * _DAY_S
        if is_over
        else None,
    }
