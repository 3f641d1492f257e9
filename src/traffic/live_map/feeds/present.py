"""The segments as every feed tells them: place and present state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Optional

from ...aws.segment_items import LEARNED, valid_of
from ...network.geometry import Point, decoded
from ...policy import LAST_INSTANT_MS
from ..summary import is_present

Item = Mapping[str, Any]


class FeedSegment(NamedTuple):
    """A segment; None is unknown, and a silent segment has no figures.

    *points* are its course (latitude, longitude), one point if only its middle is
    known. Units are those of docs/reference/tables.md.
    """

    segment_id: str
    name: Optional[str] = None
    district: Optional[str] = None
    points: Sequence[Point] = ()
    lanes: Optional[int] = None
    length_m: Optional[float] = None
    free_flow_speed: Optional[float] = None
    speed: Optional[float] = None
    flow: Optional[float] = None
    occupancy: Optional[float] = None
    congestion_score: Optional[float] = None
    level_of_service: Optional[str] = None
    alert_level: Optional[str] = None
    observed_at: Optional[int] = None


_FIGURES = ("speed", "flow", "occupancy", "congestion_score", "level_of_service")


class FeedCity(NamedTuple):
    """What a feed is made of: alerts and incidents under the page's names.

    *publisher* is the stack's name, *high* the score from which a road is congested.
    """

    segments: Sequence[FeedSegment]
    alerts: Sequence[Item]
    incidents: Sequence[Item]
    publisher: str
    high: float
    now_ms: int


def segments_of(
    roads: Iterable[Item], items: Iterable[Item], now_ms: int
) -> list[FeedSegment]:
    """Return the segments by id, from *roads* by the page's names and stored items."""
    places = {road["id"]: road for road in roads}
    ranked = sorted(items, key=lambda item: str(item["segment_id"]))
    return [_segment(places.get(i["segment_id"], {}), i, now_ms) for i in ranked]


def _segment(road: Item, item: Item, now_ms: int) -> FeedSegment:
    """Return a segment without its invalid attributes: they would stop all feeds."""
    figures = item if is_present(item, now_ms) else {}
    places = {"latitude": road.get("lat"), "longitude": road.get("lon")}
    known = valid_of({**road, **places})
    learned = valid_of({"free_flow_speed": item.get(LEARNED)})
    return FeedSegment(
        segment_id=item["segment_id"],
        name=known.get("name"),
        district=known.get("district"),
        points=_points(road.get("line"), known),
        lanes=_whole(known.get("lanes")),
        length_m=known.get("length_m"),
        free_flow_speed={**learned, **known}.get("free_flow_speed"),
        alert_level=item.get("alert_level"),
        observed_at=_instant(item.get("observed_at")),
        **{name: figures.get(name) for name in _FIGURES},
    )


def _whole(lanes: Optional[float]) -> Optional[int]:
    return None if lanes is None or lanes % 1 else int(lanes)


def _instant(ms: Optional[int]) -> Optional[int]:
    return None if ms is None or not 0 <= ms <= LAST_INSTANT_MS else ms


def _points(line: Any, known: Item) -> Sequence[Point]:
    course = _course(line) if isinstance(line, str) else ()
    if len(course) > 1:
        return course
    if "latitude" not in known or "longitude" not in known:
        return ()
    return ((float(known["latitude"]), float(known["longitude"])),)


@lru_cache(maxsize=20_000)  # roads stay where they are
def _course(line: str) -> tuple[Point, ...]:
    return tuple(decoded(line))
