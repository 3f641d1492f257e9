"""GeoJSON and NGSI-LD: valid by their public schemas, in the right units."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..fakes import NOW_MS, City, segment
from .checks import COURSE, NASTY, fetched, json_faults, some_city

OBSERVED = "2026-11-22T18:31:58Z"  # 1.5 s before NOW_MS, in whole seconds


@pytest.fixture
def features() -> dict[str, Any]:
    told = json.loads(fetched(some_city(), "segments.geojson"))
    return {one["id"]: one for one in told["features"]}


@pytest.fixture
def entities() -> dict[str, Any]:
    told = json.loads(fetched(some_city(), "traffic-flow.jsonld"))
    return {one["id"].rpartition(":")[2]: one for one in told}


def plain(entity: dict[str, Any]) -> dict[str, Any]:
    """An entity in the simple form that its schema describes."""

    def value(one: Any) -> Any:
        inner = one.get("value", one.get("object")) if isinstance(one, dict) else one
        return inner.get("@value", inner) if isinstance(inner, dict) else inner

    return {name: value(one) for name, one in entity.items() if name[0] != "@"}


def test_the_segments_are_geojson() -> None:
    told = json.loads(fetched(some_city(), "segments.geojson"))

    assert json_faults("geojson-feature-collection.json", told) == []
    assert told["time"] == "2026-11-22T18:32:00Z"
    assert [one["id"] for one in told["features"]] == [
        *("empty", "jam", "nowhere", "planned", "silent")
    ]


def test_a_feature_has_the_segments_course_and_present_state(
    features: dict[str, Any],
) -> None:
    line = {"type": "LineString", "coordinates": [[x, y] for y, x in COURSE]}

    assert features["jam"]["geometry"] == line
    assert features["jam"]["properties"] == {
        "name": NASTY,
        "district": "West",
        "lanes": 3,
        "length_m": 812.5,
        "free_flow_speed": 100.0,
        "speed": 12.5,
        "flow": 1234.5,
        "occupancy": 0.4567,
        "congestion_score": 87.5,
        "level_of_service": "F",
        "alert_level": "severe",
        "observed_at": OBSERVED,
    }


def test_a_segment_is_where_it_is_known_to_be(features: dict[str, Any]) -> None:
    assert features["silent"]["geometry"] == {
        "type": "Point",
        "coordinates": [-118.2, 34.1],
    }
    assert features["nowhere"]["geometry"] is None


def test_what_is_unknown_is_null_and_zero_is_zero(features: dict[str, Any]) -> None:
    silent, empty = (features[name]["properties"] for name in ("silent", "empty"))

    assert (silent["speed"], silent["flow"], silent["congestion_score"]) == (None,) * 3
    assert (empty["speed"], empty["flow"], empty["congestion_score"]) == (None, 0, 0.0)
    assert features["planned"]["properties"]["observed_at"] is None


def test_figures_end_an_hour_after_the_last_write() -> None:
    city = City()
    city.reader.put(segment("late", NOW_MS - 3_600_000), segment("on", NOW_MS - 1))
    told = json.loads(fetched(city, "segments.geojson"))["features"]

    assert [one["properties"]["speed"] for one in told] == [None, 60.0]


def test_a_learned_free_flow_speed_counts_where_the_road_file_has_none(
    features: dict[str, Any],
) -> None:
    assert features["nowhere"]["properties"]["free_flow_speed"] == 55.0


def test_each_entity_is_a_traffic_flow_observed(entities: dict[str, Any]) -> None:
    faults = [
        fault
        for one in entities.values()
        for fault in json_faults("traffic-flow-observed.json", plain(one))
    ]

    assert faults == []
    assert set(entities) == {"jam", "silent", "empty", "nowhere"}


@pytest.mark.parametrize(
    "change",
    [{"occupancy": 45.67}, {"congested": "no"}, {"type": "RoadSegment"}],
)
def test_the_schema_refuses_what_is_none(
    entities: dict[str, Any], change: dict[str, Any]
) -> None:
    entity = {**plain(entities["jam"]), **change}

    assert json_faults("traffic-flow-observed.json", entity) != []


def test_an_entity_is_in_the_normalized_form_with_its_context(
    entities: dict[str, Any],
) -> None:
    jam = entities["jam"]

    assert jam["id"] == "urn:ngsi-ld:TrafficFlowObserved:jam"
    assert jam["@context"][0].endswith(
        "/dataModel.Transportation/master/context.jsonld"
    )
    assert "ngsi-ld-core-context" in jam["@context"][1]
    assert jam["refRoadSegment"] == {
        "type": "Relationship",
        "object": "urn:ngsi-ld:RoadSegment:jam",
    }
    kinds = {one["type"] for one in jam.values() if isinstance(one, dict)}
    assert kinds == {"Property", "Relationship", "GeoProperty"}


def test_an_entity_has_the_units_of_its_model(entities: dict[str, Any]) -> None:
    jam = plain(entities["jam"])

    assert entities["jam"]["averageVehicleSpeed"]["unitCode"] == "KMH"
    assert jam["averageVehicleSpeed"] == 12.5
    assert jam["occupancy"] == 0.4567
    # 1,234.5 veh/h are 20.575 vehicles in the minute that the observation covers.
    assert jam["intensity"] == pytest.approx(20.575, abs=0.01)
    assert (jam["dateObservedFrom"], jam["dateObservedTo"]) == (
        "2026-11-22T18:30:58Z",
        OBSERVED,
    )
    assert jam["dateObserved"] == OBSERVED


@pytest.mark.parametrize(
    ("score", "congested"), [(49.9, False), (50.0, True), (0.0, False), (None, None)]
)
def test_congested_is_a_score_from_that_of_a_high_alert_on(
    score: float | None, congested: bool | None
) -> None:
    city = City()
    city.reader.put(segment("a", congestion_score=score))
    if score is None:
        del city.reader.segments["a"]["congestion_score"]
    (entity,) = json.loads(fetched(city, "traffic-flow.jsonld"))

    assert plain(entity).get("congested") is congested


def test_an_entity_has_no_attribute_that_is_unknown(entities: dict[str, Any]) -> None:
    empty = entities["empty"]

    assert {"averageVehicleSpeed", "occupancy", "name"} & set(empty) == set()
    assert plain(empty)["intensity"] == 0
    assert "location" not in entities["nowhere"]
