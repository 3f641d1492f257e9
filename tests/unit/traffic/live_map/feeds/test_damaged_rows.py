"""A damaged row of `road_segments` loses what is wrong with it, in each feed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .checks import datex_faults, fetched, json_faults, some_city

DAMAGED = {
    "a line that is no text": ("line", 5),
    "a free-flow speed in words": ("free_flow_speed", "x"),
    "a free-flow speed of zero": ("free_flow_speed", 0),
    "half a lane": ("lanes", 2.5),
    "lanes in words": ("lanes", "two"),
    "a name that is no text": ("name", 5),
    "a district of several": ("district", ["West"]),
    "a length that is no number": ("length_m", "long"),
    "a time after all years": ("observed_at", 10**15),
}
DATEX = ("measurement-sites.xml", "measured-data.xml", "situations.xml")


@pytest.mark.parametrize(("name", "value"), DAMAGED.values(), ids=DAMAGED)
def test_a_segment_loses_the_attribute_that_is_damaged(name: str, value: Any) -> None:
    city = some_city()
    city.reader.segments["jam"][name] = value

    told = json.loads(fetched(city, "segments.geojson"))

    assert json_faults("geojson-feature-collection.json", told) == []
    jam = next(one for one in told["features"] if one["id"] == "jam")
    properties = {**jam["properties"], "line": jam["geometry"]}
    assert [n for n, one in properties.items() if one is None] == [name]
    for feed in DATEX:
        assert datex_faults(fetched(city, feed)) == []
    assert fetched(city, "traffic-flow.jsonld").count(b"urn:ngsi-ld:Traf") >= 3


def test_a_damaged_free_flow_speed_gives_way_to_the_learned_one() -> None:
    city = some_city()
    city.reader.segments["jam"] |= {
        "free_flow_speed": "x",
        "learned_free_flow_speed": 90,
    }

    told = json.loads(fetched(city, "segments.geojson"))["features"]

    speeds = {one["id"]: one["properties"]["free_flow_speed"] for one in told}
    assert speeds["jam"] == 90


def test_a_position_in_words_is_none() -> None:
    city = some_city()
    city.reader.segments["silent"]["latitude"] = "north"

    told = json.loads(fetched(city, "segments.geojson"))["features"]

    assert [one["id"] for one in told if one["geometry"] is None] == [
        "nowhere",
        "silent",
    ]
