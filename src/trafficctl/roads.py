"""`trafficctl roads`: the road network, from GeoJSON into `road_segments`.

One feature is one segment, a LineString or a Point. Properties: `segment_id` (needed),
`name`, `district`, `lanes`, `length_m`, `free_flow_speed` (km/h),
`effective_length_m` (of vehicle and detector), `latitude`, `longitude`; length and
position come from the geometry where they are not given.
Loading writes these attributes and never touches what the processor writes.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from traffic.policy import ID_PATTERN, MAX_ID_LENGTH, MAX_SPEED_KMH
from trafficctl import aws, geometry
from trafficctl.cli_common import add_common
from trafficctl.errors import OK, UserError
from trafficctl.output import say
from trafficctl.progress import counting

MAX_LANES = 20
MAX_LENGTH_M = 100_000
MAX_EFFECTIVE_LENGTH_M = 30
MAX_TEXT = 200
PARALLEL_WRITES = 16

Id = Annotated[str, Meta(pattern=f"^{ID_PATTERN}$")]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Position = Annotated[list[float], Meta(min_length=2)]


@dataclass(frozen=True)
class RoadSegment:
    """What a road file says of one segment; None where it says nothing."""

    segment_id: str
    latitude: float
    longitude: float
    line: str | None = None
    name: str | None = None
    district: str | None = None
    lanes: int | None = None
    length_m: float | None = None
    free_flow_speed: float | None = None
    effective_length_m: float | None = None


class _Properties(msgspec.Struct):
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


class _Point(msgspec.Struct, tag_field="type", tag="Point"):
    coordinates: Position


class _LineString(msgspec.Struct, tag_field="type", tag="LineString"):
    coordinates: Annotated[list[Position], Meta(min_length=2)]


class _Feature(msgspec.Struct):
    geometry: _Point | _LineString
    properties: _Properties


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


def read_geojson(path: Path) -> list[RoadSegment]:
    """The segments of a road file. Raises UserError naming the feature and field."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as exc:
        message = f"{path} line {exc.lineno}: not JSON ({exc.msg}) - give GeoJSON"
        raise UserError(message) from exc
    return parse(document, str(path))


def parse(document: Any, source: str) -> list[RoadSegment]:
    """The segments of a GeoJSON FeatureCollection; `source` names it in errors."""
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise UserError(
            f"{source}: expected a GeoJSON FeatureCollection with at least one "
            "feature - a road file has one feature for each segment"
        )
    segments: dict[str, RoadSegment] = {}
    for number, feature in enumerate(features, 1):
        found = _segment(feature, f"{source} feature {number}")
        if found.segment_id in segments:
            first = list(segments).index(found.segment_id) + 1
            raise UserError(
                f"{source} feature {number}, properties.segment_id: "
                f"{found.segment_id!r} is already feature {first} - give each its own"
            )
        segments[found.segment_id] = found
    return list(segments.values())


def _segment(feature: Any, where: str) -> RoadSegment:
    try:
        value = msgspec.convert(feature, _Feature)
    except msgspec.ValidationError as exc:
        raise UserError(f"{where}, {_fault(str(exc), feature)}") from exc
    line = _line(value.geometry, where)
    given = value.properties
    middle = geometry.middle(line)
    length = given.length_m or (geometry.length_m(line) if len(line) > 1 else None)
    return RoadSegment(
        segment_id=given.segment_id,
        latitude=round(middle[0], 6) if given.latitude is None else given.latitude,
        longitude=round(middle[1], 6) if given.longitude is None else given.longitude,
        line=geometry.encode(line) if len(line) > 1 else None,
        name=given.name,
        district=given.district,
        lanes=given.lanes,
        length_m=None if length is None else round(length, 1),
        free_flow_speed=given.free_flow_speed,
        effective_length_m=given.effective_length_m,
    )


def _line(shape: _Point | _LineString, where: str) -> list[geometry.Point]:
    points = [shape.coordinates] if isinstance(shape, _Point) else shape.coordinates
    for index, (longitude, latitude, *_) in enumerate(points):
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            at = "" if isinstance(shape, _Point) else f"[{index}]"
            raise UserError(
                f"{where}, geometry.coordinates{at}: expected [longitude, latitude] in "
                f"degrees, got [{longitude}, {latitude}] - longitude comes first"
            )
    line = [(latitude, longitude) for longitude, latitude, *_ in points]
    if len(line) > 1 and not geometry.length_m(line):
        raise UserError(
            f"{where}, geometry.coordinates: the line has no length - "
            "give two different points, or a Point"
        )
    return line


