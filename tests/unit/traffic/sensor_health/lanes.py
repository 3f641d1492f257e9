"""Healthy detectors, made up vehicle by vehicle: day and night, cars and trucks.

Each lane has its own share of the flow, of the trucks and of the speed, and each
reading is what a detector sees of the vehicles of its interval. One jam an afternoon.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

from traffic.model import Road
from traffic.segment.state import SensorState

from ..segment.builders import ms
from .street import newest

DETECTOR_M = 2.0
CAR_M, TRUCK_M = 4.5, 14.0
CAPACITY = 2_000  # veh/h and lane


class Lane(NamedTuple):
    """A lane: its share of the flow by day and by night, of trucks, and its speed."""

    day: float
    night: float
    trucks: float
    speed: float


# From the slow lane to the fast one: few use the fast one at night.
LANES = (
    Lane(0.8, 2.0, 0.25, 0.92),
    Lane(1.0, 0.8, 0.08, 1.0),
    Lane(1.2, 0.2, 0.01, 1.08),
)


def demand(hour: float) -> float:
    """Share of the capacity that travels at that hour of the day."""
    peaks = (math.exp(-(((hour - peak) / 1.8) ** 2)) for peak in (8, 17.5))
    return 0.03 + 0.05 * (6 < hour < 22) + 0.75 * sum(peaks)


def readings(
    luck: random.Random, road: Road, busy: float, step_s: int, end_s: int
) -> Iterator[dict[str, SensorState]]:
    """Yield what the sensors of a segment say, interval after interval."""
    free = road.free_flow_speed
    for at in range(0, end_s, step_s):
        hour = at / 3_600 % 24
        share = min(0.95, busy * demand(hour))
        is_jam = 17 < hour < 18.5 and busy > 1
        ratio = 0.2 if is_jam else (1 + math.sqrt(1 - share)) / 2
        ratio *= 1 + 0.05 * math.sin(at / 700)
        night = 1 - min(1.0, demand(hour) / 0.3)
        yield {
            f"lane-{n}": _slot(luck, lane, free * ratio, share, night, at, step_s)
            for n, lane in enumerate(LANES, 1)
        }


def _slot(
    luck: random.Random,
    lane: Lane,
    speed: float,
    share: float,
    night: float,
    at: int,
    step_s: int,
) -> SensorState:
    """Return what one lane's detector says of one interval."""
    use = lane.night * night + lane.day * (1 - night)
    expected = CAPACITY * share * use * step_s / 3_600
    expected *= luck.uniform(0.7, 1.3)  # platoons
    most = round(CAPACITY * 1.1 * step_s / 3_600)
    count, covered_s, pace = min(most, _poisson(luck, expected)), 0.0, 0.0
    for _ in range(count):
        is_truck = luck.random() < lane.trucks
        own = max(5.0, luck.gauss(speed * lane.speed * (0.9 if is_truck else 1), 6))
        covered_s += (DETECTOR_M + (TRUCK_M if is_truck else CAR_M)) / own * 3.6
        pace += 1 / own
    mean = round(count / pace, 1) if count else None
    occupancy = round(min(1.0, covered_s / step_s), 3)
    return newest(ms(at), count, mean, occupancy, step_s * 1000)


def _poisson(luck: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), luck.random(), 0
    while product > limit:
        product *= luck.random()
        count += 1
    return count
