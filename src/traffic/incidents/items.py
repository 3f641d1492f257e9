"""Incidents as rows of `traffic_incidents`, and the requests that write them: pure.

The table has a row for each incident, and one for each further alert, which says
*part_of* which incident it is. The keys are alert ids, so two runs cannot put an alert
into two incidents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

import msgspec

from ..aws.dynamodb import attribute, attributes, update
from ..segment.alerts import LEVELS
from ..timestamps import day_text
from .incident import Incident
from .reporting import IncidentChange
from .unusual import UnusualRow

KEY = "incident_id"
_DAY_S = 86_400
_QUEUE = ("head", "tail", "road", "place")
_SPEEDS = ("speed", "usual_speed")


def row_of(one: Incident, retention_days: int) -> dict[str, Any]:
    """Return the row of an incident; None is a missing attribute."""
    queue, report, ended = one.queue, one.reported, one.ended_at
    expires_at = int(ended or 0) // 1000 + retention_days * _DAY_S
    return {
        KEY: one.incident_id,
        "open_flag": one.standing,
        "opened_at": one.opened_at,
        "day": day_text(one.opened_at),
        "level": LEVELS[one.level],
        "peak_level": LEVELS[one.peak_level],
        **{name: getattr(queue, name) for name in _QUEUE},
        "length_km": round(queue.length_km, 2),
        "peak_length_km": round(one.peak_length_km, 2),
        **{name: _rounded(getattr(queue, name)) for name in _SPEEDS},
        "unusual": None if one.unusual is None else int(one.unusual),
        "delay_rate": round(queue.delay_rate, 1),
        "delay_vehicle_hours": round(one.delay, 3),
        "segments": len(one.segments()),
        "peak_segments": one.peak_segments,
        "alerts": one.alerts,
        "members": json.dumps(one.members, separators=(",", ":")),
        "measured_at": one.measured_at,
        "reported_at": report.at,
        "reported_segments": report.segments,
        "reported_level": LEVELS[report.level],
        "reported_unusual": int(report.unusual),
        "ended_at": ended,
        "duration_s": None if ended is None else (ended - one.opened_at) // 1000,
        "part_of": one.part_of,
        "version": one.version,
        "outbox": json.dumps(one.outbox) if one.outbox else None,
        "expires_at": None if ended is None else expires_at,
    }


def _rounded(speed: Optional[float]) -> Optional[float]:
    return None if speed is None else round(speed, 1)


def incidents_of(
    rows: Iterable[Mapping[str, Any]],
) -> tuple[list[Incident], dict[str, str]]:
    """Return the incidents of rows, and what is wrong with the others by their id."""
    incidents, faults = [], {}
    for row in rows:
        try:
            incidents.append(incident_of(row))
        except (LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
            faults[str(row.get(KEY))] = f"{type(error).__name__}: {error}"
    return incidents, faults


def incident_of(row: Mapping[str, Any]) -> Incident:
    """Return the incident of a row of plain values; raises if it is not whole."""
    values = {
        "incident_id": row[KEY],
        "opened_at": row["opened_at"],
        "members": json.loads(row["members"]),
        "alerts": row["alerts"],
        "level": LEVELS.index(row["level"]),
        "peak_level": LEVELS.index(row["peak_level"]),
        "peak_segments": row["peak_segments"],
        "peak_length_km": row["peak_length_km"],
        "queue": {
            **{name: row.get(name) for name in (*_QUEUE, *_SPEEDS)},
            "length_km": row["length_km"],
            "delay_rate": row["delay_rate"],
        },
        "delay": row["delay_vehicle_hours"],
        "measured_at": row["measured_at"],
        "reported": {
            "at": row["reported_at"],
            "segments": row["reported_segments"],
            "level": LEVELS.index(row["reported_level"]),
            "unusual": bool(row.get("reported_unusual")),
        },
        "unusual": bool(row["unusual"]) if "unusual" in row else None,
        "ended_at": row.get("ended_at"),
        "part_of": row.get("part_of"),
        "version": row["version"],
        "outbox": json.loads(row.get("outbox", "[]")),
    }
    return msgspec.convert(values, Incident)


def actions(
    table: str, change: IncidentChange, retention_days: int, now_ms: int
) -> Iterator[dict[str, Any]]:
    """Yield the actions of the transaction that writes a change."""
    for one in (change.after, *change.absorbed):
        yield {"Update": replacement(table, one, retention_days)}
    expires_at = now_ms // 1000 + retention_days * _DAY_S
    for alert in change.joined:
        if alert.alert_id != change.after.incident_id:
            row = {KEY: alert.alert_id, "part_of": change.after.incident_id}
            item = attributes({**row, "expires_at": expires_at})
            yield {"Put": {"TableName": table, "Item": item, **_NEW}}


UNUSUAL_KEY = "unusual segments"  # no alert has such an id


def unusual_of(item: Mapping[str, Any]) -> UnusualRow:
    """Return the row of unusual segments, of plain values."""
    return UnusualRow(json.loads(item.get("since", "{}")), item.get("version", 0))


def unusual_replacement(table: str, row: UnusualRow) -> dict[str, Any]:
    """Return the UpdateItem that replaces the version before *row*."""
    since = json.dumps(row.since, separators=(",", ":"))
    action = update(table, {KEY: UNUSUAL_KEY}, {"since": since, "version": row.version})
    return _conditional(action, row.version)


_NEW = {
    "ConditionExpression": "attribute_not_exists(#key)",
    "ExpressionAttributeNames": {"#key": KEY},
}


def replacement(table: str, one: Incident, retention_days: int) -> dict[str, Any]:
    """Return the UpdateItem that replaces the version that was read."""
    row = row_of(one, retention_days)
    return _conditional(update(table, {KEY: row.pop(KEY)}, row), one.version)


def _conditional(action: dict[str, Any], version: int) -> dict[str, Any]:
    """Return the UpdateItem on the condition that the version before is stored."""
    names, values = {"#key": KEY}, {}
    condition = "attribute_not_exists(#key)"
    if version > 1:
        condition, names = "#version = :read", {"#version": "version"}
        values = {":read": attribute(version - 1)}
    action["ConditionExpression"] = condition
    action["ExpressionAttributeNames"].update(names)
    action["ExpressionAttributeValues"].update(values)
    return action


def sent(table: str, one: Incident) -> dict[str, Any]:
    """Return the UpdateItem that empties the outbox of that version."""
    removed = "#outbox, #flag" if one.is_over else "#outbox"
    names = {"#outbox": "outbox", "#version": "version"}
    return {
        "TableName": table,
        "Key": attributes({KEY: one.incident_id}),
        "UpdateExpression": f"REMOVE {removed}",
        "ConditionExpression": "#version = :sent",
        "ExpressionAttributeNames": {
            **names,
            **({"#flag": "open_flag"} if one.is_over else {}),
        },
        "ExpressionAttributeValues": {":sent": attribute(one.version)},
    }
