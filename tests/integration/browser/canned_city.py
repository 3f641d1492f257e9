"""A city in memory that the live API reads as if it were the tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from msgspec import structs

from traffic.errors import Conflict, StoreError
from traffic.incidents.events import Words
from traffic.incidents.grouping import regroup
from traffic.incidents.incident import Incident, OpenAlert
from traffic.incidents.items import row_of
from traffic.incidents.queue import LiveTraffic
from traffic.incidents.reporting import IncidentReport, reported
from traffic.incidents.unusual import with_unusual
from traffic.live_map.handling import Wish, acknowledged
from traffic.model import Road
from traffic.network.topology import topology_of
from traffic.segment.alerts import LEVELS
from traffic.segment.measures import window_measures
from traffic.segment.spans import MissingSpans
from traffic.segment.state import SensorState, WorkingState
from traffic.segment.state_codec import pack
from traffic.segment.windows import sum_readings
from traffic.timestamps import minute_text
from trafficctl.roads.network import RoadSegment

Item = dict[str, Any]
SENSOR_MS = 60_000


class CannedCity:
    """Segments, alerts and history, as a Reader; a test changes them at will."""

    def __init__(self, roads: Iterable[RoadSegment], clock: Callable[[], int]) -> None:
        self.clock = clock
        self.items: dict[str, Item] = {
            road.segment_id: {k: v for k, v in asdict(road).items() if v is not None}
            for road in roads
        }
        self.known_alerts: dict[str, Item] = {}
        self.history: dict[str, list[Item]] = {}
        self.incidents: list[Incident] = []
        self.usual: dict[str, int] = {}  # speeds
        self.unusual: dict[str, int] = {}  # since when
        self.refused: set[str] = set()  # alerts to write, minutes to read

    def drive(self, segment_id: str, speed: float, flow: float, sensors: int) -> None:
        """Let traffic flow: *speed* km/h, *flow* veh/h and lane, all sensors report."""
        item = self.items[segment_id]
        values = values_at(item, speed, flow)
        now_ms = self.clock()
        self.set(
            segment_id,
            **values,
            sensors=sensors,
            sensors_reporting=1,
            state=_state(now_ms, speed, flow, sensors),
        )

    def set(self, segment_id: str, **values: Any) -> None:
        """Set attributes of a segment, as the processor would now."""
        now_ms = self.clock()
        times = {"observed_at": now_ms, "received_at": now_ms, "updated_at": now_ms}
        self.items[segment_id] = {**self.items[segment_id], **times, **values}

    def alarm(self, segment_id: str, level: str, since_s: int = 0) -> str:
        """Open an alert, or change its level; returns its id."""
        item = self.items[segment_id]
        opened = item.get("alert_since", self.clock() - since_s * 1000)
        alert_id = f"{segment_id}@{opened}"
        self.items[segment_id] = {**item, "alert_level": level, "alert_since": opened}
        copied = ("segment_id", "name", "district", "latitude", "longitude")
        self.known_alerts[alert_id] = {
            **self.known_alerts.get(alert_id, {}),
            **{name: item[name] for name in copied if name in item},
            "alert_id": alert_id,
            "alert_status": "open",
            "level": level,
            "peak_level": level,
            "peak_congestion": item.get("congestion_score"),
            "opened_at": opened,
            "level_since": opened,
        }
        return alert_id

    def clear(self, alert_id: str) -> None:
        """End an alert."""
        self.known_alerts[alert_id]["alert_status"] = "cleared"
        self.known_alerts[alert_id]["cleared_at"] = self.clock()
        item = self.items[self.known_alerts[alert_id]["segment_id"]]
        item.pop("alert_since")
        item["alert_level"] = "none"

    def sweep(self, ago_ms: int = 0) -> None:
        """Group the open alerts into incidents, as their function does, or did then."""
        now_ms, graph = self.clock() - ago_ms, topology_of(self.items.values()).graph
        alerts = [
            OpenAlert(one["segment_id"], one["opened_at"], LEVELS.index(one["level"]))
            for one in self.open_alerts()
            if one["opened_at"] <= now_ms
        ]
        alerts = with_unusual(alerts, self.unusual, self.incidents, now_ms)
        live = {
            segment_id: LiveTraffic(item.get("speed"), item.get("density"))
            for segment_id, item in self.items.items()
        }
        report = IncidentReport(
            graph, live, now_ms, Words(""), unusual=self.unusual, usual=self.usual
        )
        found = regroup(self.incidents, alerts, graph, now_ms)
        self.incidents = [reported(one, report).after for one in found]

    def acknowledge(
        self, alert_id: str, who: str, at_ms: int, note: str | None = None
    ) -> None:
        """Let somebody acknowledge an alert, or take it over, at another screen."""
        item = self.known_alerts[alert_id]
        wish = Wish(who, note, seen=item.get("acknowledged_at"))
        self.record(item, acknowledged(item, wish, at_ms) or {})

    # What the live API asks of a Reader.

    def live(self) -> list[Item]:
        """Every segment."""
        return list(self.items.values())

    def roads(self) -> list[Item]:
        """Every segment."""
        return list(self.items.values())

    def open_alerts(self) -> list[Item]:
        """The alerts that are open."""
        alerts = self.known_alerts.values()
        return [one for one in alerts if one["alert_status"] == "open"]

    def open_incidents(self) -> list[Item]:
        """The incidents that are open."""
        rows = (row_of(one, 30) for one in self.incidents if not one.is_over)
        return [{k: v for k, v in row.items() if v is not None} for row in rows]

    def segment(self, segment_id: str) -> Item | None:
        """One segment, or None."""
        return self.items.get(segment_id)

    def minutes(self, segment_id: str, first: str, last: str) -> list[Item]:
        """History between two minutes."""
        rows = self.history.get(segment_id, [])
        return [row for row in rows if first <= row["minute"] <= last]

    def city_minute(self, minute: int) -> list[Item]:
        """The history of that minute, which cannot be read while it is refused."""
        text = minute_text(minute)
        if text in self.refused:
            raise StoreError(f"{text} is refused")
        return [
            {**row, "segment_id": segment_id}
            for segment_id, rows in self.history.items()
            for row in rows
            if row["minute"] == text
        ]

    def alert(self, alert_id: str) -> Item | None:
        """One alert, or None."""
        return self.known_alerts.get(alert_id)

    def record(self, item: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        """Change an alert, unless somebody was first."""
        alert_id = item["alert_id"]
        if alert_id in self.refused:
            raise StoreError(f"{alert_id} is refused")
        if self.known_alerts[alert_id].get("handled") != item.get("handled"):
            raise Conflict(f"{alert_id} was handled")
        row = {**self.known_alerts[alert_id], **change}
        self.known_alerts[alert_id] = {k: v for k, v in row.items() if v is not None}


class CannedShift:
    """What the log of a shift is made of, as a ShiftReader."""

    def __init__(self, city: CannedCity) -> None:
        self.city = city

    def alerts(self, _days: Iterable[str], _since_ms: int) -> tuple[list[Item], bool]:
        """All alerts there were."""
        return list(self.city.known_alerts.values()), True

    def incidents(self, _alert_ids: Sequence[str]) -> dict[str, Item]:
        """All incidents that are open, and their alerts."""
        parts = {
            alert_id: {"incident_id": alert_id, "part_of": row["incident_id"]}
            for row in self.city.open_incidents()
            for name, (opened, _) in json.loads(row["members"]).items()
            if (alert_id := f"{name}@{opened}") != row["incident_id"]
        }
        found = {row["incident_id"]: row for row in self.city.open_incidents()}
        return {**parts, **found}


def values_at(item: Item, speed: float, flow: float) -> Item:
    """Live attributes that go with a speed (km/h) and a flow (veh/h and lane)."""
    road = Road(
        **{k: item[k] for k in ("lanes", "length_m", "free_flow_speed") if k in item}
    )
    vehicles = max(1, round(flow / 60))
    interval_ms = round(3_600_000 * vehicles / flow)
    sums = sum_readings([(vehicles, max(speed, 1), None, interval_ms, None, 0.0)])
    found = structs.asdict(window_measures(sums, road))
    return {name: _short(value) for name, value in found.items() if value is not None}


def _short(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else value


def _state(now_ms: int, speed: float, flow: float, sensors: int) -> bytes:
    """The packed sensors of a segment; they differ a little, as lanes do."""
    return pack(
        WorkingState(
            clock=now_ms,
            sensors={
                f"lane-{n + 1:02d}": SensorState(
                    now_ms - n * 700,
                    SENSOR_MS,
                    MissingSpans(),
                    (
                        round(flow / 60),
                        round(speed * (1.04 - 0.02 * (n % 5)), 1),
                        0.1,
                        SENSOR_MS,
                        300,
                        0.0,
                    ),
                    is_fresh=True,
                )
                for n in range(sensors)
            },
        )
    )
