"""`trafficctl roads`: loads the road network from GeoJSON into `road_segments`.

One feature is one segment, a LineString or a Point. Properties: `segment_id`
(required), `name`, `district`, `lanes`, `length_m`, `free_flow_speed` (km/h),
`effective_length_m` (of vehicle and detector), `latitude`, `longitude`; length and
position default to those of the geometry.
Loading writes only these attributes, never those that the processor writes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from trafficctl.aws import session as aws
from trafficctl.cli.options import add_common
from trafficctl.cli.output import say
from trafficctl.cli.progress import counting
from trafficctl.cli.wrong_input import raise_faults
from trafficctl.errors import OK, UserError
from trafficctl.roads import geometry
from trafficctl.roads.road_file import Feature, faults_of, points_of

PARALLEL_WRITES = 16


@dataclass(frozen=True)
class RoadSegment:
    """One segment of a road file; absent properties are None."""

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


def read_geojson(path: Path) -> list[RoadSegment]:
    """The segments of a road file. Raises UserError naming each feature and field."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as exc:
        message = f"{path} line {exc.lineno}: not JSON ({exc.msg}) - expected GeoJSON"
        raise UserError(message) from exc
    return parse(document, str(path))


def parse(document: Any, source: str) -> list[RoadSegment]:
    """The segments of a GeoJSON FeatureCollection; `source` names it in errors.

    Raises UserError with the faults of all features.
    """
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise UserError(
            f"{source}: expected a GeoJSON FeatureCollection with at least one "
            "feature - one for each segment"
        )
    first: dict[str, int] = {}
    segments, faults = [], []
    for number, feature in enumerate(features, 1):
        feature_faults = [*faults_of(feature), *_repeated(feature, first, number)]
        faults += [f"{source} feature {number}, {fault}" for fault in feature_faults]
        if not faults:
            segments.append(_segment(msgspec.convert(feature, Feature)))
    raise_faults(faults, "nothing was loaded: correct the file")
    return segments


def _repeated(feature: Any, first: dict[str, int], number: int) -> Iterator[str]:
    """The fault of a repeated id; `first` has the first feature of each id."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    name = properties.get("segment_id") if isinstance(properties, dict) else None
    if isinstance(name, str) and first.setdefault(name, number) != number:
        yield (
            f"properties.segment_id: {name!r} is already feature {first[name]} - "
            "give each its own"
        )


def _segment(value: Feature) -> RoadSegment:
    line = points_of(value.geometry)
    properties = value.properties
    middle = geometry.middle(line)
    length = properties.length_m or (geometry.length_m(line) if len(line) > 1 else None)
    return RoadSegment(
        segment_id=properties.segment_id,
        latitude=round(middle[0], 6)
        if properties.latitude is None
        else properties.latitude,
        longitude=round(middle[1], 6)
        if properties.longitude is None
        else properties.longitude,
        line=geometry.encode(line) if len(line) > 1 else None,
        name=properties.name,
        district=properties.district,
        lanes=properties.lanes,
        length_m=None if length is None else round(length, 1),
        free_flow_speed=properties.free_flow_speed,
        effective_length_m=properties.effective_length_m,
    )


def update_of(road: RoadSegment, table: str) -> dict[str, Any]:
    """The UpdateItem that writes the static attributes of one segment."""
    values = {
        k: v for k, v in vars(road).items() if v is not None and k != "segment_id"
    }
    return {
        "TableName": table,
        "Key": {"segment_id": {"S": road.segment_id}},
        "UpdateExpression": "SET " + ", ".join(f"#{k} = :{k}" for k in values),
        "ExpressionAttributeNames": {f"#{k}": k for k in values},
        "ExpressionAttributeValues": {f":{k}": _typed(v) for k, v in values.items()},
    }


def _typed(value: str | float) -> dict[str, str]:
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def write(
    dynamodb: Any,
    table: str,
    roads: Sequence[RoadSegment],
    progress: Callable[[int], object] = lambda _: None,
) -> int:
    """Write `roads` in parallel, reporting `progress`; returns their number."""

    def update(road: RoadSegment) -> None:
        dynamodb.update_item(**update_of(road, table))

    with ThreadPoolExecutor(PARALLEL_WRITES) as pool:
        for _ in pool.map(update, roads):
            progress(1)
    return len(roads)


def load(session: Any, table_name: str, path: Path) -> int:
    """Write the road file at `path` to the table; returns its segment count.

    Writes nothing if any feature is invalid (UserError).
    """
    return load_segments(session, table_name, read_geojson(path))


def load_segments(session: Any, table_name: str, roads: Sequence[RoadSegment]) -> int:
    """Write `roads` to the table with a progress display; returns their number."""
    dynamodb = aws.client(session, "dynamodb")
    with counting("segments") as bar:
        task = bar.add_task("Roads", total=len(roads))
        return write(dynamodb, table_name, roads, lambda n: bar.advance(task, n))


def feature_collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON document of `features`."""
    return {"type": "FeatureCollection", "features": list(features)}


def feature(line: Sequence[geometry.Point], **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature: a LineString, or a Point if `line` is one point."""
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
        help="load a road file into the city",
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
    """A hint on roads without a free-flow speed, None if there are none."""
    without = sum(road.free_flow_speed is None for road in roads)
    if not without:
        return None
    return (
        f"{without:,} of {len(roads):,} roads have no free_flow_speed: their speeds "
        "give no congestion score and no alert"
    )
