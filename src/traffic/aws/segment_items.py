"""Segments as items of `road_segments`, and the statements that write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..model import ReadingCounts, Road, StoredSegment
from ..segment.decide import Decision
from ..segment.outbox import text_of
from .dynamodb import attribute, split, update, values_of


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _is_size(value: Any) -> bool:
    return _is_number(value) and value > 0


_ROAD = {
    "name": _is_text,
    "district": _is_text,
    "latitude": _is_number,
    "longitude": _is_number,
    "lanes": _is_size,
    "length_m": _is_size,
    "free_flow_speed": _is_size,
    "effective_length_m": _is_size,
}
_COUNTS = ("accepted", "late", "duplicate", "stale")
_STATE_ATTRIBUTES = ("version", "state", "outbox", "suspects", *_COUNTS)


def segment_of(segment_id: str, item: Mapping[str, Any]) -> StoredSegment:
    """Return the segment of *item*; an empty item is a new segment."""
    values = values_of(item)
    return StoredSegment(
        segment_id,
        version=values.get("version", 0),
        road=_road(values),
        counts=ReadingCounts(*(values.get(name, 0) for name in _COUNTS)),
        packed=values.get("state"),
        outbox=tuple(json.loads(values["outbox"])) if "outbox" in values else (),
        suspects=frozenset(values.get("suspects", ())),
    )


def _road(values: Mapping[str, Any]) -> Road:
    """Return the road, without invalid attributes: other programs write them too.

    A free-flow speed of zero, or text, must not block the readings of its segment. This
    is the only place that reads a free-flow speed.
    """
    road = {
        name: values[name]
        for name, fits in _ROAD.items()
        if name in values and fits(values[name])
    }
    return Road(**road, known="name" in road or "free_flow_speed" in road)


def changes(decision: Decision) -> tuple[dict[str, Any], list[str]]:
    """Return the attributes to set and the names of those to remove."""
    segment = decision.segment
    values = {
        **decision.live,
        "version": segment.version,
        "state": segment.packed,
        "outbox": text_of(segment.outbox) if segment.outbox else None,
        "accepted": segment.counts.accepted,
        "late": segment.counts.late,
        "duplicate": segment.counts.duplicate,
        "stale": segment.counts.stale or None,
    }
    return split(values)


def partiql_update(table: str, decision: Decision) -> dict[str, Any]:
    """Return the statement that replaces the version that was read."""
    present, absent = changes(decision)
    key = (decision.segment.segment_id, decision.segment.version - 1)
    return {
        "Statement": _statement(table, tuple(present), tuple(absent)),
        "Parameters": [attribute(value) for value in (*present.values(), *key)],
    }


@lru_cache(maxsize=256)  # segments share a few sets of attributes
def _statement(table: str, present: Sequence[str], absent: Sequence[str]) -> str:
    sets = " ".join(f'SET "{name}"=?' for name in present)
    removes = " ".join(f'REMOVE "{name}"' for name in absent)
    where = 'WHERE "segment_id"=? AND "version"=?'
    return f'UPDATE "{table}" {sets} {removes} {where}'


def partiql_sent(table: str, segment: StoredSegment) -> dict[str, Any]:
    """Return the statement that empties the outbox of that version."""
    return {
        "Statement": f'UPDATE "{table}" REMOVE "outbox" '
        'WHERE "segment_id"=? AND "version"=?',
        "Parameters": [attribute(segment.segment_id), attribute(segment.version)],
    }


def segment_update(table: str, decision: Decision) -> dict[str, Any]:
    """Return the UpdateItem that replaces the version that was read."""
    present, absent = changes(decision)
    values = {**present, **dict.fromkeys(absent)}
    action = update(table, {"segment_id": decision.segment.segment_id}, values)
    action["ExpressionAttributeNames"]["#version"] = "version"
    read_at = decision.segment.version - 1
    if read_at:
        action["ConditionExpression"] = "#version = :read_at"
        action["ExpressionAttributeValues"][":read_at"] = attribute(read_at)
    else:
        action["ConditionExpression"] = "attribute_not_exists(#version)"
    return action


def read_attributes() -> Sequence[str]:
    """Return the names of the attributes that a segment is read from."""
    return (*_ROAD, *_STATE_ATTRIBUTES)
