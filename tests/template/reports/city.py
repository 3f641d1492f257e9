"""A small city: rows of its tables, made by the code that makes them on AWS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tests.unit.traffic.segment import builders
from traffic.aws import dynamodb, segment_items
from traffic.incidents.events import Words
from traffic.incidents.grouping import regroup
from traffic.incidents.incident import Incident, OpenAlert
from traffic.incidents.items import row_of
from traffic.incidents.queue import LiveTraffic
from traffic.incidents.reporting import IncidentReport, reported
from traffic.model import DecodedMessage, Reading
from traffic.network.topology import topology_of
from traffic.policy import MINUTE_MS
from traffic.segment.alerts import LEVELS
from traffic.segment.decide import Decision, decide
from traffic.segment.rows import alert_rows, history_row, minutes_of
from trafficctl.roads.network import RoadSegment
from trafficctl.roads.store import update_of

Row = dict[str, Any]
POLICY = replace(builders.POLICY, clear_hold_s=300, retention_days=90)


class City:
    """Tables in memory; rows pass through DynamoDB's attributes on their way."""

    def __init__(self) -> None:
        self._segments: dict[str, Row] = {}
        self._history: dict[tuple[str, str], Row] = {}
        self._alerts: dict[str, Row] = defaultdict(dict)
        self._incidents: dict[str, Row] = {}
        self._sequence = 0
        self._now_ms = 0

    def tables(self) -> dict[str, list[Row]]:
        """Return the rows of each table, by its name without the stack's."""
        return {
            "road_segments": list(self._segments.values()),
            "segment_history": list(self._history.values()),
            "congestion_alerts": list(self._alerts.values()),
            "traffic_incidents": list(self._incidents.values()),
        }

    def load(self, road: RoadSegment) -> None:
        """Write a road as the operator's tool does."""
        written = update_of(road, "t")
        names = written["ExpressionAttributeNames"]
        values = written["ExpressionAttributeValues"]
        row = {name: values[f":{key[1:]}"] for key, name in names.items()}
        self._put_segment(road.segment_id, row, ())

    def report(self, segment_id: str, minute: int, readings: list[Reading]) -> None:
        """Process one message, received two seconds after the end of its minute."""
        self._sequence += 1
        received = minute * MINUTE_MS + 2_000
        message = DecodedMessage(str(self._sequence), received, readings)
        item = dynamodb.attributes(self._segments.get(segment_id, {}))
        stored = segment_items.segment_of(segment_id, item)
        self._now_ms = received + 1_000
        self._apply(decide(stored, [message], self._now_ms, POLICY))

    def group(self) -> None:
        """Group the open alerts into incidents, as a sweep does."""
        graph = topology_of(self._segments.values()).graph
        live = {
            name: LiveTraffic(row.get("speed"), row.get("density"))
            for name, row in self._segments.items()
        }
        alerts = [
            OpenAlert(row["segment_id"], row["opened_at"], LEVELS.index(row["level"]))
            for row in self._alerts.values()
            if "open_flag" in row
        ]
        report = IncidentReport(graph, live, self._now_ms, Words("{segment_id}"))
        for change in regroup([], alerts, graph, self._now_ms):
            self.incident(reported(change, report).after)

    def incident(self, one: Incident) -> None:
        """Write the row of an incident."""
        kept, _ = dynamodb.split(row_of(one, POLICY.retention_days))
        self._incidents[one.incident_id] = _read(dynamodb.attributes(kept))

    def _apply(self, decision: Decision) -> None:
        present, absent = segment_items.changes(decision)
        segment_id = decision.segment.segment_id
        self._put_segment(segment_id, dynamodb.attributes(present), absent)
        for minute, window in minutes_of(decision).items():
            row = history_row(decision.segment, minute, window, POLICY.retention_days)
            self._history[segment_id, row["minute"]] = _read(dynamodb.attributes(row))
        for alert_id, row in alert_rows(decision, POLICY.retention_days).items():
            kept, gone = dynamodb.split(row)
            alert = self._alerts[alert_id]
            alert |= _read(dynamodb.attributes(kept)) | {"alert_id": alert_id}
            for name in gone:
                alert.pop(name, None)

    def _put_segment(
        self, segment_id: str, present: Mapping[str, Any], absent: Iterable[str]
    ) -> None:
        row = self._segments.setdefault(segment_id, {"segment_id": segment_id})
        row |= _read(present)
        for name in absent:
            row.pop(name, None)


def _read(attributes: Mapping[str, Any]) -> Row:
    return {name: dynamodb.value_of(one) for name, one in attributes.items()}
