"""A carriageway of segments `a`, `b`, `c`, ..., and a controller who watches it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from traffic.incidents.events import Words
from traffic.incidents.grouping import regroup
from traffic.incidents.incident import Incident, OpenAlert
from traffic.incidents.queue import Live
from traffic.incidents.reporting import IncidentChange, IncidentReport, due, reported
from traffic.model import Road
from traffic.network.roads import RoadGraph

NAMES = "abcdefghij"
MINUTE = 60_000
START = 1_800_000_000_000
KM = 1 / 111.195  # degrees of latitude
WORDS = Words("https://map.example/#segment={segment_id}", "Europe/Berlin")


def road(place: int, km: float = 1.0, **values: Any) -> Road:
    """The road at a place of the carriageway, `km` from the one before it."""
    given = {"name": "US-101 S, exit", "lanes": 2, "length_m": 1000.0 * km}
    given |= {"free_flow_speed": 100.0, "latitude": place * km * KM, "longitude": 0.0}
    return Road(**{**given, **values})


def carriageway(names: Sequence[str] = NAMES, km: float = 1.0) -> RoadGraph:
    """A carriageway on which traffic passes `names` in order."""
    roads = {name: road(place, km) for place, name in enumerate(names)}
    return RoadGraph(roads, {a: [b] for a, b in pairwise(names)})


def alert(name: str, minute: float = 0, level: int = 1) -> OpenAlert:
    """An alert that opened at a minute."""
    return OpenAlert(name, START + round(minute * MINUTE), level)


class Controller:
    """Runs over the same road, and what they say."""

    def __init__(self, graph: RoadGraph | None = None) -> None:
        self.graph = graph or carriageway()
        self.rows: dict[str, Incident] = {}
        self.events: list[dict[str, Any]] = []
        self.homes: dict[str, str] = {}  # of each alert

    def see(
        self, alerts: Iterable[OpenAlert], minute: float, live: Live | None = None
    ) -> list[IncidentChange]:
        """One run at a minute; returns what it wrote."""
        now_ms = START + round(minute * MINUTE)
        standing = [one for one in self.rows.values() if one.standing == "open"]
        changes = due(regroup(standing, alerts, self.graph, now_ms), now_ms)
        report = IncidentReport(self.graph, live or {}, now_ms, WORDS)
        written = [reported(one, report) for one in changes]
        for change in written:
            self._write(change)
        return written

    def _write(self, change: IncidentChange) -> None:
        for row in (change.after, *change.absorbed):
            self.events += row.outbox
            self.rows[row.incident_id] = Incident(**{**vars(row), "outbox": ()})
        for one in change.joined:
            assert one.alert_id not in self.homes, "an alert joins only once"
            self.homes[one.alert_id] = change.after.incident_id

    def open(self) -> list[Incident]:
        """The incidents that go on, oldest first."""
        found = [one for one in self.rows.values() if not one.is_over]
        return sorted(found, key=lambda one: one.age)

    def said(self) -> list[str]:
        """The transitions so far."""
        return [event["transition"] for event in self.events]

    def home(self, one: OpenAlert) -> str:
        """The incident of an alert now, through the ones that merged."""
        name = self.homes[one.alert_id]
        while (into := self.rows[name].part_of) is not None:
            name = into
        return name
