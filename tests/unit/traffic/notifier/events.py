"""Events as the processor and sensor health send them."""

from __future__ import annotations

from typing import Any

from traffic.aws.event_bus import (
    DETAIL_TYPE,
    HEALTH_DETAIL_TYPE,
    INCIDENT_DETAIL_TYPE,
    SOURCE,
)
from traffic.incidents import events
from traffic.incidents.incident import Incident, Member, Queue
from traffic.model import Road, StoredSegment
from traffic.network.roads import RoadGraph
from traffic.policy import Policy
from traffic.segment.alert_events import event_of
from traffic.segment.alerts import Transition
from traffic.segment.fold_result import AlertChange
from traffic.segment.measures import Measures
from traffic.sensor_health.faults import Fault, opened, with_local_time

RECEIVED_MS = 1795372320500
SEGMENT = StoredSegment(
    "seg-1", road=Road(name="I-405 N", district="Los Angeles", free_flow_speed=50)
)
WEST = Fault("district", "West", "silent", 1795372320000, RECEIVED_MS, sensors=41)


def event(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    """Return the event that EventBridge hands to a function."""
    return {"source": SOURCE, "detail-type": detail_type, "detail": detail}


def jam(at: StoredSegment = SEGMENT, **changed: Any) -> dict[str, Any]:
    """Return the event of a jam there."""
    detail = event_of(
        AlertChange(
            Transition("opened", 2, 0, 1795372320000, 1795372320000, 2, 840, 840),
            RECEIVED_MS,
            Measures(1200, 400, 21, 19, 0.4, 0.2, 5, "F", 84),
        ),
        at,
        1795372321000,
        Policy(50, 80, 40, 60, 120, 90, 60, "https://map.example.org/#{segment_id}"),
    )
    return event(DETAIL_TYPE, {**detail, **changed})


def silence(of: Fault = WEST) -> dict[str, Any]:
    """Return the event of a fault that was found."""
    (detail,) = opened(of).outbox
    return event(HEALTH_DETAIL_TYPE, with_local_time(detail, "UTC"))


def incident(
    road: str | None = "US-101 S",
    place: str | None = "Echo Park",
    kind: str = "opened",
    **changed: Any,
) -> dict[str, Any]:
    """Return the event of an incident with its head there."""
    queue = Queue("seg-1", "seg-9", road, place, 4.21, 22.4, 31.5)
    one = Incident(
        "seg-1@1",
        1795372320000,
        {"seg-1": Member(1795372320000)},
        level=1,
        peak_level=1,
        peak_length_km=6.04,
        queue=queue,
        delay=310.2,
    )
    words = events.Words("https://map.example.org/#{segment_id}")
    graph = RoadGraph({}, {})
    detail = events.event_of(one, kind, graph, 1795376220000, words, RECEIVED_MS)
    return event(INCIDENT_DETAIL_TYPE, {**detail, **changed})
