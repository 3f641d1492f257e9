"""Files that break readers: each ends in a sentence, with the feature and the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.roads.network import read

from .test_roads import EAST, collection, feature

ROAD = json.dumps(feature(EAST, segment_id="a", name="X", lanes=3))


def refusal(folder: Path, text: str | bytes) -> str:
    path = folder / "roads.geojson"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        read(path)
    return str(caught.value).replace(f"{path}", "FILE")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("3", "9" * 5000, "FILE feature 1 'a', properties.lanes: expected a whole"),
        ("0.01", "9" * 5000, "FILE feature 1 'a', geometry.coordinates[1]: expected"),
        (
            '"X"',
            '"\\ud800"',
            r"properties.name: expected text of 1-200 characters, g",
        ),
        ('"a"', '"\\ud800"', r"FILE feature 1 '\ud800', properties.segment_id: expec"),
        ("3", "[" * 200_000 + "]" * 200_000, "properties.lanes: expected a whole"),
        ("[[", "[" * 200_000 + "]" * 199_999 + ",[", "geometry.coordinates[0]"),
        ("3", '{"a":' * 200_000 + "1" + "}" * 200_000, "properties.lanes: expected"),
        ("3", "[" * 200_000, "FILE line 1: not JSON"),
        (
            '"LineString"',
            '"\\ud800"',
            "FILE feature 1 'a', geometry: expected a GeoJSON object",
        ),
        ("0.01", "-Infinity", "got [-inf, 0]"),
        ("0.01", "1e999", "got [inf, 0]"),
    ],
)
def test_a_value_that_breaks_readers_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    told = refusal(tmp_path, ROAD.replace(old, new, 1))

    assert said in told.splitlines()[0]
    assert len(told) < 700
    told.encode()


def test_where_nobody_looks_such_a_value_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "roads.geojson"
    strange = '"name": "[{", "x": ' + "[" * 200_000 + "]" * 200_000 + ', "y": 1' * 2000
    path.write_text(ROAD.replace('"name": "X"', strange))

    (road,) = read(path).roads

    assert (road.name, road.lanes) == ("[{", 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Stra\xdfe".encode("latin-1"), "FILE line 1: byte 0xdf is not UTF-8 text"),
        (b"\n\nPK\x03\x04\xff", "FILE line 3: byte 0xff is not UTF-8 text"),
        (
            "<kml/>",
            "FILE line 1: not JSON (Expecting value) - give GeoJSON; of",
        ),
        (ROAD + "\n" + ROAD[:40], "FILE line 2: not JSON"),
        (ROAD + "\n7", "FILE: expected a GeoJSON FeatureCollection, got 7"),
        ("\x1e\n", "FILE: expected a GeoJSON FeatureCollection with at least one"),
        (
            '{"type": "LineString", "coordinates": []}',
            "FeatureCollection with at",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused_by_its_name(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    assert said in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("crs", "taken"),
    [
        (None, True),
        ({"type": "name", "properties": {"name": "EPSG:4326"}}, True),
        ({"properties": {"name": "http://www.opengis.net/def/crs/EPSG/0/4258"}}, True),
        ({"type": "EPSG", "properties": {"code": 4326}}, True),
        ({"type": "EPSG", "properties": {"code": 3857}}, False),
        ({"type": "link", "properties": {"href": "http://x/crs/27700"}}, False),
        ("anything", False),
        *(
            ({"properties": {"name": name}}, True)
            for name in (
                "WGS84",
                "WGS 84",
                "GCS_WGS_1984",
                "epsg:4326",
                "urn:ogc:def:crs:ogc:1.3:crs84",
                "http://spatialreference.org/ref/epsg/4326/",
                "http://spatialreference.org/ref/epsg/4326/proj4/",
                "http://www.opengis.net/gml/srs/epsg.xml#4326",
            )
        ),
        *(
            ({"properties": {"name": name}}, False)
            for name in ("WGS 72", "EPSG:14326", "EPSG:4326+5773", "/ref/epsg/27700/")
        ),
    ],
)
def test_a_coordinate_system_is_honoured_or_refused_by_its_name(
    tmp_path: Path, crs: Any, taken: bool
) -> None:
    document = json.dumps({**collection(json.loads(ROAD)), "crs": crs})
    path = tmp_path / "roads.geojson"
    path.write_text(document)

    if taken:
        assert [road.segment_id for road in read(path).roads] == ["a"]
    else:
        assert "FILE: crs is '" in refusal(tmp_path, document)


@pytest.mark.parametrize("holder", ["feature", "geometry"])
def test_a_coordinate_system_of_a_part_is_not_ignored(
    tmp_path: Path, holder: str
) -> None:
    made = json.loads(ROAD)
    crs = {"type": "name", "properties": {"name": "EPSG:25832"}}
    (made if holder == "feature" else made["geometry"])["crs"] = crs

    told = refusal(tmp_path, json.dumps(collection(made)))
    assert told.startswith("FILE: crs is 'EPSG:25832', and roads need longitude")
