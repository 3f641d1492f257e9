"""Sums over readings that can be added in any order, and the measures they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import msgspec

from .enrich import Measures, is_standing, measures
from .model import Road
from .policy import SLOWEST_PACE_KMH

_MS_PER_HOUR = 3_600_000

# A reading as a window sums it: vehicle count, speed (km/h), occupancy, interval (ms)
# and score (tenths).
Summand = tuple[int, Optional[float], Optional[float], int, int]


class Window(msgspec.Struct, array_like=True, gc=False):
    """Sums over the readings of one segment in one span of time.

    *exposure_ms* is observed lane time; *pace* the sum of n/v in h/km; *occupied_ms*
    and *occupancy_ms* the covered and the observed time of readings that tell
    occupancy; *score* the sum of scores in tenths; *standing* counts readings of a
    queue that did not move; *late* those merged after the minute was written. In a
    window that is open, a *late* of 1 says that redrive has begun its row already.
    """

    readings: int = 0
    vehicles: int = 0
    exposure_ms: int = 0
    pace: float = 0.0
    occupied_ms: float = 0.0
    occupancy_ms: int = 0
    score: int = 0
    standing: int = 0
    late: int = 0

    def add_all(self, rows: Sequence[Summand]) -> None:
        """Add readings, one after the other.

        Vehicles enter with n/v, so that vehicles / pace is the flow-weighted
        harmonic mean of speed: the space-mean speed, which satisfies q = u k.
        Sums run in local names, which are several times as fast as attributes.
        """
        vehicles, exposure_ms, pace = self.vehicles, self.exposure_ms, self.pace
        occupied_ms, occupancy_ms = self.occupied_ms, self.occupancy_ms
        total, slowest = self.score, SLOWEST_PACE_KMH
        for vehicle_count, speed, occupancy, interval_ms, score in rows:
            exposure_ms += interval_ms
            total += score
            if occupancy is not None:
                occupied_ms += occupancy * interval_ms
                occupancy_ms += interval_ms
            if vehicle_count and speed is not None:
                vehicles += vehicle_count
                pace += vehicle_count / (speed if speed > slowest else slowest)
            elif is_standing(vehicle_count, speed, occupancy):
                self.standing += 1
        self.readings += len(rows)
        self.vehicles, self.exposure_ms, self.pace = vehicles, exposure_ms, pace
        self.occupied_ms, self.occupancy_ms = occupied_ms, occupancy_ms
        self.score = total


def merged(one: Window, other: Window) -> Window:
    """Return the sums over the readings of both."""
    pairs = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other))
    return Window(*(a + b for a, b in pairs))


def pack(window: Window) -> bytes:
    """Return the sums as bytes, for `segment_history`."""
    return msgspec.msgpack.encode(window)


def unpack(packed: bytes) -> Window:
    """Return the sums that `pack` wrote."""
    return msgspec.msgpack.decode(packed, type=Window)


def window_measures(window: Window, road: Road) -> Measures:
    """Return the measures of *road* over the readings of *window*."""
    occupancy = (
        window.occupied_ms / window.occupancy_ms if window.occupancy_ms else None
    )
    return measures(
        vehicles=window.vehicles,
        lane_hours=window.exposure_ms / _MS_PER_HOUR,
        pace=window.pace,
        occupancy=occupancy,
        standing=window.standing > 0,
        score=window.score / 10 / window.readings if window.readings else None,
        road=road,
    )
