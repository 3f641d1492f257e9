"""Travel time and its reliability along a corridor, by shift."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple, Optional

from ..network.roads import RoadGraph
from ..policy import SLOWEST_PACE_KMH
from ..profiles.day_records import UNKNOWN, medians_of
from .find import SHIFTS, free_flows

FEWEST_SEGMENTS = 3
LATE_SHARE = 0.95
SLOTS_PER_HOUR = 2
Records = Mapping[str, bytes]  # of a day, by segment


class CorridorTimes(NamedTuple):
    """A corridor in a shift of several days.

    *travel_min* is the mean travel time, *travel_time_index* the same over that at free
    flow, *planning_time_index* the 95th percentile over that at free flow,
    *buffer_index* what the 95th percentile is above the mean, over the mean; 0 where a
    few extremes lift the mean over it.
    """

    first: str
    last: str
    shift: str
    length_km: float
    travel_min: float
    travel_time_index: float
    planning_time_index: float
    buffer_index: float


def corridor_times(graph: RoadGraph, days: Sequence[Records]) -> list[CorridorTimes]:
    """Return the travel times of all corridors by shift.

    *days* are the records of each day; a half hour in which a segment has no median
    speed is left out.
    """
    free_flow = free_flows(graph)
    return [
        times
        for chain in _chains(graph, free_flow)
        for times in _by_shift(chain, graph, free_flow, days)
    ]


def _chains(graph: RoadGraph, known: Collection[str]) -> Iterator[Sequence[str]]:
    """Yield the chains of *known* segments without a junction, from upstream on."""

    def only(segment: str) -> Optional[str]:
        """Return the one that follows, if it is followed and preceded by one alone."""
        after = [one for one in graph.following(segment) if one in known]
        if len(after) != 1:
            return None
        before = [one for one in graph.preceding(after[0]) if one in known]
        return after[0] if len(before) == 1 else None

    follows = {segment: only(segment) for segment in known}
    inner = {after for after in follows.values() if after is not None}
    for first in sorted(set(known) - inner):
        chain: list[str] = []
        here: Optional[str] = first
        while here is not None:
            chain.append(here)
            here = follows[here]
        if len(chain) >= FEWEST_SEGMENTS:
            yield chain


def _by_shift(
    chain: Sequence[str],
    graph: RoadGraph,
    free_flow: Mapping[str, float],
    days: Sequence[Records],
) -> Iterator[CorridorTimes]:
    free_h = sum(_hours(graph, one, free_flow[one]) for one in chain)
    km = sum(graph.road(one).length_m for one in chain) / 1000
    for shift, (begin, end) in SHIFTS.items():
        slots = range(begin * SLOTS_PER_HOUR, end * SLOTS_PER_HOUR)
        times = (_travel_h(chain, graph, day, slot) for day in days for slot in slots)
        hours = sorted(one for one in times if one is not None)
        if not hours:
            continue
        mean, late = sum(hours) / len(hours), hours[ceil(LATE_SHARE * len(hours)) - 1]
        yield CorridorTimes(
            chain[0],
            chain[-1],
            shift,
            round(km, 1),
            round(60 * mean, 1),
            round(mean / free_h, 2),
            round(late / free_h, 2),
            round(max(0.0, late - mean) / mean, 2),
        )


def _travel_h(
    chain: Sequence[str], graph: RoadGraph, day: Records, slot: int
) -> Optional[float]:
    if not all(one in day for one in chain):
        return None
    speeds = [medians_of(day[one])[slot] for one in chain]
    if UNKNOWN in speeds:
        return None
    return sum(_hours(graph, one, speed) for one, speed in zip(chain, speeds))


def _hours(graph: RoadGraph, segment: str, speed: float) -> float:
    return graph.road(segment).length_m / 1000 / max(speed, SLOWEST_PACE_KMH)
