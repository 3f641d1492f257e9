"""A small city whose six segments lie apart, one in each class of the score."""

from __future__ import annotations

from collections.abc import Callable

from traffic.policy import MINUTE_MS
from traffic.timestamps import minute_text
from trafficctl.roads.geometry import encode
from trafficctl.roads.network import RoadSegment

from .canned_city import CannedCity

FREE_FLOW = 100.0
# Speeds whose scores are 10, 30, 45, 55, 70 and 90: the middle of each class.
SPEEDS = {"S0": 90.0, "S1": 70.0, "S2": 55.0, "S3": 45.0, "S4": 30.0, "S5": 10.0}
SENSORS = 4


def crossing(clock: Callable[[], int]) -> CannedCity:
    """Six streets from west to east, the southern ones slower; all in "Old Town"."""
    city = CannedCity((street(n) for n in range(len(SPEEDS))), clock)
    for segment_id, speed in SPEEDS.items():
        city.drive(segment_id, speed, 900, SENSORS)
        city.history[segment_id] = [
            {
                "minute": minute_text(clock() // MINUTE_MS - ago),
                "speed": speed,
                "flow": 3600,
                "congestion_score": 100 - speed,
                "readings": SENSORS,
            }
            for ago in range(90, 0, -1)
        ]
    return city


def street(number: int) -> RoadSegment:
    """One street, 2 km long."""
    latitude = 34.06 - number * 0.004
    line = [(latitude, -118.26), (latitude, -118.25), (latitude, -118.24)]
    return RoadSegment(
        segment_id=f"S{number}",
        latitude=latitude,
        longitude=-118.25,
        line=encode(line),
        name=f"Street {number}",
        district="Old Town",
        lanes=4,
        length_m=1850.0,
        free_flow_speed=FREE_FLOW,
    )
