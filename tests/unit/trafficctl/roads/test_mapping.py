"""A road file in the words of its city, read as told."""

from __future__ import annotations

from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.roads.command import sources_of
from trafficctl.roads.geojson import Document, feature
from trafficctl.roads.mapping import AS_DOCUMENTED, PropertyMapping
from trafficctl.roads.network import Network, RoadSegment, network_of
from trafficctl.roads.placement import far_off

from .test_roads import EAST


def network(
    *given: Any, words: PropertyMapping = AS_DOCUMENTED, **options: Any
) -> Network:
    return network_of(Document(list(given)), "f", words, **options)


def road(*given: Any, words: PropertyMapping = AS_DOCUMENTED) -> RoadSegment:
    (only,) = network(*given, words=words).roads
    return only


def refusal(*given: Any, words: PropertyMapping = AS_DOCUMENTED) -> str:
    with pytest.raises(UserError) as caught:
        network(*given, words=words)
    return str(caught.value)


def test_properties_of_other_names_are_read_as_told() -> None:
    made = feature(EAST, OBJECTID=17.0, street="High Street", ln="3", vmax="48.5")
    sources = sources_of(["name=street", "lanes=ln", "free_flow_speed=vmax"])

    found = road(made, words=PropertyMapping("OBJECTID", sources))

    assert (found.segment_id, found.name) == ("17", "High Street")
    assert (found.lanes, found.free_flow_speed) == (3, 48.5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(717447, "717447"), (717447.0, "717447"), (10**20, "1" + "0" * 20), ("a", "a")],
)
def test_a_number_is_an_id(given: Any, expected: str) -> None:
    assert road(feature(EAST, segment_id=given)).segment_id == expected
    assert road({**feature(EAST), "id": given}).segment_id == expected


@pytest.mark.parametrize("given", [True, 1.5, {"a": 1}, [7]])
def test_what_is_neither_text_nor_a_whole_number_is_no_id(given: Any) -> None:
    assert "segment_id: expected 1-64 of" in refusal(feature(EAST, segment_id=given))


def test_the_property_is_the_id_rather_than_that_of_the_feature() -> None:
    both = {**feature(EAST, segment_id="property", uid="other"), "id": "feature"}

    assert road(both).segment_id == "property"
    assert road(both, words=PropertyMapping("uid")).segment_id == "other"


def test_lanes_may_be_written_with_a_point() -> None:
    assert road(feature(EAST, segment_id="a", lanes=2.0)).lanes == 2
    assert "got 2.5" in refusal(feature(EAST, segment_id="a", lanes=2.5))


@pytest.mark.parametrize("text", ["50 mph", "nan", "1_0", "\u0665\u0660", "0x10", "0"])
def test_a_text_that_is_no_number_in_range_is_named_as_the_file_names_it(
    text: str,
) -> None:
    words = PropertyMapping(properties={"free_flow_speed": "vmax"})

    told = refusal(feature(EAST, segment_id="a", vmax=text), words=words)

    assert told.startswith("f feature 1 'a', properties.vmax: expected km/h")


def test_a_blank_text_is_no_value_where_a_property_is_set() -> None:
    words = PropertyMapping(properties={"free_flow_speed": "vmax", "name": "street"})

    found = road(feature(EAST, segment_id="a", vmax=" ", street=""), words=words)

    assert (found.free_flow_speed, found.name) == (None, None)


def test_a_property_of_no_feature_is_refused_with_those_that_are_like_it() -> None:
    made = feature(EAST, segment_id="a", maxspeed=50)

    for words in (PropertyMapping("max_speed"), PropertyMapping(newest="max_speed")):
        told = refusal(made, words=words)
        assert told == "property 'max_speed' not found - did you mean 'maxspeed'?"
    told = refusal(made, words=PropertyMapping(properties={"lanes": "x"}))
    assert told == "property 'x' not found - those of f are 'segment_id', 'maxspeed'"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("lanes", "--set 'lanes': expected NAME=PROPERTY"),
        ("lanes=", "--set 'lanes=': expected NAME=PROPERTY"),
        ("lane=x", "attribute 'lane' not found - did you mean 'lanes'?"),
        ("segment_id=x", "attribute 'segment_id' not found - "),
        ("line=x", "attribute 'line' not found - "),
    ],
)
def test_only_attributes_of_a_road_can_be_set(given: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        sources_of([given])

    assert str(caught.value).startswith(said)


def test_a_feature_that_comes_again_is_taken_once() -> None:
    one = feature(EAST, segment_id="a")

    found = network(one, feature(EAST, segment_id="b"), one)

    assert [road.segment_id for road in found.roads] == ["a", "b"]
    assert found.notices == ["1 feature left out: each repeats an earlier one"]


def test_two_versions_of_a_road_are_refused_with_what_differs() -> None:
    one, other = (feature(EAST, segment_id="a", lanes=n) for n in (1, 2))

    assert "'a' is already feature 1, with another lanes - " in refusal(one, other)
    found = network(one, other, skip_bad=True)
    assert [road.lanes for road in found.roads] == [1]


@pytest.mark.parametrize(
    "versions",
    [(1, 3, 2), ("2024-12-31", "2025-02-01", None), (9, "2025", 10), ("9", "10", "")],
)
def test_the_newest_version_of_a_road_is_taken_where_asked(versions: Any) -> None:
    features = [
        feature(EAST, segment_id="a", lanes=lanes, since=since)
        for lanes, since in enumerate(versions, 1)
    ]

    found = network(*features, words=PropertyMapping(newest="since"))

    assert [road.lanes for road in found.roads] == [2]
    assert found.notices == ["2 features left out: a newer one has the same id"]


def test_features_without_an_id_are_not_versions_of_each_other() -> None:
    told = refusal(
        *[feature(EAST, since=1)] * 2, 7, words=PropertyMapping(newest="since")
    )

    assert [line.split(",")[0] for line in told.splitlines()[:3]] == [
        "f feature 1",
        "f feature 2",
        "f feature 3",
    ]


CITY = {f"r{n}": (52.5 + n / 100, 13.4) for n in range(9)}


@pytest.mark.parametrize(
    ("point", "advice"),
    [
        ((13.4, 52.5), "its coordinates look swapped: longitude comes first"),
        ((0.0, 0.0), "check its coordinates"),
        ((0.0, 120.0), "check its coordinates"),
    ],
)
def test_a_road_far_from_the_others_is_named(
    point: tuple[float, float], advice: str
) -> None:
    (told,) = far_off({**CITY, "x": point})

    assert told.startswith(f"warning: x at latitude {point[0]:.2f}, longitude ")
    assert told.endswith(f"from the middle of the roads - {advice}")


def test_a_network_of_a_whole_country_has_no_road_far_off() -> None:
    assert far_off({str(n): (48.0 + n / 10, 9.0 + n / 10) for n in range(60)}) == []
    assert far_off({}) == []


def test_many_roads_far_off_are_counted() -> None:
    told = far_off({**CITY, **{f"x{n}": (0.0, 0.0) for n in range(8)}})

    assert (len(told), told[-1]) == (6, "and 3 more roads far off")
