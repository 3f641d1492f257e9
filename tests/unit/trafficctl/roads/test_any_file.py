"""Whatever a file holds, the answer is a network or a sentence."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trafficctl.errors import UserError
from trafficctl.roads.geojson import document
from trafficctl.roads.mapping import AS_DOCUMENTED, PropertyMapping
from trafficctl.roads.network import network_of

SHAPES = ["Point", "LineString", "MultiLineString", "Polygon"]
SCALARS = [None, True, -1, 2.0, 7.5, 1e400, 10**50, float("nan"), "", "\ud800", "é"]
IDS = ["a", "b", 7, 7.0]
scalars = st.sampled_from([*SCALARS, *SHAPES])
numbers = st.sampled_from([0, 0.001, 0.002, 10**50, float("nan"), 500.0, None])
points = st.lists(numbers, min_size=1, max_size=3)
lines = st.lists(points, min_size=2, max_size=4)
anything = scalars | st.recursive(
    points,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "id", "\udfff"]), inner | scalars)
    ),
    max_leaves=5,
)
shapes = st.fixed_dictionaries(
    {"type": st.sampled_from(SHAPES), "coordinates": lines | anything},
    optional={"\udfff": anything},
)
names = ("name", "lanes", "length_m", "latitude", "\udfff")
properties = st.fixed_dictionaries(
    {"segment_id": st.sampled_from(IDS) | anything},
    optional=dict.fromkeys(names, anything),
)
near = st.lists(st.sampled_from([0, 0.001, 0.002]), min_size=2, max_size=3)
good = st.fixed_dictionaries(
    {
        "geometry": st.fixed_dictionaries(
            {
                "type": st.just("LineString"),
                "coordinates": st.lists(near, min_size=2, max_size=4),
            }
        ),
        "properties": st.fixed_dictionaries(
            {"segment_id": st.sampled_from(IDS)},
            optional={"lanes": scalars | st.just(2.0), "\udfff": anything},
        ),
    }
)
wild = st.fixed_dictionaries(
    {"geometry": shapes | anything, "properties": properties | anything},
    optional={"id": scalars | st.just(7), "type": scalars, "\udfff": anything},
)
features = good | wild | anything
CITYS = PropertyMapping("name", {"lanes": "lanes", "name": "length_m"}, newest="lanes")


@settings(max_examples=200)
@given(
    st.lists(features, max_size=4), anything, st.sampled_from([AS_DOCUMENTED, CITYS])
)
def test_a_file_is_a_network_or_refused(
    found: list[Any], crs: Any, words: PropertyMapping
) -> None:
    part = {"type": "FeatureCollection", "crs": crs, "features": found}
    for one in (part, {**part, "crs": None}, found):
        with contextlib.suppress(UserError):
            network = network_of(document([one], "f"), "f", words, skip_bad=True)
            assert network.roads
            assert len(network.positions()) == len(network.roads)
