"""GeoJSON: its documents and features out of a file, and into one.

A file is one document, or a sequence of them: one a line, or RFC 8142. A file that is
something else is refused by its name, with the command that converts it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trafficctl.cli.text_files import decoded
from trafficctl.errors import UserError
from trafficctl.roads.geometry import Point

MOST_DIGITS = 64  # of a whole number; Python refuses to read thousands
MOST_LEVELS = 20  # of nested values; a MultiLineString needs seven
# All are longitude and latitude, and at most a metre or two apart; in small letters and
# without blanks, as the last part of a name or an address.
WGS84 = ("crs84", "crs84h", "wgs84", "gcswgs1984", "4326", "4979", "4258", "4269")

_BETWEEN = re.compile(r"[\s\x1e]*")  # two documents; RFC 8142 puts \x1e before each
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.S)


@dataclass(frozen=True)
class Document:
    """The features of a road file, and the name of its coordinate system if it has."""

    features: list[Any]
    crs: str | None = None


def read(path: Path) -> Document:
    """What a file holds. Raises UserError if that is no GeoJSON in longitude and
    latitude.
    """
    source = str(path)
    advice = f"if it is no GeoJSON convert it: {converting(source)}"
    text = decoded(path.read_bytes(), source, f"save it as UTF-8, or {advice}")
    return document(list(_parts(text, source)), source)


def document(parts: Sequence[Any], source: str) -> Document:
    """The features of all `parts`, each a FeatureCollection or a Feature."""
    features = [one for part in parts for one in _features(part, source)]
    if not features:
        raise UserError(
            f"{source}: expected a GeoJSON FeatureCollection with at least one "
            "feature - a road file has one feature for each segment"
        )
    holders = [*parts, *features, *map(_geometry, features)]
    stated = [one["crs"] for one in holders if isinstance(one, dict) and one.get("crs")]
    names = [_crs(one) for one in stated]
    for name in dict.fromkeys(names):
        if not _is_wgs84(name):
            raise UserError(
                f"{source}: crs is {name!r:.100}, and roads need longitude and "
                f"latitude (WGS 84) - convert it: {converting(source)}"
            )
    return Document(features, names[0] if names else None)


def converting(source: str, options: str = "") -> str:
    """The command that makes a road file of what GDAL reads."""
    return f"ogr2ogr {options}-t_srs EPSG:4326 roads.geojson {shlex.quote(source)}"


def _parts(text: str, source: str) -> Iterator[Any]:
    """The JSON values of a text, one after the other."""
    try:
        yield from _values(text)
    except json.JSONDecodeError as exc:
        raise UserError(
            f"{source} line {exc.lineno}: not JSON ({exc.msg}) - give GeoJSON; "
            f"of another format, {converting(source)} makes it"
        ) from exc
    except RecursionError:
        yield from _parts(_shallow(text), source)


def _values(text: str) -> list[Any]:
    decoder = json.JSONDecoder(parse_int=_whole)
    values, at = [], _after(text, 0)
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        values.append(value)
        at = _after(text, end)
    return values


def _after(text: str, at: int) -> int:
    """Where the next value starts."""
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _shallow(text: str) -> str:
    """The text with a word in place of each value that is nested too deeply."""
    pieces, depth, since = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == MOST_LEVELS + 1:
                pieces.append(text[since : token.start()])
        elif token[0] in "]}":
            depth -= 1
            if depth == MOST_LEVELS:
                pieces.append('"nested too deeply"')
                since = token.end()
    return "".join([*pieces, text[since:]] if depth <= MOST_LEVELS else pieces)


def _features(part: Any, source: str) -> list[Any]:
    """The features of one document."""
    if not isinstance(part, dict):
        raise UserError(
            f"{source}: expected a GeoJSON FeatureCollection, got {part!r:.40} - a "
            "road file has one feature for each segment"
        )
    if part.get("type") == "Feature":
        return [part]
    features = part.get("features")
    features = features if isinstance(features, list) else []
    first = features[0] if features and isinstance(features[0], dict) else {}
    if part.get("type") == "Topology":
        raise _other_format("TopoJSON", source)
    if "geometryType" in part or "attributes" in first:
        raise _other_format("Esri JSON", source)
    return features


def _other_format(name: str, source: str) -> UserError:
    return UserError(
        f"{source}: this is {name}, not GeoJSON - convert it: {converting(source)}"
    )


def _geometry(feature: Any) -> Any:
    return feature.get("geometry") if isinstance(feature, dict) else None


def _is_wgs84(name: str) -> bool:
    """Whether a coordinate system is longitude and latitude in WGS 84, or nearly."""
    plain = re.sub(r"[\s_]|/proj4|/$", "", name.casefold())
    return re.split("[:/#]", plain.rstrip("/"))[-1] in WGS84


def _crs(value: Any) -> str:
    """The name of a coordinate system in the forms that GeoJSON once had for it."""
    properties = value.get("properties") if isinstance(value, dict) else None
    names = properties if isinstance(properties, dict) else {}
    candidates = (names.get(key) for key in ("name", "code", "href"))
    return str(next((one for one in candidates if one), value))


def feature_collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON document of `features`."""
    return {"type": "FeatureCollection", "features": list(features)}


def feature(line: Sequence[Point], **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature: a LineString, or a Point where `line` is one point."""
    points = [[round(lon, 6), round(lat, 6)] for lat, lon in line]
    shape: dict[str, Any] = {"type": "LineString", "coordinates": points}
    if len(points) == 1:
        shape = {"type": "Point", "coordinates": points[0]}
    return {"type": "Feature", "geometry": shape, "properties": properties}