def _fault(message: str, feature: Any) -> str:
    """Say msgspec's complaint with the path, the expected and the actual value."""
    found = re.search(r"at `\$\.?(.*)`$", message)
    path = found.group(1) if found else ""
    missing = re.search(r"missing required field `(\w+)`", message)
    if missing:
        path = f"{path}.{missing.group(1)}".lstrip(".")
    field = path.rsplit(".", 1)[-1].split("[")[0]
    expected = EXPECTED.get(field, "an object, as GeoJSON has it")
    actual = "nothing" if missing else _at(feature, path)
    return f"{path or 'feature'}: expected {expected}, got {actual} - correct the file"


def _at(value: Any, path: str) -> str:
    for step in re.findall(r"[^.\[\]]+", path):
        value = value[int(step)] if isinstance(value, list) else value.get(step)
    return f"{value!r:.80}"


def update_of(road: RoadSegment, table: str) -> dict[str, Any]:
    """The UpdateItem that writes the static attributes of one segment."""
    given = {k: v for k, v in vars(road).items() if v is not None and k != "segment_id"}
    return {
        "TableName": table,
        "Key": {"segment_id": {"S": road.segment_id}},
        "UpdateExpression": "SET " + ", ".join(f"#{k} = :{k}" for k in given),
        "ExpressionAttributeNames": {f"#{k}": k for k in given},
        "ExpressionAttributeValues": {f":{k}": _typed(v) for k, v in given.items()},
    }


def _typed(value: str | float) -> dict[str, str]:
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def write(
    dynamodb: Any,
    table: str,
    roads: Sequence[RoadSegment],
    done: Callable[[int], object] = lambda _: None,
) -> int:
    """Write `roads` in parallel, telling `done` after each, and count them."""

    def update(road: RoadSegment) -> None:
        dynamodb.update_item(**update_of(road, table))

    with ThreadPoolExecutor(PARALLEL_WRITES) as pool:
        for _ in pool.map(update, roads):
            done(1)
    return len(roads)


def load(session: Any, table_name: str, path: Path) -> int:
    """Write the road file at `path` into the table, and count its segments.

    Nothing is written when any feature of the file is wrong (UserError).
    """
    return load_segments(session, table_name, read_geojson(path))


def load_segments(session: Any, table_name: str, roads: Sequence[RoadSegment]) -> int:
    """Write `roads` into the table with a progress display, and count them."""
    dynamodb = aws.client(session, "dynamodb")
    with counting("segments") as bar:
        task = bar.add_task("Roads", total=len(roads))
        return write(dynamodb, table_name, roads, lambda n: bar.advance(task, n))


def feature_collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON document of `features`."""
    return {"type": "FeatureCollection", "features": list(features)}


def feature(line: Sequence[geometry.Point], **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature: a LineString, or a Point where `line` is one point."""
    points = [[round(lon, 6), round(lat, 6)] for lat, lon in line]
    shape: dict[str, Any] = {"type": "LineString", "coordinates": points}
    if len(points) == 1:
        shape = {"type": "Point", "coordinates": points[0]}
    return {"type": "Feature", "geometry": shape, "properties": properties}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `roads load`."""
    parser = subparsers.add_parser("roads", help="load the road network")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    loading = actions.add_parser(
        "load",
        help="write a road file into the road_segments table",
        description=__doc__.split("\n\n", 1)[1],
    )
    loading.add_argument("file", type=Path, metavar="FILE.geojson")
    add_common(loading)
    loading.set_defaults(run=_run_load)


def _run_load(args: argparse.Namespace) -> int:
    roads = read_geojson(args.file)
    session = aws.session()
    table = aws.stack_outputs(session, args.stack)["RoadSegmentsTable"]
    say(f"{load_segments(session, table, roads)} segments written to {table}")
    if hint := hint_on_free_flow(roads):
        say(hint)
    return OK


def hint_on_free_flow(roads: Sequence[RoadSegment]) -> str | None:
    """What follows for roads without a free-flow speed, None if there are none."""
    without = sum(road.free_flow_speed is None for road in roads)
    if not without:
        return None
    return (
        f"{without:,} of {len(roads):,} roads have no free_flow_speed: no congestion "
        "score and no alert from speed"
    )
