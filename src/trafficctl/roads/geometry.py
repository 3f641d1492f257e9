"""Lines on the map: length, middle, and the encoded polyline that tables hold.

A point is (latitude, longitude) in degrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

from traffic.network.geometry import wrapped

Point = tuple[float, float]

EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS 84
POLYLINE_PRECISION = 100_000  # five decimals, about a metre


def distance_m(a: Point, b: Point) -> float:
    """Great-circle distance in metres (haversine)."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b[1] - a[1]) / 2
    h = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, h)))


def length_m(line: Sequence[Point]) -> float:
    """Length of `line` in metres; 0 for a single point."""
    return sum(distance_m(a, b) for a, b in pairwise(line))


def between(a: Point, b: Point, share: float) -> Point:
    """The point at `share` (0-1) of the way from `a` to `b`, for short distances."""
    east = wrapped(b[1] - a[1]) * share
    return (a[0] + (b[0] - a[0]) * share, wrapped(a[1] + east))


def middle(line: Sequence[Point]) -> Point:
    """The point halfway along `line`."""
    rest = length_m(line) / 2
    for a, b in pairwise(line):
        step = distance_m(a, b)
        if step and rest <= step:
            return between(a, b, rest / step)
        rest -= step
    return line[-1]


def encode(line: Sequence[Point]) -> str:
    """`line` as an encoded polyline of precision 5."""
    text: list[str] = []
    last = (0, 0)
    for point in line:
        here = (_fixed(point[0]), _fixed(point[1]))
        for now, before in zip(here, last, strict=True):
            text.extend(_chunks(now - before))
        last = here
    return "".join(text)


def _fixed(degrees: float) -> int:
    return round(degrees * POLYLINE_PRECISION)


def _chunks(delta: int) -> Iterator[str]:
    """Five bits per character, lowest first; the sign is the lowest bit."""
    rest = ~(delta << 1) if delta < 0 else delta << 1
    while rest >= 0x20:
        yield chr((0x20 | (rest & 0x1F)) + 63)
        rest >>= 5
    yield chr(rest + 63)
