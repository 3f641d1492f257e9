"""Which segment follows which: as the road file says, or as its lines run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from traffic.network.geometry import decoded
from traffic.network.roads import LinkFault
from traffic.network.topology import Topology, topology_of
from trafficctl.metr_la import load_week, road_network
from trafficctl.roads.geojson import Document, document
from trafficctl.roads.geometry import encode
from trafficctl.roads.links_view import as_json, summary
from trafficctl.roads.network import Network, network_of

M = 1 / 111_195  # degrees of latitude


def road(
    name: str, *points: tuple[float, float], of: str = "Ring N", **given: Any
) -> dict[str, Any]:
    """A feature whose points are metres east and north."""
    line = [[x * M, y * M] for x, y in points]
    shape: dict[str, Any] = {"type": "LineString", "coordinates": line}
    if len(line) == 1:
        shape = {"type": "Point", "coordinates": line[0]}
    properties = {"segment_id": name, "name": of, **given}
    return {"type": "Feature", "geometry": shape, "properties": properties}


def encoded(points: Sequence[tuple[float, float]]) -> str:
    """A stored line of points that are metres east and north."""
    return encode([(y * M, x * M) for x, y in points])


def loaded(*features: dict[str, Any]) -> Network:
    return network_of(Document(list(features)), "roads.geojson")


def linked(network: Network) -> Topology:
    rows = [{k: v for k, v in vars(r).items() if v is not None} for r in network.roads]
    return topology_of(rows)


def links(*features: dict[str, Any]) -> dict[str, str]:
    """The segments that follow each, separated by blanks."""
    found = linked(loaded(*features)).downstream
    return {name: " ".join(ends) for name, ends in found.items()}


def test_a_segment_is_followed_by_the_one_that_starts_where_it_ends() -> None:
    assert links(
        road("a", (0, 0), (0, 500)), road("b", (0, 520), (0, 900), of="Other")
    ) == {"a": "b"}


@pytest.mark.parametrize("near", [(500, 0), (500.9, 0), (499, 1)])
def test_a_point_that_is_nearly_a_lines_end_turns_nothing(
    near: tuple[float, float],
) -> None:
    start, meeting, end = (0, 0), (500, 0), (900, 0)

    for first, second in (
        ([start, near, meeting], [meeting, end]),
        ([start, meeting], [meeting, near, end]),
    ):
        lines = {"a": encoded(first), "b": encoded(second)}
        at = {"latitude": 0.0, "longitude": 0.0}
        city = topology_of({"segment_id": n, "line": x, **at} for n, x in lines.items())
        assert city.downstream == {"a": ["b"]}


def test_a_line_shorter_than_the_heading_needs_leads_from_end_to_end() -> None:
    assert links(road("a", (0, 0), (0, 10)), road("b", (0, 10), (0, 20)))["a"] == "b"


def test_of_a_fork_both_roads_follow() -> None:
    found = links(
        road("a", (0, 0), (0, 500)),
        road("ramp", (0, 500), (200, 700)),
        road("b", (0, 500), (0, 900)),
    )

    assert found["a"] == "b ramp"


@pytest.mark.parametrize(
    "other",
    [
        road("b", (0, 535), (0, 900), of="Other"),  # too far away
        road("b", (0, 500), (400, 480)),  # turns by more than 60 degrees
        road("b", (0, 900), (0, 500)),  # the opposite direction ends here
        road("b", (20, 500), (20, 0), of="Ring S"),  # the opposite carriageway
    ],
)
def test_what_only_lies_beside_it_does_not_follow(other: dict[str, Any]) -> None:
    assert links(road("a", (0, 0), (0, 500)), other) == {}


def test_over_a_gap_the_next_on_the_same_road_follows() -> None:
    found = links(
        road("a", (0, 0), (0, 500), of="US-101 S, Alvarado"),
        road("c", (0, 2900), (0, 3100), of="US-101 S, Temple"),
        road("b", (0, 1500), (0, 2000), of="US-101 S, Echo Park"),
        road("x", (0, 700), (0, 900), of="US-101 N, Alvarado"),
    )

    assert found == {"a": "b", "b": "c"}


@pytest.mark.parametrize("north", [-600, 3300])
def test_behind_it_or_more_than_three_kilometres_away_none_follows(north: int) -> None:
    found = links(road("a", (0, 0), (0, 500)), road("b", (0, north), (0, north + 400)))

    assert "a" not in found


def test_a_road_without_a_name_is_not_followed_over_a_gap() -> None:
    first = road("a", (0, 0), (0, 500))
    second = road("b", (0, 900), (0, 1200))
    for one in (first, second):
        del one["properties"]["name"]

    assert links(first, second) == {}


@pytest.mark.parametrize("given", [["7", "b"], [7, "b"], "7 b", "7, b"])
def test_the_file_says_which_follow(given: Any) -> None:
    first = road("a", (0, 0), (0, 500), downstream=given)
    met = road("met", (0, 500), (0, 900))
    others = road("b", (0, 700), (0, 900)), road("7", (0, 700), (0, 900))

    assert links(first, met, *others)["a"] == "7 b"


def test_a_segment_that_is_given_twice_follows_once() -> None:
    at = {"latitude": 0.0, "longitude": 0.0}
    city = topology_of(
        [{"segment_id": "a", "downstream": "b b", **at}, {"segment_id": "b", **at}]
    )

    assert city.downstream == {"a": ["b"]}
    assert list(city.graph.following("a")) == ["b"]


@pytest.mark.parametrize("gap", [0.0, 0.005])
def test_roads_go_on_across_the_date_line(gap: float) -> None:
    """On one road, also where the next segment begins 500 m farther on."""
    west = [(-17.0, 179.99), (-17.0, 179.9999)]
    east = [(-17.0, -179.9999 + gap), (-17.0, -179.99 + gap)]
    city = topology_of(
        {
            "segment_id": name,
            "name": "Ring",
            "latitude": line[0][0],
            "longitude": line[0][1],
            "line": encode(line),
        }
        for name, line in (("a", west), ("b", east))
    )

    assert (city.downstream, city.faults) == ({"a": ["b"]}, [])
    (km,) = city.graph.below("a").values()
    assert km == pytest.approx(106.335 * (0.0101 + gap), abs=0.001)


def test_an_empty_list_is_the_end_of_a_road() -> None:
    first = road("a", (0, 0), (0, 500), downstream=[])

    assert links(first, road("b", (0, 500), (0, 900)))["a"] == ""


def test_a_point_is_linked_by_the_file_only() -> None:
    found = links(road("a", (0, 0)), road("b", (0, 30), downstream="a"))

    assert found == {"b": "a"}


def test_a_link_against_the_direction_of_traffic_is_left_out_and_told() -> None:
    network = loaded(
        road("a", (0, 0), (0, 500), downstream="b"),
        road("b", (0, 500), (0, 900), downstream="a"),
    )

    found = linked(network)
    assert found.graph.below("a").keys() == {"b"}
    assert found.graph.below("b") == {}
    assert found.faults == [LinkFault("b", "a", "against")]
    assert found.graph.faults == found.faults  # WrongLinks counts these
    assert list(summary(network, [])) == [
        "warning: b -> a: leads against the direction of traffic, the link is not "
        "followed",
        "links: 2 from the file, 0 where lines meet, 0 to the next on the same road; "
        "0 segments not linked - `trafficctl roads links` lists them",
    ]


def test_each_wrong_link_is_named() -> None:
    network = loaded(
        road("a", (0, 0), (0, 500), downstream="a x c"),
        road("b", (0, 500), (0, 900), downstream=["known"]),
        road("c", (0, 9000), (0, 9500), downstream=[]),
    )
    known = [{"segment_id": "known", "latitude": 0.0, "longitude": 0.0}]

    *told, _ = summary(network, known)

    assert told == [
        "warning: a -> a: leads to itself, the link is not followed",
        "warning: a -> c: more than 3 km away, the link is not followed",
        "warning: a -> x: no such segment, the link is not followed",
    ]


def test_json_has_followed_links_wrong_ones_and_segments_without_any() -> None:
    network = loaded(
        road("a", (0, 0), (0, 500), downstream="b x"),
        road("b", (0, 500), (0, 900), downstream=[]),
        road("c", (900, 0), (900, 100), downstream=[]),
    )

    shown = as_json(linked(network))

    link = {"segment_id": "a", "from": "given"}
    assert shown == {
        "links": [{**link, "downstream": "b", "km": 0.45, "fault": None}],
        "faults": [{**link, "downstream": "x", "km": None, "fault": "unknown"}],
        "unlinked": ["c"],
    }


def test_what_neither_follows_nor_is_followed_is_not_linked() -> None:
    city = topology_of(
        [
            {"segment_id": "a", "latitude": 0.0, "longitude": 0.0, "downstream": "b"},
            {"segment_id": "b", "latitude": 0.0, "longitude": 0.0},
            {"segment_id": "c", "latitude": 0.0, "longitude": 0.0, "downstream": "x"},
        ]
    )

    assert city.unlinked() == ["c"]


def test_in_los_angeles_each_detector_is_followed_by_the_next_of_its_carriageway() -> (
    None
):
    week = load_week()
    place = {d.segment_id: (d.freeway, d.direction, d.order) for d in week.detectors}
    network = network_of(document([road_network(week)], "los angeles"), "los angeles")
    pairs = [
        (place[name], place[after])
        for name, ends in linked(network).downstream.items()
        for after in ends
    ]

    assert len(pairs) == 189
    assert all(b == (*a[:2], a[2] + 1) for a, b in pairs)


def test_a_stored_line_is_read_back() -> None:
    line = [(34.05214, -118.44782), (34.0, -118.5), (-1.2, 0.0)]

    assert decoded(encode(line)) == line


def test_a_damaged_line_has_no_points() -> None:
    assert decoded("~" * 300 + "??") == []
