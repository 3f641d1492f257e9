"""What the detectors of the simulated road report, a sensor in each lane. Pure.

They miss vehicles, err, lose readings and fall silent. One is dead, a section has none
that works, and another none that measures speeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import sqrt
from random import Random

from traffic.model import Reading
from traffic.policy import MINUTE_MS
from trafficctl.simulate.vehicles import (
    CAR_M,
    LANE_SPREAD,
    LOOP_M,
    MOST_SPREAD,
    SPEED_SD_KMH,
    STOP_AND_GO_KMH,
    TRUCK_M,
    TRUCK_SHARE,
)

from .simulated_road import (
    DAY_MIN,
    DAY_MS,
    MONDAY_MS,
    SECTIONS,
    SEED,
    TRAP_M,
    lanes_of,
)
from .simulated_traffic import Passage

INTERVAL_S = 60
TRUCK_KMH = 85.0
MISSED = 0.03  # vehicles that are not counted
LOST = 0.05  # readings that do not arrive
SILENT_MIN = 60  # one section a day sends nothing for as long
OUT_OF_ORDER = 7  # a section that never sends anything
DEAD = (5, 1)  # a section and lane: always no vehicle
WITHOUT_SPEED = 12  # a section of single loops: count and occupancy

Message = tuple[int, list[Reading]]
_TRIANGLE = sqrt(6)  # the sum of two uniforms, scaled to a standard deviation of 1


class MeasuredLane:
    """A lane's loop over a day: counts, sums of s/m, and covered seconds a minute."""

    def __init__(self, bias: float) -> None:
        self.bias = bias
        self.counts = [0] * DAY_MIN
        self.pace = [0.0] * DAY_MIN
        self.covered = [0.0] * DAY_MIN
        self._left_s = 0.0

    def add(self, at_s: float, length_m: float, pace: float) -> None:
        """Add a vehicle that leaves the loop at *at_s*."""
        minute = int(at_s // INTERVAL_S)
        self.counts[minute] += 1
        self.pace[minute] += pace
        begin_s = max(at_s - length_m * pace, self._left_s)
        self._left_s = at_s
        while begin_s < minute * INTERVAL_S:
            one = int(begin_s // INTERVAL_S)
            end_s = (one + 1) * INTERVAL_S
            self.covered[one] += end_s - begin_s
            begin_s = end_s
        self.covered[minute] += at_s - begin_s

    def reading(self, name: str, minute: int, at_ms: int, speed: bool) -> Reading:
        """The reading of a minute, with the mean speed of its vehicles if *speed*."""
        count = self.counts[minute]
        mean = round(3.6 * count / self.pace[minute], 1) if count and speed else None
        share = round(min(1.0, self.covered[minute] / INTERVAL_S), 3)
        return Reading(name, at_ms, count, mean, None, share, INTERVAL_S)


def messages(
    section: int, day: int, passed: Iterable[Passage], seed: int = SEED
) -> Iterator[Message]:
    """Time and readings of each minute of a day; the same for the same arguments."""
    random = Random(f"{seed} sensors {day} {section}")  # noqa: S311 - repeatable, not secret
    lanes = measured_lanes(section, passed, random, seed)
    silent = silent_minutes(section, day, seed)
    for minute in range(DAY_MIN):
        at_ms = MONDAY_MS + day * DAY_MS + (minute + 1) * MINUTE_MS
        readings = [
            lane.reading(f"lane-{n}", minute, at_ms, section != WITHOUT_SPEED)
            for n, lane in enumerate(lanes, 1)
            if random.random() >= LOST
        ]
        if readings and minute not in silent:
            yield at_ms, readings


def silent_minutes(section: int, day: int, seed: int) -> range:
    """The minutes of a day in which a section sends nothing."""
    if section == OUT_OF_ORDER:
        return range(DAY_MIN)
    random = Random(f"{seed} silent {day}")  # noqa: S311 - repeatable, not secret
    chosen, begin = random.randint(1, SECTIONS), random.randrange(DAY_MIN - SILENT_MIN)
    return range(begin, begin + SILENT_MIN) if section == chosen else range(0)


def measured_lanes(
    section: int, passed: Iterable[Passage], random: Random, seed: int
) -> list[MeasuredLane]:
    """The lanes of a section, each vehicle in one of them."""
    biases = Random(f"{seed} bias {section}")  # noqa: S311 - repeatable, not secret
    lanes = [
        MeasuredLane(biases.uniform(1 - LANE_SPREAD, 1 + LANE_SPREAD))
        for _ in range(lanes_of(section))
    ]
    draw = random.random
    for at_s, took_s in passed:
        number = int(draw() * len(lanes))
        is_truck = draw() < TRUCK_SHARE
        if draw() < MISSED or (section, number + 1) == DEAD:
            continue
        speed = 3.6 * TRAP_M / took_s * lanes[number].bias
        if is_truck:
            speed = min(speed, TRUCK_KMH)
        spread = min(MOST_SPREAD, SPEED_SD_KMH / max(speed, STOP_AND_GO_KMH))
        pace = 3.6 / speed * (1 + spread * _TRIANGLE * (draw() + draw() - 1))
        shortest, longest = TRUCK_M if is_truck else CAR_M
        length_m = LOOP_M + shortest + (longest - shortest) * draw()
        lanes[number].add(at_s, length_m, pace)
    return lanes
