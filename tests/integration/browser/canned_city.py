"""A city in memory that the live API reads as if it were the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from traffic.model import Road
from traffic.segment.measures import window_measures
from traffic.segment.spans import MissingSpans
from traffic.segment.state import SensorState, WorkingState
from traffic.segment.state_codec import pack
from traffic.segment.windows import sum_readings
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
        item = self.items[self.known_alerts[alert_id]["segment_id"]]
        item.pop("alert_since")
        item["alert_level"] = "none"

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

    def segment(self, segment_id: str) -> Item | None:
        """One segment, or None."""
        return self.items.get(segment_id)

    def minutes(self, segment_id: str, first: str, last: str) -> list[Item]:
        """History between two minutes."""
        rows = self.history.get(segment_id, [])
        return [row for row in rows if first <= row["minute"] <= last]

    def alert(self, alert_id: str) -> Item | None:
        """One alert, or None."""
        return self.known_alerts.get(alert_id)

    def acknowledge(self, alert_id: str, who: str, at_ms: int) -> None:
        """Note who saw it, unless somebody was first."""
        alert = self.known_alerts[alert_id]
        alert.setdefault("acknowledged_by", who)
        alert.setdefault("acknowledged_at", at_ms)

    def undo(self, alert_id: str) -> None:
        """Forget who saw it."""
        for name in ("acknowledged_by", "acknowledged_at"):
            self.known_alerts[alert_id].pop(name, None)


def values_at(item: Item, speed: float, flow: float) -> Item:
    """Live attributes that go with a speed (km/h) and a flow (veh/h and lane)."""
    road = Road(
        **{k: item[k] for k in ("lanes", "length_m", "free_flow_speed") if k in item}
    )
    vehicles = max(1, round(flow / 60))
    interval_ms = round(3_600_000 * vehicles / flow)
    sums = sum_readings([(vehicles, max(speed, 1), None, interval_ms, None, 0.0)])
    found = asdict(window_measures(sums, road))
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
