"""Where the traffic of an incident stands, and the delay that it causes: pure.

Delay is as in PeMS: a vehicle that passes a segment of length L at speed u, not at its
free-flow speed uf, loses L (1/u - 1/uf). With N vehicles on the segment, N (1 - u/uf)
vehicle-hours are lost per hour, which also holds where traffic stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from typing import NamedTuple, Optional

from ..network.links import place_name, road_name
from ..network.roads import RoadGraph
from ..policy import SLOWEST_PACE_KMH
from .incident import Incident, Queue


class LiveTraffic(NamedTuple):
    """Speed (km/h) and density (veh/km per lane) of a segment, None if unknown."""

    speed: Optional[float] = None
    density: Optional[float] = None


Live = Mapping[str, LiveTraffic]


def queue_of(
    incident: Incident, graph: RoadGraph, live: Live, usual: Mapping[str, int]
) -> Queue:
    """Return the longest queue of an incident, with the figures of all its segments.

    *usual* is the usual speed of the segments where it is known.
    """
    segments = incident.segments()
    if not segments:
        return replace(incident.queue, length_km=0.0, speed=None, delay_rate=0.0)
    length_km, head, tail = max(_queues(segments, graph))
    speed, usual_speed = _speeds(segments, graph, live, usual)
    return Queue(
        head=head,
        tail=tail,
        road=road_name(graph.road(head).name),
        place=place_name(graph.road(head)) or head,
        length_km=length_km,
        speed=speed,
        usual_speed=usual_speed,
        delay_rate=sum(_delay_rate(one, graph, live) for one in segments),
    )


def _queues(
    segments: Sequence[str], graph: RoadGraph
) -> Iterator[tuple[float, str, str]]:
    """Yield length (km), head and tail of the queue behind each head."""
    for group in graph.groups(segments):
        heads = [one for one in group if not graph.below(one).keys() & group]
        for head in heads or [min(group)]:  # a ring has no head
            km, tail = max((km, one) for one, km in _behind(head, group, graph).items())
            yield km + (_km(head, graph) + _km(tail, graph)) / 2, head, tail


def _behind(head: str, group: Collection[str], graph: RoadGraph) -> dict[str, float]:
    """Return how far each segment of the group is upstream of its head, km."""
    far: dict[str, float] = {}
    waiting = [(0.0, head)]
    while waiting:
        km, one = heappop(waiting)
        if one in far:
            continue
        far[one] = km
        for other, step_km in graph.above(one).items():
            if other in group and other not in far:
                heappush(waiting, (km + step_km, other))
    return far


def _km(segment_id: str, graph: RoadGraph) -> float:
    return graph.road(segment_id).length_m / 1000


def _speeds(
    segments: Sequence[str], graph: RoadGraph, live: Live, usual: Mapping[str, int]
) -> tuple[Optional[float], Optional[float]]:
    """Return the speed and the usual one, over the segments that have both.

    Where these are not most of the length, no speed is usual.
    """
    speeds = {n: live[n].speed for n in segments if n in live}
    both = [n for n in segments if speeds.get(n) is not None and n in usual]
    if not both or _length_km(both, graph) <= _length_km(segments, graph) / 2:
        return _mean_speed(segments, graph, speeds), None
    return _mean_speed(both, graph, speeds), _mean_speed(both, graph, usual)


def _length_km(segments: Sequence[str], graph: RoadGraph) -> float:
    return sum(_km(one, graph) for one in segments)


def _mean_speed(
    segments: Sequence[str], graph: RoadGraph, speeds: Mapping[str, Optional[float]]
) -> Optional[float]:
    """Return the length over the travel time of the segments with a known speed."""
    km = hours = 0.0
    for one in segments:
        speed = speeds.get(one)
        if speed is not None:
            km += _km(one, graph)
            hours += _km(one, graph) / max(speed, SLOWEST_PACE_KMH)
    return km / hours if hours else None


def _delay_rate(segment_id: str, graph: RoadGraph, live: Live) -> float:
    """Return the vehicle-hours lost per hour on a segment, 0 if unknown."""
    road, traffic = graph.road(segment_id), live.get(segment_id, LiveTraffic())
    if traffic.density is None or traffic.speed is None or not road.free_flow_speed:
        return 0.0
    vehicles = traffic.density * road.lanes * road.length_m / 1000
    return vehicles * max(0.0, 1 - traffic.speed / road.free_flow_speed)
