"""What a city gives as base map is checked, made small, and packed with the page."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from traffic.live_map.assets import FolderAssets
from traffic.live_map.page import BASE_MAP
from trafficctl.__main__ import build_parser
from trafficctl.errors import WRONG_INPUT, UserError
from trafficctl.package import base_map
from trafficctl.package import command as package
from trafficctl.package.command import HOST

SHORE = [[2.1234567, 41.7654321, 3.0], [2.2, 41.8]]


def feature(kind: Any, geometry: str = "LineString", at: Any = SHORE) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"kind": kind, "owner": "somebody"},
        "geometry": {"type": geometry, "coordinates": at},
    }


def collection(*features: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def given(folder: Path, document: Any) -> Path:
    path = folder / "city.geojson"
    path.write_text(json.dumps(document))
    return path


def test_it_keeps_kinds_and_places_to_a_metre_and_nothing_else(tmp_path: Path) -> None:
    path = given(
        tmp_path, collection(feature("coast"), name="x", attribution="Land registry")
    )

    assert json.loads(base_map.packed(path)) == {
        "type": "FeatureCollection",
        "attribution": "Land registry",
        "features": [
            {
                "type": "Feature",
                "properties": {"kind": "coast"},
                "geometry": {
                    "type": "LineString",
                    "coordinates": [[2.12346, 41.76543], [2.2, 41.8]],
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "expected a GeoJSON FeatureCollection with at least one feature"),
        (collection(), "expected a GeoJSON FeatureCollection with at least one"),
        (collection(feature("coast"), feature("tree")), "feature 2: expected kind"),
        (collection({"type": "Feature"}), "got None"),
        (collection(feature("road", "Polygon", [SHORE])), "got 'Polygon'"),
        (collection(feature("coast", at=[])), "expected coordinates, got []"),
        (collection(feature("coast", at=[[4e5, 3e6]])), "reproject the data to EPSG"),
        (collection(feature("coast", at=["x"])), "in degrees, got ['x']"),
        (collection(feature("coast"), attribution="<b>"), "without < > &"),
    ],
)
def test_what_is_no_base_map_is_refused_by_name(
    tmp_path: Path, document: Any, said: str
) -> None:
    with pytest.raises(UserError) as refused:
        base_map.packed(given(tmp_path, document))

    assert said in str(refused.value)
    assert refused.value.exit_code == WRONG_INPUT


def test_text_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "city.shp"
    path.write_bytes(b"\x00\x00\x27\x0a\xff")

    with pytest.raises(UserError, match="not JSON"):
        base_map.packed(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        base_map.packed(tmp_path / "none.geojson")


def test_it_is_no_larger_than_lambda_can_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = given(tmp_path, collection(feature("coast")))
    monkeypatch.setattr(base_map, "MOST_BYTES", 100)

    with pytest.raises(UserError, match="simplify its lines"):
        base_map.packed(path)
    assert 4_000_000 * 4 / 3 < 6 * 1024 * 1024


def test_the_package_carries_it_where_the_page_finds_it(tmp_path: Path) -> None:
    path = given(tmp_path, collection(feature("coast")))
    out = package.build_zip(tmp_path / "with.zip", arch=HOST, base_map=path)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "unpacked")
    page = FolderAssets(tmp_path / "unpacked" / "traffic" / "live_map" / "web").page(
        BASE_MAP
    )

    assert page is not None
    assert page.body == base_map.packed(path)


def test_a_package_has_none_unless_it_is_given(tmp_path: Path) -> None:
    out = package.build_zip(tmp_path / "without.zip", arch=HOST)
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()

    assert [name for name in names if BASE_MAP in name] == []


def test_deploy_takes_it() -> None:
    args = build_parser().parse_args(["deploy", "--base-map", "city.geojson"])

    assert args.base_map == Path("city.geojson")
