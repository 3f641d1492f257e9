"""Los Angeles on a Monday morning, from the measured week, as a canned city."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from traffic.policy import MINUTE_MS
from traffic.profiles.local_days import SLOT_MIN, SLOTS
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
from .learned import Bounds

MONDAY_0740 = timedelta(days=4, hours=7, minutes=40).total_seconds()
DAY_S = 86_400
WORKING_DAYS = (0, 1, 4, 5, 6)  # the week begins on a Thursday
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
    for ago in range(HISTORY_MINUTES // 6, -1, -1):
        city.sweep(ago * MINUTE_MS)
    return city


def usual_speeds(now_ms: int) -> Mapping[str, Sequence[Bounds]]:
    """What the working days of the week teach, if it is now 7:40."""
    week = load_week()
    slot_ms = SLOT_MIN * MINUTE_MS
    middles = [slot * slot_ms + slot_ms // 2 for slot in range(SLOTS)]
    seconds = [MONDAY_0740 + (at - now_ms % (1000 * DAY_S)) / 1000 for at in middles]
    return {
        one.segment_id: [_bounds(week.speeds[one.detector], at) for at in seconds]
        for one in week.detectors
    }


def _bounds(speeds: list[float], at: float) -> Bounds:
    clock = at % DAY_S
    seen = [speed_at(speeds, clock + day * DAY_S) for day in WORKING_DAYS]
    return round(min(seen)), round(median(seen))


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
