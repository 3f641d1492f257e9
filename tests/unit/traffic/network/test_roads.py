"""Which segments are within reach of each other, and which links are wrong."""

from __future__ import annotations

import pytest

from traffic.model import Road
from traffic.network.roads import LinkFault, RoadGraph, apart_km

from ..incidents.street import KM, carriageway, road


def test_reach_is_two_links_up_and_downstream() -> None:
    graph = carriageway("abcdefg")

    assert graph.near("d") == {"b", "c", "e", "f"}
    assert graph.below("d") == pytest.approx({"e": 1.0, "f": 2.0})
    assert graph.above("d") == pytest.approx({"c": 1.0, "b": 2.0})


def test_reach_is_three_kilometres_at_most() -> None:
    assert carriageway("abc", km=1.4).near("a") == {"b", "c"}
    assert carriageway("abc", km=1.6).near("a") == {"b"}


def test_reach_leads_into_every_road_of_a_fork() -> None:
    roads = {name: road(place) for place, name in enumerate("abcd")}
    graph = RoadGraph(roads, {"a": ["b", "c"], "c": ["d"]})

    assert graph.near("a") == {"b", "c", "d"}
    assert graph.near("b") == {"a"}


@pytest.mark.parametrize(
    ("links", "fault"),
    [
        ({"a": ["a"]}, LinkFault("a", "a", "itself")),
        ({"a": ["x"]}, LinkFault("a", "x", "unknown")),
        ({"a": ["j"]}, LinkFault("a", "j", "far")),
    ],
)
def test_a_wrong_link_is_told_and_not_followed(
    links: dict[str, list[str]], fault: LinkFault
) -> None:
    graph = RoadGraph({name: road(n) for n, name in enumerate("abcdefghij")}, links)

    assert graph.faults == [fault]
    assert graph.groups(["a", "j"]) == [{"a"}, {"j"}]


def test_of_two_links_against_each_other_neither_is_followed() -> None:
    """Nobody can say which of them leads with the traffic."""
    roads = {name: road(place) for place, name in enumerate("abc")}
    graph = RoadGraph(roads, {"a": ["b"], "b": ["a", "c"]})

    assert graph.faults == [
        LinkFault("a", "b", "both_ways"),
        LinkFault("b", "a", "both_ways"),
    ]
    assert graph.groups("abc") == [{"a"}, {"b", "c"}]


def test_a_ring_road_is_no_fault() -> None:
    roads = {name: road(0) for name in "abc"}
    graph = RoadGraph(roads, {"a": ["b"], "b": ["c"], "c": ["a"]})

    assert graph.faults == []
    assert graph.groups("abc") == [{"a", "b", "c"}]


def test_a_distance_is_on_the_ground() -> None:
    los_angeles = Road(latitude=34.0, longitude=-118.0)

    east = Road(latitude=34.0, longitude=-118.0 + KM / 0.829)
    assert apart_km(los_angeles, east) == pytest.approx(1.0, abs=0.001)
    assert apart_km(los_angeles, Road()) == 0.0
