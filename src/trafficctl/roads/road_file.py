"""One feature of a road file: its shape, and all that can be wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from math import isfinite
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from traffic.policy import ID_PATTERN, MAX_ID_LENGTH, MAX_SPEED_KMH
from trafficctl.cli.wrong_input import ID_FORM
from trafficctl.roads import geometry, lines
from trafficctl.roads.geojson import converting
from trafficctl.roads.mapping import AS_DOCUMENTED, TEXTS, PropertyMapping

MAX_LANES = 20
MIN_LENGTH_M, MAX_LENGTH_M = 0.1, 100_000
MAX_EFFECTIVE_LENGTH_M = 30
MAX_TEXT = 200
NOTHING = "nothing"  # stands in a message for a field that is absent

Id = Annotated[str, Meta(pattern=f"^{ID_PATTERN}$")]
# A lone surrogate is half a character: no table, file or terminal takes it, and msgspec
# has an error of its own for some.
UNUSABLE = (msgspec.ValidationError, UnicodeEncodeError)
Text = Annotated[
    str, Meta(min_length=1, max_length=MAX_TEXT, pattern="^[^\ud800-\udfff]*$")
]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Position = Annotated[list[float], Meta(min_length=2)]


class Properties(msgspec.Struct):
    """The properties of a feature that are read."""

    segment_id: Id
    name: Text | None = None
    district: Text | None = None
    lanes: Annotated[int, Meta(ge=1, le=MAX_LANES)] | None = None
    length_m: Annotated[float, Meta(ge=MIN_LENGTH_M, le=MAX_LENGTH_M)] | None = None
    free_flow_speed: Annotated[float, Meta(gt=0, le=MAX_SPEED_KMH)] | None = None
    effective_length_m: (
        Annotated[float, Meta(gt=0, le=MAX_EFFECTIVE_LENGTH_M)] | None
    ) = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    downstream: list[Id] | None = None


FIELDS = msgspec.structs.fields(Properties)


class Point(msgspec.Struct, tag_field="type", tag="Point"):
    """A segment whose line is not known."""

    coordinates: Position


class LineString(msgspec.Struct, tag_field="type", tag="LineString"):
    """A segment with its line, in the direction of traffic."""

    coordinates: Annotated[list[Position], Meta(min_length=2)]


class MultiLineString(msgspec.Struct, tag_field="type", tag="MultiLineString"):
    """A segment whose line is in parts, each of which starts where another ends."""

    coordinates: Annotated[
        list[Annotated[list[Position], Meta(min_length=2)]], Meta(min_length=1)
    ]


Shape = Point | LineString | MultiLineString


class Feature(msgspec.Struct):
    """One road segment."""

    geometry: Shape
    properties: Properties


EXPECTED = {
    "segment_id": ID_FORM,
    "name": f"text of 1-{MAX_TEXT} characters",
    "district": f"text of 1-{MAX_TEXT} characters",
    "lanes": f"a whole number 1-{MAX_LANES}",
    "length_m": f"metres, {MIN_LENGTH_M} to {MAX_LENGTH_M}",
    "free_flow_speed": f"km/h, above 0 and at most {MAX_SPEED_KMH}",
    "effective_length_m": f"metres, above 0 and at most {MAX_EFFECTIVE_LENGTH_M}",
    "latitude": "degrees, -90 to 90",
    "longitude": "degrees, -180 to 180",
    "downstream": "the ids of the next segments, as a list or separated by blanks",
    "type": "LineString, MultiLineString or Point",
    "coordinates": "[longitude, latitude], and at least two of them in a LineString",
}


def faults_of(feature: Any, mapping: PropertyMapping = AS_DOCUMENTED) -> Iterator[str]:
    """All that is wrong with a feature: the path, the expected and the actual value."""
    if not isinstance(feature, dict):
        yield _fault("feature", feature)
        return
    shape, given = feature.get("geometry"), feature.get("properties")
    try:
        yield from _line_faults(msgspec.convert(shape, Shape))
    except UNUSABLE as exc:
        yield _shape_fault(str(exc), feature)
    if not isinstance(given, dict):
        yield _fault("properties", given)
        return
    for field in FIELDS:
        try:
            if field.required or field.name in given:
                msgspec.convert(given.get(field.name), field.type)
        except UNUSABLE:
            value = given.get(field.name, NOTHING)
            sentence = _fault(mapping.path_of(field.name), value, EXPECTED[field.name])
            yield sentence + _advice(field.name, value, mapping)


def _advice(name: str, value: Any, mapping: PropertyMapping) -> str:
    """What to do about a property, where the expected value does not say it."""
    if name == "segment_id" and value is NOTHING:
        return " - `trafficctl roads load --id PROPERTY` reads another property"
    if name == "segment_id" and isinstance(value, str) and (like := _plain_id(value)):
        return (
            f" - write {like}, or read another property by "
            "`trafficctl roads load --id PROPERTY`"
        )
    is_text = name in ("segment_id", *TEXTS, "downstream")
    if isinstance(value, str) and not is_text and name not in mapping.properties:
        return f" - `trafficctl roads load --set {name}={name}` reads numbers in text"
    return ""


def _plain_id(text: str) -> str:
    """An id like `text` of the letters that ids have."""
    letters = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    ascii_only = letters.encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_:.\-]+", "-", ascii_only).strip("-")[:MAX_ID_LENGTH]


def converted(feature: dict[str, Any]) -> Feature:
    """A feature without faults, and without the properties that nobody reads."""
    given = feature["properties"]
    read = {one.name: given[one.name] for one in FIELDS if one.name in given}
    parts = {"geometry": feature["geometry"], "properties": read}
    return msgspec.convert(parts, Feature)


def points_of(shape: Shape) -> list[geometry.Point]:
    """The line of a shape as (latitude, longitude); empty if its parts do not meet."""
    return lines.joined(_parts(shape)) or []


def _parts(shape: Shape) -> list[list[geometry.Point]]:
    if isinstance(shape, Point):
        return [_turned([shape.coordinates])]
    if isinstance(shape, LineString):
        return [_turned(shape.coordinates)]
    return [_turned(part) for part in shape.coordinates]


def _turned(positions: list[list[float]]) -> list[geometry.Point]:
    return [(latitude, longitude) for longitude, latitude, *_ in positions]


def _line_faults(shape: Shape) -> Iterator[str]:
    if outside := _outside(shape):
        yield outside
        return
    line = points_of(shape)
    length_m = geometry.length_m(line)
    if not line:
        yield (
            "geometry.coordinates: each part of a MultiLineString must start where "
            f"another ends, {_gap(_parts(shape))} - close the gap, or give each part "
            "an id of its own"
        )
    elif len(line) > 1 and not length_m:
        yield (
            "geometry.coordinates: the line has no length - "
            "give two different points, or a Point"
        )
    elif length_m > MAX_LENGTH_M:
        yield (
            f"geometry.coordinates: expected a line of at most {MAX_LENGTH_M} m, got "
            f"{length_m:.0f} m - is one of its points far off?"
        )


def _outside(shape: Shape) -> str | None:
    """What is wrong with the points that are not on earth, None if all are."""
    outside = [
        (part, index, point)
        for part, points in enumerate(_parts(shape))
        for index, point in enumerate(points)
        if not (abs(point[0]) <= 90 and abs(point[1]) <= 180)
    ]
    if not outside:
        return None
    part, index, (latitude, longitude) = outside[0]
    steps = {Point: "", LineString: f"[{index}]"}
    more = f" and {len(outside) - 1} more like it" if len(outside) > 1 else ""
    return (
        f"geometry.coordinates{steps.get(type(shape), f'[{part}][{index}]')}: expected "
        f"[longitude, latitude] in degrees, got [{longitude:.10g}, {latitude:.10g}]"
        f"{more} - {_why_outside(latitude, longitude)}"
    )


def _why_outside(latitude: float, longitude: float) -> str:
    if abs(latitude) <= 180 and abs(longitude) <= 90:
        return "longitude comes first"
    if not isfinite(latitude + longitude):
        return "correct or remove this point"
    return "metres of a projection? " + converting("FILE", "-s_srs EPSG:NUMBER ")


def _gap(parts: list[list[geometry.Point]]) -> str:
    """The first gap between two parts."""
    for number, (one, other) in enumerate(pairwise(parts), 1):
        if gap_m := lines.gap_m(one, other):
            return f"part {number + 1} starts {gap_m:,.0f} m from the end of {number}"
    return "these do not"


def _shape_fault(message: str, feature: Any) -> str:
    """Say msgspec's complaint of a geometry."""
    place = re.search(r"at `\$\.?(.*)`$", message)
    missing = re.search(r"missing required field `(\w+)`", message)
    steps = [place.group(1) if place else "", missing.group(1) if missing else ""]
    path = ".".join(["geometry", *(step for step in steps if step)])
    return _fault(path, NOTHING if missing else _at(feature, path))


def _fault(path: str, actual: Any, expected: str | None = None) -> str:
    field = path.rsplit(".", 1)[-1].split("[", maxsplit=1)[0]
    words = expected or EXPECTED.get(field, "a GeoJSON object")
    shown = NOTHING if actual is NOTHING else f"{actual!r:.80}"
    return f"{path}: expected {words}, got {shown}"


def _at(value: Any, path: str) -> Any:
    for step in re.findall(r"[^.\[\]]+", path):
        value = value[int(step)] if isinstance(value, list) else value.get(step)
    return value
