"""The log of a shift: what was opened, cleared, and done about it by whom. Pure.

The alerts of an incident are told as one. Of an incident, whose table has no index of
days, what is known is found by its alerts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional, Protocol

from ..timestamps import day_text
from .handling import steps

Item = Mapping[str, Any]

HOURS = 12
MOST_LINES = 500  # the newest
OPENED, CLEARED = "opened", "cleared"
FIELDS = (
    *("at", "what", "level", "name", "who", "note"),
    *("alerts", "duration_s", "segment_id", "incident_id"),
)
_HOUR_MS = 3_600_000
# An alert that was opened earlier is in the log only while it is open.
_BEFORE_MS = 24 * _HOUR_MS


class ShiftReader(Protocol):
    """Reads what the log tells; every method may raise StoreError."""

    def alerts(self, days: Iterable[str], since_ms: int) -> tuple[list[Any], bool]:
        """Return the alerts opened since then or still open, and whether all."""

    def incidents(self, alert_ids: Sequence[str]) -> dict[str, Any]:
        """Return the rows of alerts that are in an incident, and of these incidents."""


def shift_of(reader: ShiftReader, now_ms: int) -> dict[str, Any]:
    """Return the log of the last hours, the newest first."""
    since_ms = now_ms - HOURS * _HOUR_MS
    first_ms = since_ms - _BEFORE_MS
    days = dict.fromkeys(
        day_text(ms) for ms in (*range(first_ms, now_ms, 12 * _HOUR_MS), now_ms)
    )
    items, is_whole = reader.alerts(days, first_ms)
    alerts = [one for one in items if any(_times(one, since_ms))]
    rows = reader.incidents([one["alert_id"] for one in alerts])
    log = lines(alerts, _whole(rows), since_ms)
    return {
        "since": since_ms,
        "complete": is_whole and len(log) <= MOST_LINES,
        "lines": log[:MOST_LINES],
    }


def _whole(rows: Mapping[str, Item]) -> dict[str, Item]:
    """Return the rows without those that miss what a line says."""
    return {
        key: row
        for key, row in rows.items()
        if "part_of" in row or row.keys() >= {"opened_at", "peak_level", "head"}
    }


def _times(alert: Item, since_ms: int) -> Iterator[int]:
    times = [alert["opened_at"], alert.get("cleared_at", 0)]
    return (ms for ms in (*times, *(s["at"] for s in steps(alert))) if ms >= since_ms)


def lines(
    alerts: Iterable[Item], rows: Mapping[str, Item], since_ms: int
) -> list[dict[str, Any]]:
    """Return what happened since then, the newest first.

    *rows* are of `traffic_incidents`, by their id.
    """
    together: dict[tuple[str, bool], list[Item]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda one: (one["opened_at"], one["alert_id"])):
        alert_id = alert["alert_id"]
        incident_id = _incident_of(alert_id, rows)
        together[incident_id or alert_id, incident_id is not None].append(alert)
    log = [
        {name: line.get(name) for name in FIELDS}
        for (key, is_incident), some in together.items()
        for line in _lines_of(some, rows[key] if is_incident else None)
        if line["at"] >= since_ms
    ]
    return sorted(log, key=lambda one: -one["at"])


def _incident_of(alert_id: str, rows: Mapping[str, Item]) -> Optional[str]:
    """Return the incident that an alert is in, None if that is not known."""
    at: Optional[str] = alert_id
    for _ in range(len(rows) + 1):
        row = rows.get(at or "")
        if row is None:
            return None
        if "part_of" not in row:
            return at
        at = row["part_of"]
    return None


def _lines_of(alerts: Sequence[Item], incident: Optional[Item]) -> Iterator[Any]:
    one = _incident(incident) if incident else _alert(alerts[0])
    yield {**one, "what": OPENED, "at": (incident or alerts[0])["opened_at"]}
    ended = incident.get("ended_at") if incident else alerts[0].get("cleared_at")
    if ended is not None:
        lasted = (incident or alerts[0]).get("duration_s")
        yield {**one, "what": CLEARED, "at": ended, "duration_s": lasted}
    done = Counter(
        (step["at"], step["what"], step["who"], step.get("note"))
        for alert in alerts
        for step in steps(alert)
    )
    for (at, what, who, note), count in done.items():
        step = {"at": at, "what": what, "who": who, "note": note, "alerts": count}
        yield {**one, **step}


def _alert(item: Item) -> dict[str, Any]:
    segment_id = item["segment_id"]
    name = item.get("name", segment_id)
    return {"level": item["peak_level"], "name": name, "segment_id": segment_id}


def _incident(row: Item) -> dict[str, Any]:
    road, place = row.get("road"), row.get("place", row["head"])
    return {
        "level": row["peak_level"],
        "name": f"{road}, {place}" if road and road != place else place,
        "segment_id": row["head"],
        "incident_id": row["incident_id"],
    }
