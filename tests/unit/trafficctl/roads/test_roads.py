"""Road files: what is taken, what is refused and how, and what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.roads import geometry
from trafficctl.roads.command import hint_on_free_flow
from trafficctl.roads.geojson import feature, feature_collection
from trafficctl.roads.network import RoadSegment, parse, read_geojson
from trafficctl.roads.store import update_of, write

EAST = [(0.0, 0.0), (0.0, 0.01)]


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return feature_collection(features)


def refusal(document: Any) -> str:
    with pytest.raises(UserError) as caught:
        parse(document, "roads.geojson")
    return str(caught.value)


def test_a_line_gives_length_and_middle_of_the_segment() -> None:
    (road,) = parse(collection(feature(EAST, segment_id="a")), "f")
    assert (road.latitude, road.longitude) == (0.0, 0.005)
    assert road.length_m == 1112.0


def test_what_is_given_wins_over_what_the_line_says() -> None:
    made = feature(EAST, segment_id="a", length_m=900, latitude=1, longitude=2)
    (road,) = parse(collection(made), "f")
    assert (road.length_m, road.latitude, road.longitude) == (900, 1, 2)


def test_a_road_may_have_an_effective_length_of_its_own() -> None:
    (road,) = parse(
        collection(feature(EAST, segment_id="a", effective_length_m=8.5)), "f"
    )

    written = update_of(road, "t")["ExpressionAttributeValues"]
    assert written[":effective_length_m"] == {"N": "8.5"}


@pytest.mark.parametrize("length", [0, 31, "6"])
def test_an_effective_length_of_no_vehicle_is_refused(length: Any) -> None:
    made = feature(EAST, segment_id="a", effective_length_m=length)

    assert "metres, above 0 and at most 30" in refusal(collection(made))


def test_roads_without_a_free_flow_speed_are_counted_with_what_follows() -> None:
    without, known = RoadSegment("a", 0, 0), RoadSegment("b", 0, 0, free_flow_speed=50)

    assert hint_on_free_flow([known]) is None
    assert hint_on_free_flow([without, known, without]) == (
        "2 of 3 roads have no free_flow_speed: no congestion score and no alert from "
        "speed until one is learned at night"
    )


def test_a_point_is_a_segment_without_line_and_length() -> None:
    (road,) = parse(collection(feature([(51.5, -0.1)], segment_id="a")), "f")
    assert road == RoadSegment("a", 51.5, -0.1)


def test_unknown_properties_are_ignored() -> None:
    (road,) = parse(collection(feature(EAST, segment_id="a", colour="red")), "f")
    assert road.segment_id == "a"


def test_the_line_is_encoded_as_the_format_defines_it() -> None:
    line = [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)]
    assert geometry.encode(line) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [(179.99, -179.97, -179.99), (-179.99, 179.97, 179.99), (13.4, 13.5, 13.45)],
)
def test_the_middle_of_a_line_across_the_date_line_is_on_it(
    begin: float, end: float, expected: float
) -> None:
    line = [(0.0, begin), (0.0, end)]

    assert geometry.middle(line) == pytest.approx((0.0, expected))


def test_the_middle_lies_half_way_along_the_line_not_at_its_middle_point() -> None:
    bent = [(0.0, 0.0), (0.0, 0.001), (0.0, 0.01)]
    assert geometry.middle(bent) == pytest.approx((0.0, 0.005))


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "feature 2, properties.segment_id: expected 1-64 of letters"),
        ({"segment_id": "a b"}, "got 'a b'"),
        ({"segment_id": "b", "lanes": "x"}, "properties.lanes: expected a whole numb"),
        ({"segment_id": "b", "lanes": 0}, "1-20, got 0"),
        ({"segment_id": "b", "free_flow_speed": 900}, "free_flow_speed: expected km/h"),
        ({"segment_id": "b", "length_m": -1}, "properties.length_m: expected metres"),
        ({"segment_id": "b", "latitude": 91}, "properties.latitude: expected degrees"),
        ({"segment_id": "b", "name": "x" * 201}, "properties.name: expected text"),
        ({"segment_id": "a"}, "'a' is already feature 1, with another name - give"),
    ],
)
def test_a_wrong_property_is_named_with_its_feature(
    properties: dict[str, Any], said: str
) -> None:
    first = feature(EAST, segment_id="a", name="High Street")
    message = refusal(collection(first, feature(EAST, **properties)))
    assert message.startswith("roads.geojson feature 2")
    assert said in message


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ({"type": "Polygon", "coordinates": []}, "geometry.type: expected LineString"),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "coordinates: expected ["),
        ({"type": "LineString", "coordinates": [[0, 0], ["x", 0]]}, "got 'x'"),
        ({"type": "LineString", "coordinates": [[0, 0], [0, 0]]}, "has no length"),
        ({"type": "Point", "coordinates": [34.0, -118.2]}, "longitude comes first"),
        (None, "geometry: expected a GeoJSON object"),
    ],
)
def test_a_wrong_geometry_is_named_with_its_feature(shape: Any, said: str) -> None:
    made = {"geometry": shape, "properties": {"segment_id": "a"}}
    assert said in refusal(collection(made))


@pytest.mark.parametrize("document", [None, [], {}, {"features": []}])
def test_a_document_without_features_is_refused(document: Any) -> None:
    assert "expected a GeoJSON FeatureCollection" in refusal(document)


def test_a_file_that_is_not_json_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "roads.geojson"
    path.write_text('{"features":\n oops')
    with pytest.raises(UserError, match=r"roads\.geojson line 2: not JSON"):
        read_geojson(path)


def test_loading_writes_static_attributes_and_touches_no_live_one() -> None:
    road = RoadSegment("a", 1.5, 2.5, name="High Street", lanes=2)
    assert update_of(road, "t") == {
        "TableName": "t",
        "Key": {"segment_id": {"S": "a"}},
        "UpdateExpression": "SET #latitude = :latitude, #longitude = :longitude, "
        "#name = :name, #lanes = :lanes",
        "ExpressionAttributeNames": {
            "#latitude": "latitude",
            "#longitude": "longitude",
            "#name": "name",
            "#lanes": "lanes",
        },
        "ExpressionAttributeValues": {
            ":latitude": {"N": "1.5"},
            ":longitude": {"N": "2.5"},
            ":name": {"S": "High Street"},
            ":lanes": {"N": "2"},
        },
    }


class FakeTable:
    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []

    def update_item(self, **update: Any) -> None:
        self.updates.append(update)


def test_every_segment_is_written_once_and_counted() -> None:
    table, done = FakeTable(), []
    roads = [RoadSegment(f"s{n}", 0.0, 0.0) for n in range(40)]
    assert write(table, "t", roads, done.append) == 40
    written = {u["Key"]["segment_id"]["S"] for u in table.updates}
    assert written == {r.segment_id for r in roads}
    assert sum(done) == 40


def test_a_file_written_by_us_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "roads.geojson"
    path.write_text(json.dumps(collection(feature(EAST, segment_id="a", name="Öre"))))
    assert read_geojson(path)[0].name == "Öre"


def test_every_fault_of_every_feature_is_listed() -> None:
    wrong = feature(EAST, segment_id="a b", lanes=0, name=True)
    off = {"geometry": {"type": "Point", "coordinates": [200, 95]}, "properties": 7}
    good, again = feature(EAST, segment_id="a"), feature(EAST, segment_id="a", lanes=2)

    told = refusal(collection(wrong, good, off, again, "road")).splitlines()

    assert [line.partition(":")[0] for line in told[:-1]] == [
        "roads.geojson feature 1 'a b', properties.segment_id",
        "roads.geojson feature 1 'a b', properties.name",
        "roads.geojson feature 1 'a b', properties.lanes",
        "roads.geojson feature 3, geometry.coordinates",
        "roads.geojson feature 3, properties",
        "roads.geojson feature 4 'a', properties.segment_id",
        "roads.geojson feature 5, feature",
    ]
    assert told[-1] == (
        "nothing was loaded: correct the file, or skip these features with "
        "`trafficctl roads load --skip-bad`"
    )


@pytest.mark.parametrize(
    ("features", "option"),
    [
        ([feature(EAST)], "--id PROPERTY"),
        ([feature(EAST, segment_id="Große Straße")], "--id PROPERTY"),
        ([feature(EAST, segment_id="a", lanes="2")], "--set lanes=lanes"),
        (
            [feature(EAST, segment_id="a"), feature(EAST, segment_id="a", lanes=2)],
            "--newest PROPERTY",
        ),
    ],
)
def test_advice_names_the_command_that_has_the_option(
    features: list[Any], option: str
) -> None:
    """Other commands read road files too, and have no such option."""
    first, _ = refusal(collection(*features)).splitlines()

    assert f"`trafficctl roads load {option}`" in first


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (
            [[0, 0], [0, 91], [0, 92]],
            "[1]: expected [longitude, latitude] in degrees, "
            "got [0, 91] and 1 more like it - longitude comes first",
        ),
        ([[0, 0], [1e999, 0]], "got [inf, 0] - correct or remove this point"),
        (
            [[391779.3, 5820072.2], [0, 0]],
            "[0]: expected [longitude, latitude] in "
            "degrees, got [391779.3, 5820072.2] - metres of a projection? ogr2ogr "
            "-s_srs EPSG:NUMBER -t_srs EPSG:4326 roads.geojson FILE",
        ),
        ([[0, 0], [0, 1]], "expected a line of at most 100000 m, got 111195 m"),
    ],
)
def test_a_line_that_leaves_the_world_or_the_city_is_one_fault(
    points: Any, said: str
) -> None:
    line = {"type": "LineString", "coordinates": points}
    told = refusal(collection({"geometry": line, "properties": {"segment_id": "a"}}))

    assert said in told.splitlines()[0]
    assert len(told.splitlines()) == 2


def test_a_flood_of_wrong_features_is_cut() -> None:
    wrong = [feature(EAST, segment_id=f"a {n}") for n in range(34)]

    told = refusal(collection(*wrong)).splitlines()

    assert (len(told), told[-2]) == (22, "and 14 more")
