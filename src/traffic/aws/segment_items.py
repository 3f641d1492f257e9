"""Segments as items of `road_segments`, and the statements that write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Optional

from ..model import ReadingCounts, Road, StoredSegment
from ..segment.decide import Decision
from ..segment.outbox import text_of
from .dynamodb import attribute, number_of, split, split_update, value_of


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def is_size(value: Any) -> bool:
    """Whether a value is a number above zero."""
    return _is_number(value) and value > 0


_ROAD = {
    "name": _is_text,
    "district": _is_text,
    "latitude": _is_number,
    "longitude": _is_number,
    "lanes": is_size,
    "length_m": is_size,
    "free_flow_speed": is_size,
    "effective_length_m": is_size,
}
_TEXTS = {name for name, fits in _ROAD.items() if fits is _is_text}
# An event repeats them: a hundred events of such a road still fit into its item.
_MOST_CHARACTERS = 256
LEARNED = "learned_free_flow_speed"
_COUNTS = ("accepted", "late", "duplicate", "stale")
_STATE_ATTRIBUTES = ("version", "state", "outbox", "suspects", *_COUNTS)
_READ = (*_ROAD, LEARNED)
_ROAD_TYPES = [(name, "S" if name in _TEXTS else "N") for name in _READ]
_NOBODY: frozenset[str] = frozenset()


def segment_of(segment_id: str, item: Mapping[str, Any]) -> StoredSegment:
    """Return the segment of *item*; an empty item is a new segment."""
    return StoredSegment(
        segment_id,
        version=_integer(item, "version"),
        road=_road(*[item.get(name, {}).get(kind) for name, kind in _ROAD_TYPES]),
        counts=ReadingCounts(*[_integer(item, name) for name in _COUNTS]),
        packed=value_of(item["state"]) if "state" in item else None,
        outbox=tuple(json.loads(item["outbox"]["S"])) if "outbox" in item else (),
        suspects=frozenset(item["suspects"]["SS"]) if "suspects" in item else _NOBODY,
    )


def _integer(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


@lru_cache(maxsize=4096)  # roads rarely change
def _road(*attributes: Optional[str]) -> Road:
    return road_of(
        {
            name: text if name in _TEXTS else number_of(text)
            for name, text in zip(_READ, attributes)
            if text is not None
        }
    )


def road_of(values: Mapping[str, Any]) -> Road:
    """Return the road, without invalid attributes: other programs write them too.

    A free-flow speed of zero, or text, must not block the readings of its segment. This
    is the only place that reads a free-flow speed: where the road file gives none, the
    one that was learned from quiet hours counts.
    """
    road = valid_of(values)
    for name in road.keys() & _TEXTS:
        road[name] = road[name][:_MOST_CHARACTERS]
    known, learned = "name" in road or "free_flow_speed" in road, values.get(LEARNED)
    if is_size(learned):
        road.setdefault("free_flow_speed", learned)
    return Road(**road, known=known)


def valid_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is valid of a road's attributes."""
    return {
        name: values[name]
        for name, fits in _ROAD.items()
        if name in values and fits(values[name])
    }


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
    key = {"segment_id": decision.segment.segment_id}
    action = split_update(table, key, *changes(decision))
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
    return (*_ROAD, LEARNED, *_STATE_ATTRIBUTES)
