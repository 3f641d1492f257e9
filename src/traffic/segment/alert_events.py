"""The event of an alert's transition."""

from __future__ import annotations

from typing import Any, Optional

from ..model import StoredSegment
from ..policy import Policy
from ..timestamps import local_minute_text
from .alerts import LEVELS, SILENCE
from .fold_result import AlertChange
from .measures import Measures


def alert_id_of(segment_id: str, opened_at: int) -> str:
    """Return the id of the alert that opened at that event time (ms)."""
    return f"{segment_id}@{opened_at}"


def event_of(
    change: AlertChange, stored: StoredSegment, now_ms: int, policy: Policy
) -> dict[str, Any]:
    """Return the detail of a `Congestion Alert` event (docs/reference/wire-format.md).

    The id depends on event time only, so sending the event again sends the same id.
    """
    road, measures, transition = stored.road, change.measures, change.transition
    alert_id = alert_id_of(stored.segment_id, transition.opened_at)
    return {
        "event_id": f"{alert_id}/{transition.kind}@{transition.at}",
        "alert_id": alert_id,
        "transition": transition.kind,
        "reason": transition.reason,
        "level": LEVELS[transition.level],
        "previous_level": LEVELS[transition.previous],
        "segment_id": stored.segment_id,
        "name": road.name,
        "district": road.district,
        "latitude": road.latitude,
        "longitude": road.longitude,
        "place": place_of(stored),
        "congestion_score": transition.score / 10,
        "peak_congestion": transition.peak / 10,
        "speed": _rounded(measures.speed),
        "free_flow_speed": road.free_flow_speed,
        "traffic": _traffic_at(change, road.free_flow_speed),
        "travel_time_index": _rounded(measures.travel_time_index, 2),
        "level_of_service": measures.level_of_service,
        "speed_estimated": _rounded(measures.speed_estimated, 2),
        "opened_at": transition.opened_at,
        "since": local_minute_text(transition.opened_at, policy.zone),
        "observed_at": transition.at,
        "received_at": change.received_at,
        "decided_at": now_ms,
        "duration_s": (transition.at - transition.opened_at) // 1000,
        "link": link_of(stored.segment_id, policy),
    }


def place_of(stored: StoredSegment) -> str:
    """Return the place of a segment: name and district, or its id."""
    parts = [part for part in (stored.road.name, stored.road.district) if part]
    return ", ".join(parts) or stored.segment_id


def _traffic_at(change: AlertChange, free_flow: Optional[float]) -> str:
    """Return the traffic of a transition in words; the last known one for silence."""
    words = traffic_of(change.measures, free_flow, change.is_passing)
    if change.transition.reason == SILENCE:
        return f"no sensor reports, last {words}"
    return words


def traffic_of(measures: Measures, free_flow: Optional[float], is_passing: bool) -> str:
    """Return the speed of traffic in words; an empty road has none.

    A missing speed is unknown where vehicles pass, or where no sensor counts them.
    """
    speed = measures.speed
    if speed is None:
        is_empty = measures.flow is not None and not is_passing
        return "an empty road" if is_empty else "speed unknown"
    if free_flow is None:
        return f"{speed:.0f} km/h, free flow unknown"
    return f"{speed:.0f} of {free_flow:.0f} km/h"


def link_of(segment_id: str, policy: Policy) -> str:
    """Return the address of the segment on the live page."""
    return policy.link_format.replace("{segment_id}", segment_id)


def _rounded(value: Optional[float], digits: int = 1) -> Optional[float]:
    return None if value is None else round(value, digits)
