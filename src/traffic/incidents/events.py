"""The `Traffic Incident` event (docs/reference/wire-format.md): pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ..model import Road
from ..network.roads import RoadGraph
from ..segment.alerts import HIGH, LEVELS
from ..timestamps import local_minute_text
from .incident import Incident, Queue

OPENED, GREW, ESCALATED = "opened", "grew", "escalated"
CONGESTED, UNUSUAL = "congested", "unusual"
CLEARED, MERGED = "cleared", "merged"
# The details of the events that people get, by `NotifyFor`, as patterns of EventBridge:
# slow traffic that is no jam has no level, and where nothing is known to be usual, each
# incident counts as unusual. The other events are for machines.
_ABSENT = {"exists": False}
MAILED: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "incidents": {
        "transition": [OPENED, CONGESTED, ESCALATED, CLEARED],
        "peak_level": list(LEVELS[HIGH:]),
    },
    "unusual": {
        "transition": [OPENED, UNUSUAL, ESCALATED, CLEARED],
        "unusual": [True, _ABSENT],
    },
}


class Words(NamedTuple):
    """What a city's events are worded with: a segment's address, and the time zone."""

    link_format: str
    zone: str = "UTC"


def event_of(
    one: Incident,
    kind: str,
    graph: RoadGraph,
    now_ms: int,
    words: Words,
    received_at: Optional[int] = None,
) -> dict[str, Any]:
    """Return the detail of an event.

    The id contains the time of the decision, which is stored with the event: sending it
    again sends the same id.
    """
    end = now_ms if one.ended_at is None else one.ended_at
    head = one.queue.head
    return {
        "event_id": f"{one.incident_id}/{kind}@{now_ms}",
        "incident_id": one.incident_id,
        "transition": kind,
        "level": LEVELS[one.level],
        "peak_level": LEVELS[one.peak_level],
        **_place(one.queue, graph.road(head) if head else Road()),
        **_extent(one),
        "alerts": one.alerts,
        "opened_at": one.opened_at,
        "since": local_minute_text(one.opened_at, words.zone),
        "ended_at": one.ended_at,
        "duration_s": (end - one.opened_at) // 1000,
        "received_at": received_at,
        "decided_at": now_ms,
        "part_of": one.part_of,
        "link": words.link_format.replace("{segment_id}", head or ""),
    }


def people_get(event: Mapping[str, Any], notify_for: str) -> bool:
    """Whether people get this event, by the value of `NotifyFor`."""
    pattern = MAILED[notify_for].items()
    return all(event.get(name, _ABSENT) in allowed for name, allowed in pattern)


def _place(queue: Queue, head: Road) -> dict[str, Any]:
    return {
        "road": queue.road,
        "place": queue.place,
        "district": head.district,
        "latitude": head.latitude,
        "longitude": head.longitude,
        "free_flow_speed": head.free_flow_speed,
        "head": queue.head,
        "tail": queue.tail,
    }


def _extent(one: Incident) -> dict[str, Any]:
    speed, usual = one.queue.speed, one.queue.usual_speed
    return {
        "segment_ids": one.segments(),
        "segments": len(one.segments()),
        "peak_segments": one.peak_segments,
        "length_km": round(one.queue.length_km, 1),
        "peak_length_km": round(one.peak_length_km, 1),
        "speed": None if speed is None else round(speed, 1),
        "usual_speed": None if usual is None else round(usual, 1),
        **({} if one.unusual is None else {"unusual": one.unusual}),
        "delay_vehicle_hours": round(one.delay, 1),
    }
