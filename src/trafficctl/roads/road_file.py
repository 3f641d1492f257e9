"""One feature of a road file and its validation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from traffic.policy import ID_PATTERN, MAX_ID_LENGTH, MAX_SPEED_KMH
from trafficctl.roads import geometry

MAX_LANES = 20
MAX_LENGTH_M = 100_000
MAX_EFFECTIVE_LENGTH_M = 30
MAX_TEXT = 200
NOTHING = "nothing"  # in messages, for an absent field

Id = Annotated[str, Meta(pattern=f"^{ID_PATTERN}$")]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Position = Annotated[list[float], Meta(min_length=2)]


class Properties(msgspec.Struct):
    """The properties of a feature."""

    segment_id: Id
    name: Text | None = None
    district: Text | None = None
    lanes: Annotated[int, Meta(ge=1, le=MAX_LANES)] | None = None
    length_m: Annotated[float, Meta(gt=0, le=MAX_LENGTH_M)] | None = None
    free_flow_speed: Annotated[float, Meta(gt=0, le=MAX_SPEED_KMH)] | None = None
    effective_length_m: (
        Annotated[float, Meta(gt=0, le=MAX_EFFECTIVE_LENGTH_M)] | None
    ) = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Point(msgspec.Struct, tag_field="type", tag="Point"):
    """A segment without a line."""

    coordinates: Position


class LineString(msgspec.Struct, tag_field="type", tag="LineString"):
    """A segment with its line, in the direction of traffic."""

    coordinates: Annotated[list[Position], Meta(min_length=2)]


class Feature(msgspec.Struct):
    """One road segment."""

    geometry: Point | LineString
    properties: Properties


EXPECTED = {
    "segment_id": f"1-{MAX_ID_LENGTH} of letters, digits, _ : . -",
    "name": f"text of 1-{MAX_TEXT} characters",
    "district": f"text of 1-{MAX_TEXT} characters",
    "lanes": f"a whole number 1-{MAX_LANES}",
    "length_m": f"metres, above 0 and at most {MAX_LENGTH_M}",
    "free_flow_speed": f"km/h, above 0 and at most {MAX_SPEED_KMH}",
    "effective_length_m": f"metres, above 0 and at most {MAX_EFFECTIVE_LENGTH_M}",
    "latitude": "degrees, -90 to 90",
    "longitude": "degrees, -180 to 180",
    "type": "LineString or Point",
    "coordinates": "[longitude, latitude], and at least two of them in a LineString",
}


def faults_of(feature: Any) -> Iterator[str]:
    """The faults of a feature: path, expected and actual value."""
    if not isinstance(feature, dict):
        yield _fault("feature", feature)
        return
    shape, properties = feature.get("geometry"), feature.get("properties")
    try:
        yield from _line_faults(msgspec.convert(shape, Point | LineString))
    except msgspec.ValidationError as exc:
        yield _shape_fault(str(exc), feature)
    if not isinstance(properties, dict):
        yield _fault("properties", properties)
        return
    for field in msgspec.structs.fields(Properties):
        try:
            if field.required or field.name in properties:
                msgspec.convert(properties.get(field.name), field.type)
        except msgspec.ValidationError:
            yield _fault(
                f"properties.{field.name}", properties.get(field.name, NOTHING)
            )


def points_of(shape: Point | LineString) -> list[geometry.Point]:
    """The points of a shape as (latitude, longitude)."""
    points = [shape.coordinates] if isinstance(shape, Point) else shape.coordinates
    return [(latitude, longitude) for longitude, latitude, *_ in points]


def _line_faults(shape: Point | LineString) -> Iterator[str]:
    line = points_of(shape)
    outside = False
    for index, (latitude, longitude) in enumerate(line):
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            at = "" if isinstance(shape, Point) else f"[{index}]"
            outside = True
            yield (
                f"geometry.coordinates{at}: expected [longitude, latitude] in "
                f"degrees, got [{longitude}, {latitude}] - longitude comes first"
            )
    if len(line) > 1 and not outside and not geometry.length_m(line):
        yield (
            "geometry.coordinates: the line has no length - "
            "use two different points, or a Point"
        )


def _shape_fault(message: str, feature: Any) -> str:
    """A message for msgspec's error on a geometry."""
    place = re.search(r"at `\$\.?(.*)`$", message)
    missing = re.search(r"missing required field `(\w+)`", message)
    steps = [place.group(1) if place else "", missing.group(1) if missing else ""]
    path = ".".join(["geometry", *(step for step in steps if step)])
    return _fault(path, NOTHING if missing else _at(feature, path))


def _fault(path: str, actual: Any) -> str:
    field = path.rsplit(".", 1)[-1].split("[", maxsplit=1)[0]
    expected = EXPECTED.get(field, "a GeoJSON object")
    text = NOTHING if actual is NOTHING else f"{actual!r:.80}"
    return f"{path}: expected {expected}, got {text}"


def _at(value: Any, path: str) -> Any:
    for step in re.findall(r"[^.\[\]]+", path):
        value = value[int(step)] if isinstance(value, list) else value.get(step)
    return value
