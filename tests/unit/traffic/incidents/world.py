"""A city whose tables and bus are values, and sweeps over it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from traffic.aws.dynamodb import attributes, values_of
from traffic.errors import Conflict, PublishError, StoreError
from traffic.incidents.incident import Incident, OpenAlert
from traffic.incidents.items import (
    UNUSUAL_KEY,
    actions,
    incidents_of,
    sent,
    unusual_of,
    unusual_replacement,
)
from traffic.incidents.ports import IncidentPorts
from traffic.incidents.queue import Live
from traffic.incidents.reporting import IncidentChange
from traffic.incidents.sweep import IncidentSweep
from traffic.incidents.unusual import HistoryMinute, LiveSpeed, UnusualRow
from traffic.network.roads import RoadGraph
from traffic.profiles.profile_file import UsualNow

from .street import START, WORDS, carriageway

DAYS = 30


class FakeIncidentTable:
    """Rows by id; each change is written whole, on its conditions, or not at all."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.before_writing: list[Callable[[], None]] = []
        self.refused: set[str] = set()

    def standing(self) -> tuple[list[Incident], dict[str, str]]:
        rows = map(values_of, self.rows.values())
        return incidents_of(row for row in rows if "open_flag" in row)

    def open_ones(self) -> list[Incident]:
        return self.standing()[0]

    def write(
        self, changes: Sequence[IncidentChange], now_ms: int
    ) -> list[StoreError | None]:
        while self.before_writing:
            self.before_writing.pop()()
        return [self._write(one, now_ms) for one in changes]

    def _write(self, change: IncidentChange, now_ms: int) -> StoreError | None:
        if change.after.incident_id in self.refused:
            return StoreError("the table refuses")
        asked = [next(iter(one.items())) for one in actions("t", change, DAYS, now_ms)]
        assert len(asked) <= 100
        if not all(self._holds(action) for _, action in asked):
            return Conflict("another was first")
        for kind, action in asked:
            if kind == "Put":
                self.rows[action["Item"]["incident_id"]["S"]] = action["Item"]
            else:
                self._update(action)
        return None

    def _holds(self, action: dict[str, Any]) -> bool:
        key = action["Key"] if "Key" in action else action["Item"]
        row = self.rows.get(key["incident_id"]["S"])
        if action["ConditionExpression"] == "attribute_not_exists(#key)":
            return row is None
        values = action["ExpressionAttributeValues"]
        wanted = values.get(":read") or values[":sent"]
        return row is not None and row["version"] == wanted

    def _update(self, action: dict[str, Any]) -> None:
        names = action["ExpressionAttributeNames"]
        values = action.get("ExpressionAttributeValues", {})
        row = self.rows.setdefault(
            action["Key"]["incident_id"]["S"], dict(action["Key"])
        )
        sets, _, removes = action["UpdateExpression"].partition("REMOVE ")
        for one in filter(None, sets.removeprefix("SET ").strip().split(", ")):
            name, value = one.split(" = ")
            row[names[name]] = values[value.strip()]
        for name in filter(None, removes.split(", ")):
            row.pop(names[name], None)

    def mark_sent(self, incidents: Sequence[Incident]) -> None:
        for one in incidents:
            if self._holds(sent("t", one)):
                self._update(sent("t", one))

    def row(self, incident_id: str) -> dict[str, Any]:
        return values_of(self.rows[incident_id])

    def unusual(self) -> UnusualRow:
        return unusual_of(values_of(self.rows.get(UNUSUAL_KEY, {})))

    def replace_unusual(self, row: UnusualRow) -> None:
        action = unusual_replacement("t", row)
        if not self._holds(action):
            raise Conflict("another was first")
        self._update(action)


class FakeIncidentBus:
    """Accepts events, unless it is told not to."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.before_sending: list[Callable[[], None]] = []
        self.is_down = False
        self.refused: set[str] = set()  # ids of incidents

    def send(self, events: Sequence[dict[str, Any]]) -> list[bool]:
        while self.before_sending:
            self.before_sending.pop()()
        if self.is_down:
            raise PublishError("the bus is down")
        taken = [one for one in events if one["incident_id"] not in self.refused]
        self.events += taken
        return [one in taken for one in events]


class IncidentWorld:
    """The city: its open alerts, and an index of them that may lag behind."""

    def __init__(self, graph: RoadGraph | None = None) -> None:
        self.alerts: dict[str, OpenAlert] = {}
        self.index: dict[str, OpenAlert] | None = None
        self.roads = graph or carriageway()
        self.traffic: Live = {}
        self.table = FakeIncidentTable()
        self.bus = FakeIncidentBus()
        self.minute = 0.0
        self.usual: UsualNow | None = None
        self.history: dict[str, Callable[[int], float | None]] = {}
        self.looked_up: list[str] = []
        self.before_looking: list[Callable[[], None]] = []
        self.is_blind = False

    def row(self) -> UnusualRow:
        return self.table.unusual()

    def replace(self, row: UnusualRow) -> None:
        self.table.replace_unusual(row)

    def speeds(self) -> dict[str, LiveSpeed]:
        """The speed of the last minute of each segment that has a history."""
        if self.is_blind:
            raise StoreError("the table refuses")
        now_ms = START + round(self.minute * 60_000)
        minute = now_ms // 60_000 - 1
        return {n: LiveSpeed(at(minute), now_ms) for n, at in self.history.items()}

    def minutes(
        self, segment_ids: Sequence[str], first: int
    ) -> dict[str, list[HistoryMinute]]:
        while self.before_looking:
            self.before_looking.pop()()
        self.looked_up += segment_ids
        last = (START + round(self.minute * 60_000)) // 60_000
        return {
            name: [
                HistoryMinute(one, 10, self.history[name](one))
                for one in range(first, last)
            ]
            for name in segment_ids
        }

    def slow(self, name: str, begin: float, end: float, speed: float = 30.0) -> None:
        """Traffic is slow on a segment between two minutes, else it moves at 90."""
        first = START // 60_000
        before = self.history.get(name, lambda _: 90.0)
        self.history[name] = lambda one: (
            speed if begin <= one - first < end else before(one)
        )

    def all(self) -> list[OpenAlert]:
        shown = self.alerts if self.index is None else self.index
        return list(shown.values())

    def look_up(self, alert_ids: Sequence[str]) -> dict[str, OpenAlert | None]:
        return {one: self.alerts.get(one) for one in alert_ids}

    def graph(self, _segment_ids: Collection[str]) -> RoadGraph:
        return self.roads

    def live(self, segment_ids: Sequence[str]) -> Live:
        return {n: one for n, one in self.traffic.items() if n in segment_ids}

    def has(self, *alerts: OpenAlert) -> None:
        """These alerts are open, and no other."""
        self.alerts = {one.alert_id: one for one in alerts}

    def sweep(
        self,
        minute: float,
        changed: Mapping[str, int] | None = None,
        is_of_clock: bool = True,
    ) -> IncidentSweep:
        self.minute = minute
        ports = IncidentPorts(
            alerts=self,
            streets=self,
            incidents=self.table,
            bus=self.bus,
            unusual=self,
            usual_at=lambda _: self.usual,
            clock=lambda: START + round(self.minute * 60_000),
            sleep=lambda _: None,
            words=WORDS,
        )
        swept = IncidentSweep(ports)
        swept.run(changed or {}, is_of_clock)
        return swept

    def said(self) -> list[tuple[str, str]]:
        """Each event so far: the incident and the transition."""
        return [(one["incident_id"], one["transition"]) for one in self.bus.events]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a table holds it and gives it back."""
    return values_of(attributes(row))
