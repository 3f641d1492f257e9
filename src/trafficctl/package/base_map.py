"""The live map's base map: a city's water, coast and main roads, as GeoJSON.

It is packaged with the page and served from the page's address. Each feature has one
property, `kind`; others are dropped, and coordinates are rounded to about 1 m.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from trafficctl.errors import UserError

AREAS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
KINDS = {"water": AREAS + LINES, "coast": LINES, "road": LINES}
DECIMALS = 5  # degrees; about 1 m
MOST_BYTES = 4_000_000  # base64 adds a third, and a Lambda response has at most 6 MB
MOST_ATTRIBUTION = 200


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add --base-map."""
    parser.add_argument(
        "--base-map",
        type=Path,
        metavar="FILE",
        help="GeoJSON of water, coast and main roads to draw under the live map; "
        "repeat it at every deployment",
    )


def packed(path: Path) -> bytes:
    """The file as packaged; UserError names the invalid feature."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise UserError(f"{path}: {exc.strerror} - give a GeoJSON file") from exc
    except (json.JSONDecodeError, UnicodeDecodeError) as exc:
        raise UserError(f"{path}: not JSON ({exc}) - give GeoJSON") from exc
    content = json.dumps(
        reduced(document, str(path)), ensure_ascii=False, separators=(",", ":")
    ).encode()
    if len(content) > MOST_BYTES:
        raise UserError(
            f"{path}: {len(content):,} bytes when packed, expected at most "
            f"{MOST_BYTES:,} - simplify its lines or remove small ones"
        )
    return content


def reduced(document: Any, source: str) -> dict[str, Any]:
    """Kinds and rounded geometries of a FeatureCollection. Pure."""
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise UserError(
            f"{source}: expected a GeoJSON FeatureCollection with at least one feature"
        )
    collection = {
        "type": "FeatureCollection",
        "features": [
            _feature(feature, f"{source} feature {number}")
            for number, feature in enumerate(features, 1)
        ],
    }
    attribution = document.get("attribution")
    return (
        collection
        if attribution is None
        else {**collection, "attribution": _plain(attribution)}
    )


def _plain(text: Any) -> str:
    """The attribution, which the map inserts as HTML."""
    if (
        isinstance(text, str)
        and len(text) <= MOST_ATTRIBUTION
        and not set(text) & {*"<>&"}
    ):
        return text
    raise UserError(
        f"attribution: expected text of at most {MOST_ATTRIBUTION} characters without "
        f"< > &, got {text!r:.60}"
    )


def _feature(feature: Any, where: str) -> dict[str, Any]:
    geometry = _member(feature, "geometry")
    kind = _member(feature, "properties").get("kind")
    if kind not in KINDS:
        kinds = ", ".join(KINDS)
        raise UserError(f"{where}: expected kind to be one of {kinds}, got {kind!r}")
    if geometry.get("type") not in KINDS[kind]:
        expected = " or ".join(KINDS[kind])
        raise UserError(
            f"{where}: expected {kind} as {expected}, got {geometry.get('type')!r}"
        )
    points = _rounded(geometry.get("coordinates"), where)
    return {
        "type": "Feature",
        "properties": {"kind": kind},
        "geometry": {"type": geometry["type"], "coordinates": points},
    }


def _member(feature: Any, name: str) -> dict[str, Any]:
    member = feature.get(name) if isinstance(feature, dict) else None
    return member if isinstance(member, dict) else {}


def _rounded(coordinates: Any, where: str) -> list[Any]:
    """Positions as [longitude, latitude], at any depth."""
    if not isinstance(coordinates, list) or not coordinates:
        raise UserError(f"{where}: expected coordinates, got {coordinates!r:.60}")
    if isinstance(coordinates[0], list):
        return [_rounded(each, where) for each in coordinates]
    if _is_position(coordinates):
        return [round(each, DECIMALS) for each in coordinates[:2]]
    raise UserError(
        f"{where}: expected [longitude, latitude] in degrees, got "
        f"{coordinates!r:.60} - reproject the data to EPSG:4326"
    )


def _is_position(values: list[Any]) -> bool:
    if not all(isinstance(each, (int, float)) for each in values[:2]):
        return False
    return len(values) > 1 and abs(values[0]) <= 180 and abs(values[1]) <= 90
