"""A city as large as the map has to carry: 50,000 sensors, and long jams."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from trafficctl.roads.geometry import Point, encode
from trafficctl.roads.network import RoadSegment

from .canned_city import CannedCity

SIDE = 50  # blocks: 5,000 segments
BLOCK_DEG = 0.0025  # about 250 m
SOUTH_WEST = (34.0, -118.4)
SENSORS = 10
JAM = 20  # segments of an incident
SPEEDS = (90.0, 70.0, 55.0, 45.0, 30.0, 10.0)  # one in the middle of each class
FREE_FLOW = 100.0


def grid(clock: Callable[[], int], side: int = SIDE) -> CannedCity:
    """A chessboard of streets, each block's two sides a segment, with jams."""
    city = CannedCity(_segments(side), clock)
    for row in range(0, side, 5):
        for column in range(JAM):
            city.alarm(f"EW-{row}-{column}", "high", since_s=600)
    city.sweep()
    return city


def shuffle(city: CannedCity, chance: random.Random) -> None:
    """Give every segment another class than it has."""
    for segment_id, item in city.items.items():
        last = item.get("speed")
        speed = chance.choice([one for one in SPEEDS if one != last])
        city.set(
            segment_id,
            speed=speed,
            flow=3600.0,
            speed_ratio=speed / FREE_FLOW,
            congestion_score=100 - speed,
            level_of_service="ABCDEF"[SPEEDS.index(speed)],
            sensors=SENSORS,
            sensors_reporting=1,
        )


def _segments(side: int) -> Iterator[RoadSegment]:
    for row in range(side):
        for column in range(side):
            here = _corner(row, column)
            yield _segment(f"EW-{row}-{column}", here, _corner(row, column + 1))
            yield _segment(f"NS-{row}-{column}", here, _corner(row + 1, column))


def _corner(row: int, column: int) -> Point:
    return (SOUTH_WEST[0] + row * BLOCK_DEG, SOUTH_WEST[1] + column * BLOCK_DEG * 1.2)


def _segment(segment_id: str, a: Point, b: Point) -> RoadSegment:
    return RoadSegment(
        segment_id=segment_id,
        latitude=(a[0] + b[0]) / 2,
        longitude=(a[1] + b[1]) / 2,
        line=encode([a, b]),
        name=segment_id,
        district=None,
        lanes=4,
        length_m=250.0,
        free_flow_speed=FREE_FLOW,
    )
