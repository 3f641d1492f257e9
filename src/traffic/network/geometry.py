"""Distances and directions between points, which are (latitude, longitude): pure."""

from __future__ import annotations

from itertools import accumulate
from math import atan2, cos, degrees, hypot, radians

Point = tuple[float, float]

_KM_PER_DEGREE = 111.195  # of a great circle of the earth
_POLYLINE_PRECISION = 100_000
_MOST_BITS = 30  # of a step: 180 degrees have 26


def distance_km(a: Point, b: Point) -> float:
    """Return the distance on a plane: exact enough for a few kilometres."""
    return _KM_PER_DEGREE * hypot(b[0] - a[0], _east(a, b))


def heading(a: Point, b: Point) -> float:
    """Return the direction from *a* to *b* in degrees, 90 to the east."""
    return degrees(atan2(_east(a, b), b[0] - a[0]))


def turn(one: float, other: float) -> float:
    """Return the angle between two headings, 0-180 degrees."""
    return abs(wrapped(one - other))


def wrapped(angle: float) -> float:
    """Return an angle or a longitude within half a turn: 359 is -1."""
    return angle if -180 <= angle < 180 else (angle + 180) % 360 - 180


def _east(a: Point, b: Point) -> float:
    """Return how far *b* is east of *a*, in degrees of latitude."""
    return wrapped(b[1] - a[1]) * cos(radians((a[0] + b[0]) / 2))


def decoded(polyline: str) -> list[Point]:
    """Return the points of an encoded polyline of five decimals, none if damaged."""
    steps, value, shift = [], 0, 0
    for letter in polyline:
        chunk = ord(letter) - 63
        value |= (chunk & 0x1F) << shift
        shift += 5
        if shift > _MOST_BITS:
            return []
        if chunk < 0x20:
            steps.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    places = zip(accumulate(steps[::2]), accumulate(steps[1::2]))
    return [(y / _POLYLINE_PRECISION, x / _POLYLINE_PRECISION) for y, x in places]
