"""Road files as cities have them: what each comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from trafficctl.errors import WRONG_INPUT, UserError
from trafficctl.roads.network import Network, read

STREET = Path(__file__).parents[3] / "street"


def found(name: str, skip_bad: bool = False) -> Network:
    (path,) = STREET.glob(f"{name}-*.geojson")
    return read(path, skip_bad=skip_bad)


@pytest.mark.parametrize(
    ("name", "segment_ids", "notice"),
    [
        ("g03", ["road-1"], ""),
        ("g04", ["717447"], ""),
        ("g05", ["road-9"], ""),
        ("g08", ["road-1"], "so road-1 is at latitude 13.40, longitude 52.52 - is it?"),
        ("g09", ["road-1"], ""),
        ("g11", ["road-1"], ""),
        ("g12", ["road-1", "road-2"], ""),
        ("g12b", ["road-1", "road-2"], ""),
        ("g18", ["road-1"], ""),
        ("g22", ["b1"], "1 feature with control characters in the name or district"),
        ("r01", ["rel-1", "rel-2"], ""),
        ("r02", ["rel-1"], ""),
    ],
)
def test_a_usable_file_is_taken(name: str, segment_ids: list[str], notice: str) -> None:
    network = found(name)

    assert [road.segment_id for road in network.roads] == segment_ids
    assert [notice in one for one in network.notices] == ([True] if notice else [])


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("g01", ["feature 2 'road-2', geometry.coordinates: each part of a Multi"]),
        ("g06", ["crs is 'urn:ogc:def:crs:EPSG::25832', and roads need longitude"]),
        ("g07", ["crs is 'urn:ogc:def:crs:EPSG::31370', and roads need longitude"]),
        ("g13", ["feature 2 'road-2', geometry.coordinates: the line has no length"]),
        (
            "g15",
            [
                "feature 1 'way/4711', properties.segment_id: expected 1-64 of letters,"
                " digits, _ : . -, got 'way/4711' - write way-4711, or",
                "feature 1 'way/4711', properties.lanes: expected a whole number 1-20, "
                "got '2' - `trafficctl roads load --set lanes=lanes` reads numbers",
            ],
        ),
        (
            "g15b",
            [
                "feature 1 'way-4711', properties.lanes: expected a whole number",
                "feature 1 'way-4711', properties.free_flow_speed: expected km/h",
            ],
        ),
        (
            "g15d",
            [
                "feature 1 'way-4711', properties.lanes: expected a whole number",
                "feature 1 'way-4711', properties.free_flow_speed: expected km/h",
            ],
        ),
        ("g16", ["got 'Große-Straße' - write Grosse-Strasse, or read another"]),
        ("g17", ["feature 2 'area', geometry.type: expected LineString, MultiLine"]),
        ("g19", ["feature 1, properties.segment_id: expected 1-64 of letters"]),
        (
            "g20",
            ["feature 1 'x', geometry.type: expected LineString, Mu"],
        ),
        ("g21", ["feature 1 'a', properties.name: expected text of 1-200 characters"]),
        ("g23", ["feature 1 'x', geometry.coordinates[0][0]: expected [longitude, "]),
        (
            "g24",
            ["feature 2 'y', geometry.coordinates[0]: expected [longit"],
        ),
        ("g24b", ["feature 1 'y', geometry.coordinates[0]: expected [longitude, lati"]),
        ("g25", ["expected a GeoJSON FeatureCollection with at least one feature"]),
        ("g26", ["this is TopoJSON, not GeoJSON - convert it: ogr2ogr -t_srs EPSG:"]),
        ("g27", ["this is Esri JSON, not GeoJSON - convert it: ogr2ogr -t_srs EPSG"]),
    ],
)
def test_an_unusable_file_is_refused_with_all_its_faults(
    name: str, faults: list[str]
) -> None:
    with pytest.raises(UserError) as caught:
        found(name)

    told = str(caught.value).splitlines()
    assert caught.value.exit_code == WRONG_INPUT
    assert len([line for line in told if f"{name}-" in line]) == len(faults)
    for line, fault in zip(told, faults, strict=False):
        assert fault in line


@pytest.mark.parametrize("name", ["g01", "g13", "g17"])
def test_a_bad_feature_is_skipped_and_named_where_asked(name: str) -> None:
    network = found(name, skip_bad=True)

    assert [road.segment_id for road in network.roads] == ["road-1"]
    first, last = network.notices
    assert first.startswith("skipped: ")
    assert "feature 2 " in first
    assert last == "1 feature skipped"
    assert len(network.skipped) == 1


def test_a_file_of_bad_features_only_is_refused_even_so() -> None:
    with pytest.raises(UserError, match="nothing was loaded"):
        found("g23", skip_bad=True)


def test_control_characters_of_a_name_become_blanks() -> None:
    (road,) = found("g22").roads

    assert road.district == "Ünïté 中文"
    assert road.name is not None
    assert road.name.startswith('A"1 \\ 2 new <img')
    assert "\u202e" not in road.name


def test_every_road_file_of_the_street_is_in_a_table() -> None:
    source = Path(__file__).read_text()

    names = {path.name.split("-")[0] for path in STREET.glob("[gr]*.geojson")}
    assert {name for name in names if f'"{name}"' not in source} == set()
