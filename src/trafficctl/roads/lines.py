"""Lines made fit for a segment: the parts of one joined, and a long one simplified."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, radians

from trafficctl.roads.geometry import EARTH_RADIUS_M, Point, distance_m, encode

JOIN_M = 2.0  # two parts meet; five decimals of a degree are up to 1.6 m
# Of an encoded line. With it the item of a segment with three sensors and a long name
# stays within 1,024 bytes: above, each of its writes costs a unit more.
MOST_CHARACTERS = 236
FINEST_M = 1.0  # the first tolerance tried; each further one is twice as large


def joined(parts: Sequence[Sequence[Point]]) -> list[Point] | None:
    """One line through all parts, None if one does not start where another ends."""
    rest = list(parts)
    if any(gap_m(one, other) for one, other in pairwise(parts)):  # not in their order
        rest.sort(key=lambda part: any(not gap_m(one, part) for one in parts))
    line = list(rest.pop(0))
    while rest:
        following = next((n for n, p in enumerate(rest) if not gap_m(line, p)), None)
        if following is None:
            return None
        line += rest.pop(following)[1:]
    return line


def gap_m(one: Sequence[Point], other: Sequence[Point]) -> float:
    """The metres between the end of `one` and the start of `other`, 0 if they meet."""
    away_m = distance_m(one[-1], other[0])
    return away_m if away_m > JOIN_M else 0.0


def simplified(line: Sequence[Point]) -> tuple[list[Point], float]:
    """`line` short enough to be stored, and by how many metres it may be off.

    Douglas-Peucker by the finest tolerance that is coarse enough.
    """
    points, tolerance_m = list(line), 0.0
    if len(encode(points)) <= MOST_CHARACTERS:
        return points, tolerance_m
    weights, tolerance_m = _weights(line), FINEST_M / 2
    while len(encode(points)) > MOST_CHARACTERS:
        tolerance_m *= 2
        points = [p for p, w in zip(line, weights, strict=True) if w > tolerance_m]
    return points, tolerance_m


def _weights(line: Sequence[Point]) -> list[float]:
    """Of each point, the tolerance in metres below which the line keeps it."""
    flat = _flat(line)
    weights = [0.0] * len(line)
    weights[0] = weights[-1] = float("inf")
    spans = [(0, len(line) - 1, float("inf"))]
    while spans:
        first, last, most = spans.pop()
        away = _off_m(flat[first + 1 : last], flat[first], flat[last])
        farthest_m = max(away, default=0.0)
        if farthest_m <= FINEST_M:
            continue
        middle = first + 1 + away.index(farthest_m)
        weights[middle] = weight = min(most, farthest_m)
        spans += [(first, middle, weight), (middle, last, weight)]
    return weights


def _flat(line: Sequence[Point]) -> list[complex]:
    """The points of a line in metres, on a plane that touches its start."""
    north_m = radians(1) * EARTH_RADIUS_M
    east_m = north_m * cos(radians(line[0][0]))
    return [complex(longitude * east_m, lat * north_m) for lat, longitude in line]


def _off_m(points: Sequence[complex], start: complex, end: complex) -> list[float]:
    """The distance of each point from a straight line, in metres."""
    way = end - start
    length = abs(way)
    if not length:
        return [abs(point - start) for point in points]
    turn = way.conjugate() / length  # lays the straight line on the axis
    turned = [(point - start) * turn for point in points]
    return [abs(p - min(max(p.real, 0.0), length)) for p in turned]
