"""Faults as rows of `sensor_faults`, and the statements that write them: pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..aws.dynamodb import attribute
from .faults import CLOSING, DISMISSED, Fault, first_of, place_of

_DAY_S = 86_400
_KEY = "fault_id"
_STORED = [f.name for f in fields(Fault) if f.name not in ("outbox", "standing")]


def row_of(fault: Fault, retention_days: int) -> dict[str, Any]:
    """Return the row of a fault; None is a missing attribute."""
    is_done = fault.closed_at is not None and fault.standing != DISMISSED
    expires_at = int(fault.closed_at or 0) // 1000 + retention_days * _DAY_S
    return {
        _KEY: fault.fault_id,
        **{name: getattr(fault, name) for name in _STORED},
        "duration_s": fault.duration_s,
        "open_flag": fault.standing,
        "outbox": json.dumps(fault.outbox) if fault.outbox else None,
        "expires_at": expires_at if is_done else None,
    }


def fault_of(row: Mapping[str, Any]) -> Fault:
    """Return the fault that a row of plain values holds."""
    parameters = {name: row[name] for name in _STORED if name in row}
    outbox = tuple(json.loads(row.get("outbox", "[]")))
    return Fault(**parameters, standing=row.get("open_flag"), outbox=outbox)


def listed(fault: Fault) -> dict[str, Any]:
    """Return a fault as the repair list shows it, with the first thing to do."""
    stored = {name: getattr(fault, name) for name in _STORED}
    return {
        "fault_id": fault.fault_id,
        **stored,
        "duration_s": fault.duration_s,
        "place": place_of(fault),
        "first": first_of(fault.kind, fault.scope),
    }


def insertion(table: str, fault: Fault, retention_days: int) -> dict[str, Any]:
    """Return the statement that stores a new fault, unless its id exists."""
    row = {k: v for k, v in row_of(fault, retention_days).items() if v is not None}
    names = ", ".join(f"'{name}': ?" for name in row)
    return {
        "Statement": f'INSERT INTO "{table}" VALUE {{{names}}}',
        "Parameters": [attribute(value) for value in row.values()],
    }


def reopening(table: str, fault: Fault, retention_days: int) -> dict[str, Any]:
    """Return the statement that reopens a closed fault of the same id.

    The id is the same if the fault closed without a new reading: its sensors are silent
    again since the same instant. A fault that a later sweep closed stays closed.
    """
    row = row_of(fault, retention_days)
    stays = {name: v for name, v in row.items() if v is not None and name != _KEY}
    removed = dict.fromkeys(("closed_at", "duration_s", "expires_at"))
    where = '"open_flag" IS MISSING AND "closed_at"<?'
    return _update(table, fault, {**stays, **removed}, where, fault.detected_at)


def change(table: str, before: Fault, fault: Fault, days: int) -> dict[str, Any]:
    """Return the statement that changes *before* to *fault*, if it is unchanged."""
    old_row, new_row = row_of(before, days), row_of(fault, days)
    changed = {name: v for name, v in new_row.items() if v != old_row[name]}
    return _update_as_it_was(table, before, changed)


def sent(table: str, fault: Fault) -> dict[str, Any]:
    """Return the statement that empties the outbox, if nothing was added."""
    removed: dict[str, Any] = {"outbox": None}
    if fault.standing == CLOSING:
        removed["open_flag"] = None
    return _update_as_it_was(table, fault, removed)


def _update_as_it_was(
    table: str, before: Fault, values: Mapping[str, Any]
) -> dict[str, Any]:
    where = '"open_flag"=? AND "told_at"=?'
    return _update(table, before, values, where, before.standing, before.told_at)


def _update(
    table: str, fault: Fault, values: Mapping[str, Any], where: str, *conditions: Any
) -> dict[str, Any]:
    sets = {name: value for name, value in values.items() if value is not None}
    removes = [name for name in values if name not in sets]
    clauses = [f'SET "{name}"=?' for name in sets]
    clauses += [f'REMOVE "{name}"' for name in removes]
    parameters = (*sets.values(), fault.fault_id, *conditions)
    action = " ".join(clauses)
    return {
        "Statement": f'UPDATE "{table}" {action} WHERE "{_KEY}"=? AND {where}',
        "Parameters": [attribute(value) for value in parameters],
    }
