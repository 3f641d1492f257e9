"""Los Angeles on a Monday morning, from the measured week, as a canned city."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from traffic.policy import MINUTE_MS
from traffic.timestamps import minute_text
from trafficctl.metr_la import (
    LANES,
    Week,
    flow_per_lane,
    free_flow_kmh,
    load_week,
    road_network,
    speed_at,
)
from trafficctl.roads.network import parse

from .canned_city import CannedCity, values_at

MONDAY_0740 = timedelta(days=4, hours=7, minutes=40).total_seconds()
HISTORY_MINUTES = 6 * 60
HIGH, SEVERE = 50.0, 80.0


def los_angeles(clock: Callable[[], int]) -> CannedCity:
    """The 207 stations as they were at 7:40, with alerts where roads are jammed."""
    week = load_week()
    city = CannedCity(parse(road_network(week), "METR-LA"), clock)
    for number, station in enumerate(week.detectors):
        _drive(city, week, station.detector, station.segment_id)
        score = city.items[station.segment_id]["congestion_score"]
        if score >= HIGH:
            level = "severe" if score >= SEVERE else "high"
            city.alarm(station.segment_id, level, since_s=180 + 97 * (number % 23))
    return city


def _drive(city: CannedCity, week: Week, detector: str, segment_id: str) -> None:
    speeds = week.speeds[detector]
    free = free_flow_kmh(speeds)
    speed = speed_at(speeds, MONDAY_0740)
    city.drive(segment_id, speed, flow_per_lane(speed, free), LANES)
    last = city.clock() // MINUTE_MS
    city.history[segment_id] = [
        _minute(city.items[segment_id], speeds, free, last, ago)
        for ago in range(HISTORY_MINUTES, 0, -1)
    ]


def _minute(
    item: dict[str, Any], speeds: list[float], free: float, last: int, ago: int
) -> dict[str, Any]:
    speed = speed_at(speeds, MONDAY_0740 - 60 * ago)
    wobble = 1 + ((ago * 37) % 11 - 5) / 160  # minutes differ; the source has 5 of them
    values = values_at(item, speed * wobble, flow_per_lane(speed * wobble, free))
    return {**values, "minute": minute_text(last - ago), "readings": LANES}
