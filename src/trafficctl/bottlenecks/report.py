"""The report over several finished days: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from traffic.bottlenecks.corridors import CorridorTimes, corridor_times
from traffic.bottlenecks.find import SHIFTS
from traffic.bottlenecks.rank import Bottleneck, worst
from traffic.network.roads import RoadGraph
from traffic.profiles.day_file import DayFile

Row = dict[str, Any]


@dataclass(frozen=True)
class BottleneckReport:
    """The worst places, over all shifts and in each, and the times of corridors.

    *is_linked* says whether any segment's next one downstream is known.
    """

    days: Sequence[date]
    worst: Sequence[Bottleneck]
    by_shift: Mapping[str, Sequence[Bottleneck]]
    corridors: Sequence[CorridorTimes]
    is_linked: bool


def report_of(days: Sequence[DayFile], graph: RoadGraph, most: int) -> BottleneckReport:
    """The report of days that have measurements."""
    measured = [day for day in days if day.records]
    jams = [day.jams for day in measured]
    return BottleneckReport(
        days=sorted(day.day for day in measured),
        worst=worst(jams, most=most),
        by_shift={shift: worst(jams, shift, most) for shift in SHIFTS},
        corridors=corridor_times(graph, [day.records for day in measured]),
        is_linked=any(map(graph.following, graph.roads)),
    )


def place_rows(places: Sequence[Bottleneck], graph: RoadGraph) -> list[Row]:
    """The places as rows, with the names of their roads."""
    return [{**one._asdict(), "name": graph.road(one.head).name} for one in places]
