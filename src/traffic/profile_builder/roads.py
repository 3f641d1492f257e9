"""The roads as the builder reads them from `road_segments`: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Optional

from ..aws.segment_items import LEARNED
from ..network.roads import RoadGraph
from ..network.topology import topology_of


class CityRoads(NamedTuple):
    """The roads, linked as incidents link them, and what was learned of each segment.

    *learned* also has the segments that no road file has described.
    """

    graph: RoadGraph
    learned: Mapping[str, Optional[float]]


def city_roads(items: Iterable[Mapping[str, Any]]) -> CityRoads:
    """Return the roads of these items."""
    rows = list(items)
    learned = {str(row["segment_id"]): row.get(LEARNED) for row in rows}
    return CityRoads(topology_of(rows).graph, learned)


def learned_changes(
    stored: Mapping[str, Optional[float]], free_flow: Mapping[str, int]
) -> dict[str, int]:
    """Return the learned speeds to write: those that differ from what is stored."""
    return {
        segment: speed
        for segment, speed in free_flow.items()
        if segment in stored and stored[segment] != speed
    }
