"""Faults as rows of `sensor_faults`, and the statements that write them: pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..aws.dynamodb import attribute, value_of
from .faults import CLOSING, DISMISSED, Fault, first_of, place_of

_DAY_S = 86_400
_KEY = "fault_id"
_STORED = [f.name for f in fields(Fault) if f.name not in ("outbox", "standing")]


def row_of(fault: Fault, retention_days: int) -> dict[str, Any]:
    """Return the row of a fault; None is an attribute absent."""
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
    known = {name: row[name] for name in _STORED if name in row}
    outbox = tuple(json.loads(row.get("outbox", "[]")))
    return Fault(**known, standing=row.get("open_flag"), outbox=outbox)


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an item of the low-level API."""
    return {name: value_of(value) for name, value in item.items()}


def listed(fault: Fault) -> dict[str, Any]:
    """Return a fault as the repair list has it, with what to do first."""
    told = {name: getattr(fault, name) for name in _STORED}
    return {
        "fault_id": fault.fault_id,
        **told,
        "duration_s": fault.duration_s,
        "place": place_of(fault),
        "first": first_of(fault.kind, fault.scope),
    }


def insertion(table: str, fault: Fault, retention_days: int) -> dict[str, Any]:
    """Return the statement that stores a new fault; one of that id is never touched."""
    row = {k: v for k, v in row_of(fault, retention_days).items() if v is not None}
    names = ", ".join(f"'{name}': ?" for name in row)
    return {
        "Statement": f'INSERT INTO "{table}" VALUE {{{names}}}',
        "Parameters": [attribute(value) for value in row.values()],
    }


def reopening(table: str, fault: Fault, retention_days: int) -> dict[str, Any]:
    """Return the statement that stores a fault in the row of one that is over.

    It has the same id where it ended without a new reading: its sensors count as silent
    again since the same instant. What a later sweep than this one ended stays over.
    """
    row = row_of(fault, retention_days)
    stays = {name: v for name, v in row.items() if v is not None and name != _KEY}
    gone = dict.fromkeys(("closed_at", "duration_s", "expires_at"))
    where = '"open_flag" IS MISSING AND "closed_at"<?'
    return _update(table, fault, {**stays, **gone}, where, fault.detected_at)


def change(table: str, was: Fault, fault: Fault, days: int) -> dict[str, Any]:
    """Return the statement that makes *was* into *fault*, if it still is as it was."""
    before, after = row_of(was, days), row_of(fault, days)
    changed = {name: v for name, v in after.items() if v != before[name]}
    return _update_as_it_was(table, was, changed)


def sent(table: str, fault: Fault) -> dict[str, Any]:
    """Return the statement that empties the outbox, if nothing was added meanwhile."""
    gone: dict[str, Any] = {"outbox": None}
    if fault.standing == CLOSING:
        gone["open_flag"] = None
    return _update_as_it_was(table, fault, gone)


def _update_as_it_was(
    table: str, was: Fault, values: Mapping[str, Any]
) -> dict[str, Any]:
    where = '"open_flag"=? AND "told_at"=?'
    return _update(table, was, values, where, was.standing, was.told_at)


def _update(
    table: str, fault: Fault, values: Mapping[str, Any], where: str, *held: Any
) -> dict[str, Any]:
    sets = {name: value for name, value in values.items() if value is not None}
    removes = [name for name in values if name not in sets]
    told = [f'SET "{name}"=?' for name in sets]
    told += [f'REMOVE "{name}"' for name in removes]
    known = (*sets.values(), fault.fault_id, *held)
    return {
        "Statement": f'UPDATE "{table}" {" ".join(told)} WHERE "{_KEY}"=? AND {where}',
        "Parameters": [attribute(value) for value in known],
    }
