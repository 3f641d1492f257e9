"""Where queues begin: the method of Chen, Skabardonis and Varaiya (2004), as in PeMS.

A segment is the head of a queue in five minutes if it is slow and the next segment
downstream is much faster. PeMS calls slow what is under 40 mph, and much faster 20 mph
more, on freeways of 65 mph; here both are shares of the free-flow speed, so that they
fit streets as well. It is a bottleneck where it is so in five of seven five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from ..network.roads import RoadGraph
from ..policy import SLOWEST_PACE_KMH
from ..profiles.day_file import ActiveBottleneck

SLOW_RATIO = 0.6
FASTER_RATIO = 0.3
REACH_M = 4_800.0  # 3 miles: how far downstream the faster segment may be
OF_BINS, ACTIVE_BINS = 7, 5
BIN_H = 1 / 12
SHIFTS = {"morning": (5, 10), "midday": (10, 15), "afternoon": (15, 20)}  # hours

Series = Mapping[str, Sequence[Optional[float]]]


def free_flows(graph: RoadGraph) -> dict[str, float]:
    """Return the free-flow speed of each segment that has one, km/h."""
    return {
        segment: road.free_flow_speed
        for segment, road in graph.roads.items()
        if road.free_flow_speed is not None
    }


class _Day:
    """The ratios of speed to free flow of a day, with the roads."""

    def __init__(self, graph: RoadGraph, speeds: Series, flows: Series) -> None:
        self.graph, self.flows = graph, flows
        self.free_flow = free_flows(graph)
        self.ratios = {
            segment: [
                None if speed is None else speed / self.free_flow[segment]
                for speed in series
            ]
            for segment, series in speeds.items()
            if segment in self.free_flow
        }

    def ratio(self, segment: str, place: int) -> Optional[float]:
        series = self.ratios.get(segment)
        return None if series is None else series[place]

    def length_m(self, segment: str) -> float:
        return self.graph.road(segment).length_m


def jams_of(
    graph: RoadGraph, speeds: Series, flows: Series, hours: Sequence[int]
) -> list[ActiveBottleneck]:
    """Return the bottlenecks of a day by head and shift.

    *speeds* (km/h) and *flows* (veh/h) are five-minute means; *hours* is the hour of
    the day that each begins in.
    """
    day = _Day(graph, speeds, flows)
    active = {head: _active(day, head, len(hours)) for head in sorted(day.ratios)}
    active = {head: places for head, places in active.items() if places}
    heads_at: dict[int, set[str]] = {}
    for head, places in active.items():
        for place in places:
            heads_at.setdefault(place, set()).add(head)
    return [
        jam
        for head, places in active.items()
        for jam in _by_shift(day, head, places, heads_at, hours)
    ]


def _active(day: _Day, head: str, bins: int) -> list[int]:
    """Return the bins in which a segment is the head of a queue."""
    marks = [_is_head(day, head, place) for place in range(bins)]
    if sum(marks) < ACTIVE_BINS:
        return []
    windows = [
        place
        for place in range(bins - OF_BINS + 1)
        if sum(marks[place : place + OF_BINS]) >= ACTIVE_BINS
    ]
    covered = {place + step for place in windows for step in range(OF_BINS)}
    return [place for place in sorted(covered) if marks[place]]


def _is_head(day: _Day, segment: str, place: int) -> bool:
    here = day.ratio(segment, place)
    if here is None or here >= SLOW_RATIO:
        return False
    after = list(_next_ratios(day, segment, place))
    return bool(after) and min(after) >= here + FASTER_RATIO


def _next_ratios(day: _Day, segment: str, place: int) -> Iterator[float]:
    """Yield the ratios of the first segments downstream that have one, within reach."""
    waiting = [(segment, day.length_m(segment) / 2)]
    met = {segment}
    while waiting:
        here, distance_m = waiting.pop()
        for after in day.graph.following(here):
            if after in met:
                continue
            met.add(after)
            half_m = day.length_m(after) / 2
            if distance_m + half_m > REACH_M:
                continue
            ratio = day.ratio(after, place)
            if ratio is None:
                waiting.append((after, distance_m + 2 * half_m))
            else:
                yield ratio


def _by_shift(
    day: _Day,
    head: str,
    places: Sequence[int],
    heads_at: Mapping[int, set[str]],
    hours: Sequence[int],
) -> Iterator[ActiveBottleneck]:
    for shift, (begin, end) in SHIFTS.items():
        during = [place for place in places if begin <= hours[place] < end]
        if not during:
            continue
        queues = [
            (place, _queue(day, head, place, heads_at[place])) for place in during
        ]
        km = sum(_length_km(day, queue) for _, queue in queues)
        lost = sum(_lost(day, queue, place) for place, queue in queues)
        yield ActiveBottleneck(
            head, shift, 5 * len(during), round(5 * km, 1), round(lost, 1)
        )


def _queue(day: _Day, head: str, place: int, heads: set[str]) -> list[str]:
    """Return the slow segments from the head upstream, up to the next head."""
    queue, waiting = [head], [head]
    while waiting:
        for before in sorted(day.graph.preceding(waiting.pop())):
            ratio = day.ratio(before, place)
            is_slow = ratio is not None and ratio < SLOW_RATIO
            if is_slow and before not in queue and before not in heads:
                queue.append(before)
                waiting.append(before)
    return queue


def _length_km(day: _Day, queue: Sequence[str]) -> float:
    return sum(map(day.length_m, queue)) / 1000


def _lost(day: _Day, queue: Sequence[str], place: int) -> float:
    """Return the vehicle-hours lost in five minutes: flow x (L / u - L / free flow)."""
    lost = 0.0
    for one in queue:
        flow, ratio = day.flows[one][place], day.ratio(one, place)
        if flow is not None and ratio is not None:
            free_flow = day.free_flow[one]
            speed = max(ratio * free_flow, SLOWEST_PACE_KMH)
            longer_h = day.length_m(one) / 1000 * (1 / speed - 1 / free_flow)
            lost += flow * BIN_H * max(0.0, longer_h)
    return lost
