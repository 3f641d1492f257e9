"""The links between the segments of a city, from the rows of `road_segments`: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..aws.segment_items import road_of
from . import links
from .roads import LinkFault, RoadGraph

ROW_FIELDS = (
    "segment_id",
    "name",
    "district",
    "latitude",
    "longitude",
    "line",
    "lanes",
    "length_m",
    "free_flow_speed",
    "downstream",
)


@dataclass(frozen=True)
class Topology:
    """The graph of a city's roads, with all links and how each segment got its own.

    *faults* are links that the graph leaves out.
    """

    graph: RoadGraph
    downstream: Mapping[str, Sequence[str]]
    how: Mapping[str, str]
    faults: Sequence[LinkFault]

    def unlinked(self) -> list[str]:
        """Return the segments that share no link with another."""
        wrong = {fault[:2] for fault in self.faults}
        pairs = {(a, b) for a, ends in self.downstream.items() for b in ends} - wrong
        linked = {name for pair in pairs for name in pair}
        return sorted(self.graph.roads.keys() - linked)


def topology_of(rows: Iterable[Mapping[str, Any]]) -> Topology:
    """Return the topology of the segments that a road file has described.

    What the file says of a segment is taken; the rest is derived from the lines.
    """
    known = {str(row["segment_id"]): row for row in rows if _is_placed(row)}
    given = {n: _ends(row) for n, row in known.items() if _says(row)}
    courses = {
        name: course
        for name, row in known.items()
        if (course := links.course_of(_text(row, "line"), _text(row, "name"), _at(row)))
        is not None
    }
    derived = links.derive(courses)
    downstream = {**{n: list(one.segment_ids) for n, one in derived.items()}, **given}
    against = set(links.against(given, courses))
    wrong = {fault[:2] for fault in against}
    graph = RoadGraph(
        {name: road_of(row) for name, row in known.items()},
        {a: [b for b in ends if (a, b) not in wrong] for a, ends in downstream.items()},
        against,
    )
    how = {n: links.GIVEN if n in given else derived[n].how for n in downstream}
    return Topology(graph, downstream, how, graph.faults)


def _is_placed(row: Mapping[str, Any]) -> bool:
    """Whether a road file has described the row, and nothing has damaged it since."""
    places = (row.get("latitude"), row.get("longitude"))
    return all(isinstance(one, (int, float)) for one in places)


def _says(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("downstream"), str)


def _ends(row: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(row["downstream"].split()))


def _text(row: Mapping[str, Any], name: str) -> Any:
    """Return a text of a row, None for anything else: other programs write rows too."""
    return row.get(name) if isinstance(row.get(name), str) else None


def _at(row: Mapping[str, Any]) -> tuple[float, float]:
    return row["latitude"], row["longitude"]
