"""Traffic vehicle by vehicle, as measured by the loop in one lane.

Pure: time and randomness are parameters. Headways are shifted exponentials. A vehicle
occupies the loop for (its length + the loop's) / its speed and is counted when it
leaves, so a standing vehicle occupies the loop without being counted.
The vehicles do not depend on the interval of the readings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from random import Random

from traffic.policy import EFFECTIVE_LENGTH_M

LOOP_M = 2.0
CAR_M = (3.8, 4.8)  # shortest and longest
TRUCK_M, TRUCK_SHARE = (9.0, 15.0), 0.05  # with cars, EFFECTIVE_LENGTH_M on average

LANE_SPREAD = 0.08  # largest deviation of a lane's speed from the road's, as a share
SPEED_SD_KMH, MOST_SPREAD = 6.0, 0.3  # between vehicles; the second as a share
LEAST_GAP_S = 0.4  # between a vehicle's rear and the next one's front
LEAST_MEAN_GAP_S = 0.05  # beyond that gap, at the closest following

STOP_AND_GO_KMH = 20.0  # slower traffic moves at this speed and halts in between
HALT_S = 10.0  # mean length of such a halt
STANDING_KMH = 0.5  # below it no vehicle leaves the loop
LOOK_AGAIN_S = 1.0  # how often a standing vehicle checks whether traffic moves

_TRIANGLE = sqrt(6)  # the sum of two uniforms, scaled to a standard deviation of 1


@dataclass(frozen=True)
class Traffic:
    """The state of a road: mean speed in km/h, flow in veh/h and lane."""

    speed: float
    flow: float


TrafficAt = Callable[[float], Traffic]  # the traffic by second of the run


class LoopDetector:
    """The loop in one lane, and the vehicle on it or next to arrive.

    `state` is called only for times up to the end of the current reading.
    """

    __slots__ = ("_at", "_bias", "_enters", "_leaves", "_length", "_random", "_state")

    def __init__(self, state: TrafficAt, random: Random, begin_s: float = 0.0) -> None:
        self._state, self._random, self._at = state, random, begin_s
        self._bias = random.uniform(1 - LANE_SPREAD, 1 + LANE_SPREAD)
        self._leaves = begin_s
        self._follow(state(begin_s))

    def read(self, until_s: float) -> tuple[int, float | None, float]:
        """Vehicles since the last reading, their speed, and the occupancy.

        The speed is the space mean in km/h, None without a vehicle; occupancy is 0-1.
        """
        begin, self._at = self._at, until_s
        count, pace, covered = 0, 0.0, 0.0
        while self._leaves <= until_s:
            traffic = self._state(self._leaves)
            if traffic.speed < STANDING_KMH:
                self._leaves += LOOK_AGAIN_S
                continue
            count += 1
            pace += (self._leaves - self._enters) / self._length
            covered += self._leaves - max(self._enters, begin)
            self._follow(traffic)
        if self._enters < until_s:
            covered += until_s - max(self._enters, begin)
        speed = 3.6 * count / pace if count else None
        return count, speed, min(1.0, covered / (until_s - begin))

    def _follow(self, traffic: Traffic) -> None:
        """Generate the next vehicle after one has left."""
        draw = self._random.random
        pace = 3.6 * self._bias / max(traffic.speed, STANDING_KMH)  # s/m
        rest = -LEAST_GAP_S - EFFECTIVE_LENGTH_M * pace
        if traffic.speed >= STANDING_KMH:
            rest += 3600 / max(traffic.flow, 1.0)
        gap = self._random.expovariate(1 / max(LEAST_MEAN_GAP_S, rest))
        shortest, longest = TRUCK_M if draw() < TRUCK_SHARE else CAR_M
        self._length = LOOP_M + shortest + (longest - shortest) * draw()
        self._enters = self._leaves + LEAST_GAP_S + gap
        self._leaves = self._enters + self._length * self._pace(traffic.speed, pace)

    def _pace(self, speed: float, mean: float) -> float:
        """The pace of one vehicle in s/m including stops, `mean` on average."""
        draw = self._random.random
        moving = min(mean, 3.6 * self._bias / STOP_AND_GO_KMH)
        spread = min(MOST_SPREAD, SPEED_SD_KMH / max(speed, STOP_AND_GO_KMH))
        own = moving * (1 + spread * _TRIANGLE * (draw() + draw() - 1))
        halted = mean - moving
        if halted > 0:
            share = min(1.0, halted * EFFECTIVE_LENGTH_M / HALT_S)
            if draw() < share:
                own += self._random.expovariate(share / halted)
        return own
