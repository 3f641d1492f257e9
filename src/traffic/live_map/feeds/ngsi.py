"""The segments as NGSI-LD entities, by the Smart Data Model TrafficFlowObserved.

An entity has no attribute whose value is unknown: NGSI-LD has no null.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...policy import MINUTE_MS
from ...timestamps import second_text
from .geojson import geometry
from .present import FeedCity, FeedSegment

CONTEXT = (
    "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld",
)
_MINUTES_PER_HOUR = 60
_KMH = "KMH"  # UN/CEFACT's code of km/h
_encode = msgspec.json.Encoder().encode


def traffic_flow(city: FeedCity) -> bytes:
    """Return an entity for each segment that a sensor has reported on."""
    known = [one for one in city.segments if one.observed_at is not None]
    return _encode([_entity(one, city.high) for one in known])


def _entity(segment: FeedSegment, high: float) -> dict[str, Any]:
    at_ms, flow = segment.observed_at or 0, segment.flow
    score = segment.congestion_score
    attributes = {
        "name": segment.name,
        "dateObserved": _time(at_ms),
        "dateObservedFrom": _time(at_ms - MINUTE_MS),
        "dateObservedTo": _time(at_ms),
        "averageVehicleSpeed": segment.speed,
        # Vehicles in the minute that ends at dateObserved.
        "intensity": None if flow is None else round(flow / _MINUTES_PER_HOUR, 2),
        "occupancy": segment.occupancy,
        "congested": None if score is None else score >= high,
    }
    entity: dict[str, Any] = {
        "@context": CONTEXT,
        "id": f"urn:ngsi-ld:TrafficFlowObserved:{segment.segment_id}",
        "type": "TrafficFlowObserved",
        "refRoadSegment": {
            "type": "Relationship",
            "object": f"urn:ngsi-ld:RoadSegment:{segment.segment_id}",
        },
        **{
            name: {"type": "Property", "value": value}
            for name, value in attributes.items()
            if value is not None
        },
    }
    if segment.speed is not None:
        entity["averageVehicleSpeed"]["unitCode"] = _KMH
    place = geometry(segment)
    if place is not None:
        entity["location"] = {"type": "GeoProperty", "value": place}
    return entity


def _time(ms: int) -> dict[str, str]:
    return {"@type": "DateTime", "@value": second_text(ms)}
