"""The segments as GeoJSON (RFC 7946)."""

from __future__ import annotations

from typing import Any, Optional

import msgspec

from ...timestamps import second_text
from .present import FeedCity, FeedSegment

_encode = msgspec.json.Encoder().encode
_PLACE = ("segment_id", "points", "observed_at")


def geometry(segment: FeedSegment) -> Optional[dict[str, Any]]:
    """Return a LineString, a Point, or None where the place is unknown."""
    places = [[longitude, latitude] for latitude, longitude in segment.points]
    if not places:
        return None
    if len(places) == 1:
        return {"type": "Point", "coordinates": places[0]}
    return {"type": "LineString", "coordinates": places}


def segments_geojson(city: FeedCity) -> bytes:
    """Return a FeatureCollection with a feature for each segment."""
    features = [_feature(segment) for segment in city.segments]
    return _encode(
        {
            "type": "FeatureCollection",
            "time": second_text(city.now_ms),
            "features": features,
        }
    )


def _feature(segment: FeedSegment) -> dict[str, Any]:
    known = segment._asdict().items()
    observed = segment.observed_at
    return {
        "type": "Feature",
        "id": segment.segment_id,
        "geometry": geometry(segment),
        "properties": {
            **{name: value for name, value in known if name not in _PLACE},
            "observed_at": None if observed is None else second_text(observed),
        },
    }
