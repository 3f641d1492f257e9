"""Which segment follows which, where the road file does not say: pure.

A segment is followed by those that start where it ends and lead the same way. Where
none does, the next one ahead on the same road follows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Optional

from ..model import Road
from .geometry import Point, decoded, distance_km, heading, turn
from .roads import AGAINST, MOST_KM, LinkFault

MEET_KM = 0.03  # from the end of one line to the start of the next
HEADING_KM = 0.02  # that a line's heading at its end is taken over
TURN_DEGREES = 60.0  # between their headings
# Cells that segments start in, degrees of latitude and longitude: as high as what is
# looked for is far, and as wide up to 74 degrees of latitude.
_MEETING = (0.001, 0.001)
_AHEAD = (0.03, 0.1)

GIVEN, MEETS, NEXT = "given", "meets", "next"


@dataclass(frozen=True)
class Course:
    """A segment's line: its ends, its headings there, its middle and its road."""

    middle: Point
    start: Point
    end: Point
    enters: float
    leaves: float
    road: Optional[str]


@dataclass(frozen=True)
class Derived:
    """The segments that follow a segment, and how they were found."""

    segment_ids: tuple[str, ...]
    how: str


def course_of(
    line: Optional[str], name: Optional[str], middle: Point
) -> Optional[Course]:
    """Return the course of a segment, None for a point."""
    points = decoded(line) if line else []
    if len(points) < 2 or points[0] == points[-1]:
        return None
    back = points[::-1]
    return Course(
        middle,
        points[0],
        points[-1],
        heading(points[0], _away(points)),
        heading(_away(back), back[0]),
        road_name(name),
    )


def _away(points: Sequence[Point]) -> Point:
    """Return the first point that is far enough from the first one for a heading."""
    first, *others = points
    far = (one for one in others if distance_km(first, one) >= HEADING_KM)
    return next(far, points[-1])


def road_name(name: Optional[str]) -> Optional[str]:
    """Return the road of a segment: its name up to the first comma."""
    return (name or "").partition(",")[0].strip() or None


def place_name(road: Road) -> Optional[str]:
    """Return where on its road a segment is: its district, or the rest of its name."""
    rest = (road.name or "").partition(",")[2].strip()
    return road.district or rest or road.name


def derive(courses: Mapping[str, Course]) -> dict[str, Derived]:
    """Return the segments that follow each of *courses*, where any does."""
    meeting, ahead = _Starts(courses, _MEETING), _Starts(courses, _AHEAD)
    links = {}
    for name, course in courses.items():
        met = tuple(sorted(_meeting(name, course, courses, meeting)))
        if met:
            links[name] = Derived(met, MEETS)
        elif after := _next(name, course, courses, ahead):
            links[name] = Derived((after,), NEXT)
    return links


class _Starts:
    """The starts of segments, by the cell that they lie in."""

    def __init__(
        self, courses: Mapping[str, Course], size: tuple[float, float]
    ) -> None:
        self._size = size
        self._columns = round(360 / size[1])
        self._cells: dict[tuple[int, int], list[str]] = defaultdict(list)
        for name, course in courses.items():
            self._cells[self._cell(course.start)].append(name)

    def around(self, point: Point) -> Iterator[str]:
        """Yield the segments that start in the cell of *point* or beside it."""
        row, column = self._cell(point)
        for y in (row - 1, row, row + 1):
            for x in (column - 1, column, column + 1):
                yield from self._cells.get((y, x % self._columns), ())

    def _cell(self, point: Point) -> tuple[int, int]:
        row, column = (floor(one / size) for one, size in zip(point, self._size))
        return row, column % self._columns


def _meeting(
    name: str, course: Course, courses: Mapping[str, Course], starts: _Starts
) -> Iterator[str]:
    for other in starts.around(course.end):
        after = courses[other]
        is_near = distance_km(course.end, after.start) <= MEET_KM
        if other != name and is_near and _leads_on(course, after):
            yield other


def _leads_on(course: Course, after: Course) -> bool:
    return turn(course.leaves, after.enters) <= TURN_DEGREES


def _next(
    name: str, course: Course, courses: Mapping[str, Course], starts: _Starts
) -> Optional[str]:
    """Return the nearest segment ahead on the same road."""
    ahead = [
        (distance_km(course.end, courses[other].start), other)
        for other in starts.around(course.end)
        if other != name and _is_ahead(course, courses[other])
    ]
    return min(ahead)[1] if ahead else None


def _is_ahead(course: Course, after: Course) -> bool:
    if course.road is None or course.road != after.road:
        return False
    if not _leads_on(course, after):
        return False
    way = heading(course.end, after.start)
    is_near = distance_km(course.middle, after.middle) <= MOST_KM
    return is_near and turn(course.leaves, way) <= TURN_DEGREES


def against(
    downstream: Mapping[str, Sequence[str]], courses: Mapping[str, Course]
) -> Iterator[LinkFault]:
    """Yield the links that lead back to where a segment comes from."""
    for name, ends in downstream.items():
        for end in ends:
            one, other = courses.get(name), courses.get(end)
            if one is None or other is None or name == end:
                continue
            back_km = distance_km(one.start, other.end)
            if back_km < distance_km(one.end, other.start):
                yield LinkFault(name, end, AGAINST)
