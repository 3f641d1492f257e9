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


@pytest.mark.parametrize(
    "text", ["50 knots", "200 mph", "1_0", "\u0665\u0660", "0x10", "0"]
)
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 mph", 48.28),
        ("30mph", 48.28),
        ("50 km/h", 50.0),
        ("50.5 KMH", 50.5),
        ("none", None),
        ("N/A", None),
        ("NaN", None),
    ],
)
def test_a_speed_is_read_in_the_unit_that_it_names(
    text: str, expected: float | None
) -> None:
    words = PropertyMapping(properties={"free_flow_speed": "vmax"})

    found = road(feature(EAST, segment_id="a", vmax=text), words=words)
    assert found.free_flow_speed == expected


@pytest.mark.parametrize("nothing", ["", "  ", float("nan"), None])
def test_what_says_nothing_is_absent(nothing: Any) -> None:
    names = ("name", "district", "lanes", "length_m", "free_flow_speed", "latitude")

    made = feature(EAST, segment_id="a", **dict.fromkeys(names, nothing))
    assert road(made) == road(feature(EAST, segment_id="a"))


def test_nothing_is_no_id_and_follows_no_road() -> None:
    nan = float("nan")

    assert "segment_id: expected 1-64" in refusal(feature(EAST, segment_id=" "))
    assert "segment_id: expected 1-64" in refusal(feature(EAST, segment_id=nan))
    assert road(feature(EAST, segment_id="a", downstream=nan)).downstream is None
    assert road(feature(EAST, segment_id="a", downstream="")).downstream == ""


@pytest.mark.parametrize(
    ("given", "expected"), [(101, "101"), (7.0, "7"), (1.5, "1.5"), ("7", "7")]
)
def test_a_number_is_a_name(given: Any, expected: str) -> None:
    words = PropertyMapping(properties={"district": "d"})
    found = road(feature(EAST, segment_id="a", name=given, d=given), words=words)

    assert (found.name, found.district) == (expected, expected)
    assert "properties.name: expected text" in refusal(
        feature(EAST, segment_id="a", name=True)
    )


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


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ((13.405, 52.5), None),
        ((13.42, 52.5), None),
        ((13.405, 52.4), "11 km from its line by them - which of the two is right?"),
        ((52.5, 13.405), "5,554 km from its line by them - they look swapped"),
    ],
)
def test_a_position_that_the_line_contradicts_is_told_and_kept(
    place: tuple[float, float], told: str | None
) -> None:
    line = [(52.5, 13.4), (52.5, 13.41)]
    longitude, latitude = place
    made = feature(line, segment_id="a", latitude=latitude, longitude=longitude)

    found = network(made)

    assert found.positions() == {"a": (latitude, longitude)}
    assert found.notices == (
        [
            "1 segment with a latitude and longitude that the line contradicts: a is "
            f"{told}"
        ]
        if told
        else []
    )


def test_a_network_of_a_whole_country_has_no_road_far_off() -> None:
    assert far_off({str(n): (48.0 + n / 10, 9.0 + n / 10) for n in range(60)}) == []
    assert far_off({}) == []


def test_many_roads_far_off_are_counted() -> None:
    told = far_off({**CITY, **{f"x{n}": (0.0, 0.0) for n in range(8)}})

    assert (len(told), told[-1]) == (6, "and 3 more roads far off")
