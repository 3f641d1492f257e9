"""Rows as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Optional

from ...spreadsheets import as_text
from ...timestamps import second_text
from .present import FeedCity

ALERT_COLUMNS = (
    *("alert_id", "segment_id", "name", "district", "latitude", "longitude"),
    *("level", "peak_level", "peak_congestion", "opened_at", "level_since"),
    "acknowledged_at",
)
HISTORY_COLUMNS = (
    *("segment_id", "minute", "speed", "flow", "congestion_score", "occupancy"),
    "readings",
)
_PAGE_NAMES = {"latitude": "lat", "longitude": "lon"}
_TIMES = ("opened_at", "level_since", "acknowledged_at")
# Readers of CSV refuse some of these, and spreadsheets skip those before a formula.
_CONTROLS = re.compile("[\x00-\x1f\x7f]+")


def alerts_csv(city: FeedCity) -> bytes:
    """Return the open alerts, without the person who acknowledged them."""
    rows = ({n: _alert_value(n, one) for n in ALERT_COLUMNS} for one in city.alerts)
    return _csv(ALERT_COLUMNS, rows)


def _alert_value(name: str, alert: Mapping[str, Any]) -> Any:
    value = alert.get(_PAGE_NAMES.get(name, name))
    return second_text(value) if name in _TIMES and value is not None else value


def history_csv(segment_id: str, minutes: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the minutes of a segment, as stored."""
    return _csv(HISTORY_COLUMNS, ({**one, "segment_id": segment_id} for one in minutes))


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    lines: list[str] = []
    writer = csv.writer(SimpleNamespace(write=lines.append))
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return "".join(lines).encode()


def _cell(value: Optional[Any]) -> Any:
    if not isinstance(value, str):
        return value
    return as_text(_CONTROLS.sub(" ", value).strip())
