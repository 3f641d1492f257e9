"""Roads that lie far from the others, as swapped coordinates put them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import median, median_low

from trafficctl.cli.wrong_input import first_of
from trafficctl.roads.geometry import Point, distance_m, length_m, middle

FAR_M = 100_000.0  # from the middle of all roads
FAR_TIMES = 10  # and as many times as far as half of the roads are
MOST_NAMED = 5
NEAR_M = 1_000.0  # and the length of its line: how far a segment is from its middle


def far_off(roads: dict[str, Point], others: Sequence[Point] = ()) -> list[str]:
    """What to say of each of `roads` that lies far from the rest and from `others`."""
    all_points = [*roads.values(), *others]
    if not all_points:
        return []
    middle = middle_of(all_points)
    usual_m = median(distance_m(middle, point) for point in all_points)
    limit_m = max(FAR_M, FAR_TIMES * usual_m)
    far = [one for one, p in roads.items() if distance_m(middle, p) > limit_m]
    sentences = [_warning(one, roads[one], middle, limit_m) for one in far]
    return first_of(sentences, MOST_NAMED, "more roads far off")


def off_line(point: Point, line: Sequence[Point]) -> str | None:
    """How a segment's position contradicts its line, None if it does not."""
    centre, limit_m = middle(line), length_m(line) + NEAR_M
    away_m = distance_m(centre, point)
    if away_m <= limit_m:
        return None
    latitude, longitude = point
    swapped = (longitude, latitude)
    is_swapped = abs(longitude) <= 90 and distance_m(centre, swapped) <= limit_m
    advice = "they look swapped" if is_swapped else "which of the two is right?"
    return f"{away_m / 1000:,.0f} km from its line by them - {advice}"


def middle_of(points: Collection[Point]) -> Point:
    """The middle of points, which those far off do not move."""
    return median_low(p[0] for p in points), median_low(p[1] for p in points)


def place(point: Point) -> str:
    """A point in words."""
    return f"latitude {point[0]:.2f}, longitude {point[1]:.2f}"


def _warning(segment_id: str, point: Point, middle: Point, limit_m: float) -> str:
    away_m, swapped = distance_m(middle, point), (point[1], point[0])
    is_swapped = abs(point[1]) <= 90 and distance_m(middle, swapped) <= limit_m
    advice = (
        "its coordinates look swapped: longitude comes first"
        if is_swapped
        else "check its coordinates"
    )
    return (
        f"warning: {segment_id} at {place(point)} is {away_m / 1000:,.0f} km from the "
        f"middle of the roads - {advice}"
    )
