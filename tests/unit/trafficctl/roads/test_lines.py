"""Lines of a road file: parts are joined, and long ones are simplified."""

from __future__ import annotations

from math import cos, sin
from typing import Any

import pytest

from bench.segments import LINE, item_bytes
from trafficctl.roads.geojson import Document, feature
from trafficctl.roads.geometry import Point, encode, length_m
from trafficctl.roads.lines import MOST_CHARACTERS, joined, simplified
from trafficctl.roads.network import network_of, parse

from ...traffic.segment.test_item_size import WRITE_UNIT, day_with_a_jam, item_of

A, B, C, D = [(0.0, n / 100) for n in range(4)]
NEAR_B = (0.00001, B[1])  # a metre beside it


def bend(points: int) -> list[Point]:
    """A motorway junction's curve, surveyed with many points."""
    turns = [n / points * 6 for n in range(points)]
    return [(52.5 + sin(t) / 500, 13.4 + t / 1000 + cos(t) / 500) for t in turns]


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ([[A, B], [B, C]], [A, B, C]),
        ([[A, B], [NEAR_B, C]], [A, B, C]),
        ([[C, D], [B, C], [A, B]], [A, B, C, D]),
        ([[A, B], [B, C], [C, A]], [A, B, C, A]),
        ([[A, B], [C, D]], None),
        ([[A, B], [C, B]], None),
    ],
)
def test_parts_are_joined_in_the_direction_of_traffic(
    parts: list[list[Point]], line: list[Point] | None
) -> None:
    assert joined(parts) == line


def test_a_multilinestring_whose_parts_meet_is_a_segment() -> None:
    parts = [[[0, 0], [0.01, 0]], [[0.01, 0], [0.02, 0]]]
    shape = {"type": "MultiLineString", "coordinates": parts}
    document = {"type": "Feature", "id": 7, "geometry": shape, "properties": None}

    (road,) = parse(document, "f")

    assert (road.segment_id, road.length_m) == ("7", 2223.9)


def test_a_short_line_is_kept_as_it_is() -> None:
    assert simplified([A, B, C]) == ([A, B, C], 0.0)


@pytest.mark.parametrize("points", [200, 2000])
def test_a_long_line_is_simplified_to_what_a_write_unit_holds(points: int) -> None:
    line = bend(points)

    short, moved_m = simplified(line)

    assert len(encode(short)) <= MOST_CHARACTERS < len(encode(line))
    assert moved_m <= 4
    assert (short[0], short[-1]) == (line[0], line[-1])
    assert length_m(short) == pytest.approx(length_m(line), rel=0.002)


def test_a_straight_line_of_many_points_keeps_its_ends() -> None:
    short, moved_m = simplified([(0.0, n / 10_000) for n in range(2000)])

    assert short == [(0.0, 0.0), (0.0, 0.1999)]
    assert moved_m == 1.0


def test_a_simplified_line_is_told_and_length_and_middle_are_of_the_whole() -> None:
    whole = feature(bend(2000), segment_id="a")

    network = network_of(Document([whole]), "f")

    (road,), (told,) = network.roads, network.notices
    points = [(lat, lon) for lon, lat in whole["geometry"]["coordinates"]]
    assert road.length_m == round(length_m(points), 1)
    assert told.startswith("1 line simplified to at most 236 characters, and moved by")


@pytest.mark.parametrize(
    ("given", "notices"),
    [
        (
            0.1113,
            "1 segment with a length_m that the line contradicts: a has 0.1113 m, its "
            "line 111 m - is length_m in metres, and of the segment alone?",
        ),
        (56, None),
        (222, None),
        (365, "1 segment with a length_m that the line contradicts: a has 365 m"),
    ],
)
def test_a_length_that_the_line_contradicts_is_told_and_kept(
    given: float, notices: str | None
) -> None:
    road = feature([(0.0, 0.0), (0.0, 0.001)], segment_id="a", length_m=given)

    network = network_of(Document([road]), "f")

    assert network.roads[0].length_m == round(given, 1)
    assert [one[: len(notices or "")] for one in network.notices] == (
        [notices] if notices else []
    )


def test_with_the_longest_line_a_write_of_a_usual_segment_costs_one_unit() -> None:
    item: dict[str, Any] = item_of(day_with_a_jam(sensors=3))

    longest = item_bytes(item) - len(LINE) + MOST_CHARACTERS

    assert longest <= WRITE_UNIT
