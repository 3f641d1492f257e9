"""The recurring bottlenecks of the METR-LA week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from traffic.bottlenecks.corridors import CorridorTimes, corridor_times
from traffic.bottlenecks.find import jams_of
from traffic.bottlenecks.rank import WORST, Bottleneck, worst
from traffic.network.roads import RoadGraph
from traffic.profiles.day_file import ActiveBottleneck
from trafficctl.metr_la import ROW_S

from .week_days import DAY_ROWS, Learned, bins_of

FIRST_HALF, SECOND_HALF = (0, 1), (4, 5, 6)  # Thursday and Friday, Monday to Wednesday
WORKING_DAYS = (*FIRST_HALF, *SECOND_HALF)
HOURS = [row * ROW_S // 3600 for row in range(DAY_ROWS)]


@dataclass(frozen=True)
class WeekBottlenecks:
    """The worst of the working days, how many of a half's are the other's too, and
    the corridors.
    """

    worst: Sequence[Bottleneck]
    same_of_ten: int
    same_of_twenty: int
    corridors: Sequence[CorridorTimes]


def jams_on(
    learned: Sequence[Learned], graph: RoadGraph, day: int
) -> list[ActiveBottleneck]:
    """The bottlenecks of one day."""
    bins = {
        one.detector.segment_id: bins_of(one.speeds, one.free_flow, day)
        for one in learned
    }
    speeds = {name: some.speeds() for name, some in bins.items()}
    flows = {name: some.flows() for name, some in bins.items()}
    return jams_of(graph, speeds, flows, HOURS)


def week_bottlenecks(learned: Sequence[Learned], graph: RoadGraph) -> WeekBottlenecks:
    """The bottlenecks of the working days."""
    jams = {day: jams_on(learned, graph, day) for day in WORKING_DAYS}
    records = [
        {one.detector.segment_id: one.records[day] for one in learned}
        for day in WORKING_DAYS
    ]
    return WeekBottlenecks(
        worst(list(jams.values())),
        _same(jams, WORST),
        _same(jams, 2 * WORST),
        corridor_times(graph, records),
    )


def _same(jams: Mapping[int, Sequence[ActiveBottleneck]], most: int) -> int:
    """How many of the worst of one half of the week are among those of the other."""
    first, second = (
        {row.head for row in worst([jams[day] for day in half], most=most)}
        for half in (FIRST_HALF, SECOND_HALF)
    )
    return len(first & second)
