"""Which segment follows which, and which are near enough to share a jam: pure.

The next segment in the direction of traffic is *downstream*. Links lead along the
carriageway only: segments that merely lie side by side are not linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

from ..model import Road
from .geometry import distance_km

# Two congested segments belong together across at most one free segment between them.
MOST_HOPS = 2
MOST_KM = 3.0

Links = Mapping[str, Sequence[str]]

UNKNOWN, ITSELF, BOTH_WAYS, FAR = "unknown", "itself", "both_ways", "far"
AGAINST = "against"  # the direction of the lines


class LinkFault(NamedTuple):
    """A link that is not followed, and why."""

    segment_id: str
    downstream: str
    kind: str


class RoadGraph:
    """Segments, each with the roads that follow it.

    *faults* are the links that are not followed: those found here, and *others*.
    """

    def __init__(
        self,
        roads: Mapping[str, Road],
        downstream: Links,
        others: Iterable[LinkFault] = (),
    ) -> None:
        self.roads = roads
        self.faults = sorted({*link_faults(roads, downstream), *others})
        wrong = {(fault.segment_id, fault.downstream) for fault in self.faults}
        self._down: dict[str, list[str]] = {}
        self._up: dict[str, list[str]] = {}
        for start, ends in downstream.items():
            for end in ends:
                if start in roads and (start, end) not in wrong:
                    self._down.setdefault(start, []).append(end)
                    self._up.setdefault(end, []).append(start)
        self._near: dict[str, frozenset[str]] = {}

    def road(self, segment_id: str) -> Road:
        """Return the road of a segment; an unknown one has the default values."""
        return self.roads.get(segment_id) or Road()

    def following(self, segment_id: str) -> Sequence[str]:
        """Return the segments that come next downstream."""
        return self._down.get(segment_id, ())

    def preceding(self, segment_id: str) -> Sequence[str]:
        """Return the segments that lead into one."""
        return self._up.get(segment_id, ())

    def near(self, segment_id: str) -> frozenset[str]:
        """Return the segments within reach, upstream and downstream."""
        if segment_id not in self._near:
            beyond = self.below(segment_id), self.above(segment_id)
            self._near[segment_id] = frozenset().union(*beyond)
        return self._near[segment_id]

    def below(self, segment_id: str) -> dict[str, float]:
        """Return the segments within reach downstream, with their distance (km)."""
        return self._reach(segment_id, self._down)

    def above(self, segment_id: str) -> dict[str, float]:
        """Return the segments within reach upstream, with their distance (km)."""
        return self._reach(segment_id, self._up)

    def _reach(self, start: str, links: Links) -> dict[str, float]:
        distances, level = {start: 0.0}, {start: 0.0}
        for _ in range(MOST_HOPS):
            further: dict[str, float] = {}
            for one, km in level.items():
                for end in links.get(one, ()):
                    far = km + apart_km(self.road(one), self.road(end))
                    if far <= MOST_KM:
                        further[end] = min(far, further.get(end, far))
            level = {end: km for end, km in further.items() if end not in distances}
            distances.update(level)
        del distances[start]
        return distances

    def groups(self, segment_ids: Iterable[str]) -> list[frozenset[str]]:
        """Return the sets of *segment_ids* that are connected, in a fixed order."""
        remaining, groups = set(segment_ids), []
        for start in sorted(remaining):
            if start in remaining:
                groups.append(frozenset(self._component(start, remaining)))
        return groups

    def _component(self, start: str, remaining: set[str]) -> Iterator[str]:
        """Take from *remaining* what hangs together with *start*."""
        remaining.discard(start)
        waiting = [start]
        while waiting:
            one = waiting.pop()
            yield one
            joined = self.near(one) & remaining
            remaining -= joined
            waiting += joined


def link_faults(roads: Mapping[str, Road], downstream: Links) -> Iterator[LinkFault]:
    """Yield the links that are not followed."""
    for start, ends in downstream.items():
        for end in ends:
            kind = _fault_of(start, end, roads, downstream)
            if kind is not None:
                yield LinkFault(start, end, kind)


def _fault_of(
    start: str, end: str, roads: Mapping[str, Road], downstream: Links
) -> Optional[str]:
    if start == end:
        return ITSELF
    if end not in roads:
        return UNKNOWN
    if start in downstream.get(end, ()):  # one of them leads against the traffic
        return BOTH_WAYS
    if start in roads and apart_km(roads[start], roads[end]) > MOST_KM:
        return FAR
    return None


def apart_km(one: Road, other: Road) -> float:
    """Return the distance between the middles of two roads, 0 if one is unknown."""
    here, there = _middle(one), _middle(other)
    return 0.0 if here is None or there is None else distance_km(here, there)


def _middle(road: Road) -> Optional[tuple[float, float]]:
    if road.latitude is None or road.longitude is None:
        return None
    return road.latitude, road.longitude
