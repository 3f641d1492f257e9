"""Sums over readings that can be added in any order, and the measures they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, Union

import msgspec

from .policy import SLOWEST_PACE_KMH

Number = Union[int, float]

# A reading as it is summed: vehicle count, speed (km/h), occupancy, interval (ms), the
# sensor's own score (tenths), and its pace (h/km) where that is estimated from cover.
Summand = tuple[
    Optional[int], Optional[float], Optional[float], int, Optional[int], float
]


class Sums(msgspec.Struct, array_like=True, gc=False):
    """Sums over readings of one segment.

    *total_ms* is the sum of their intervals, *probed_ms* of those without a count.
    *vehicles* are counted, *moving* of known speed, *estimated* of estimated speed;
    *pace* is the sum of n/v in h/km. *occupied_ms* and *observed_ms* are the covered and
    the whole time of readings with occupancy, *scored* the sensors' own scores in tenths
    times their intervals, *scored_ms* these intervals.
    """

    total_ms: Number = 0
    vehicles: Number = 0
    moving: Number = 0
    pace: Number = 0
    occupied_ms: Number = 0
    observed_ms: Number = 0
    estimated: Number = 0
    probed_ms: Number = 0
    scored: Number = 0
    scored_ms: Number = 0

    @property
    def exposure_ms(self) -> Number:
        """The lane time in which vehicles were counted."""
        return self.total_ms - self.probed_ms

    def add(self, other: Sums, weight: float = 1) -> None:
        """Add *other*, *weight* times."""
        self.total_ms += weight * other.total_ms
        self.vehicles += weight * other.vehicles
        self.moving += weight * other.moving
        self.pace += weight * other.pace
        if other.observed_ms:
            self.occupied_ms += weight * other.occupied_ms
            self.observed_ms += weight * other.observed_ms
        if other.estimated:
            self.estimated += weight * other.estimated
        if other.probed_ms:
            self.probed_ms += weight * other.probed_ms
        if other.scored_ms:
            self.scored += weight * other.scored
            self.scored_ms += weight * other.scored_ms

    def scaled(self, factor: float) -> Sums:
        """Return the sums times *factor*; what is left of almost nothing is nothing."""
        values = (value * factor for value in msgspec.structs.astuple(self))
        return Sums(*(value if value > 1e-9 else 0 for value in values))


def summed(rows: Sequence[Summand]) -> Sums:
    """Return the sums over *rows*.

    Vehicles enter with n/v, so that vehicles / pace is the flow-weighted harmonic mean
    of speed: the space-mean speed, which satisfies q = u k. A speed without a count is
    that of one vehicle. Sums run in local names, which are several times as fast.
    """
    total = vehicles = moving = estimated = probed = scored = scored_ms = 0
    pace, occupied, observed, slowest = 0.0, 0.0, 0, SLOWEST_PACE_KMH
    for count, speed, occupancy, interval_ms, score, cover in rows:
        total += interval_ms
        if count:
            vehicles += count
        elif count is None:
            probed += interval_ms
        if speed:
            seen = count or 1
            moving += seen
            pace += seen / (speed if speed > slowest else slowest)
        elif count and speed is not None:
            moving += count
            pace += count / slowest
        elif cover:
            moving += count or 0
            estimated += count or 0
            pace += cover
        if occupancy is not None:
            occupied += occupancy * interval_ms
            observed += interval_ms
        if score is not None:
            scored += score * interval_ms
            scored_ms += interval_ms
    return Sums(
        total,
        vehicles,
        moving,
        pace,
        occupied,
        observed,
        estimated,
        probed,
        scored,
        scored_ms,
    )


class Window(msgspec.Struct, array_like=True, gc=False):
    """The readings of one minute: how many, how many of them *late*, and their sums.

    *late* counts those that were merged after the minute was written.
    """

    readings: int = 0
    late: int = 0
    sums: Sums = msgspec.field(default_factory=Sums)

    def add(self, readings: int, sums: Sums) -> None:
        """Add that many readings and their sums."""
        self.readings += readings
        self.sums.add(sums)


def merged(one: Window, other: Window) -> Window:
    """Return the readings of both."""
    window = Window(one.readings + other.readings, one.late + other.late)
    window.sums.add(one.sums)
    window.sums.add(other.sums)
    return window


def pack(window: Window) -> bytes:
    """Return the window as bytes, for `segment_history`."""
    return msgspec.msgpack.encode(window)


def unpack(packed: bytes) -> Window:
    """Return the window that `pack` wrote."""
    return upgraded(msgspec.msgpack.decode(packed))


def upgraded(fields: Sequence[object]) -> Window:
    """Return a window from its *fields*, or from the nine of version 0.1.

    Those had one score for each reading: it is taken for the sensors' own.
    """
    if len(fields) == 3:
        return msgspec.convert(fields, Window)
    readings, vehicles, exposure_ms, pace, occupied, observed, score, _, late = fields
    mean = score / readings if readings else 0  # type: ignore[operator]
    sums = Sums(
        exposure_ms,  # type: ignore[arg-type]
        vehicles,  # type: ignore[arg-type]
        vehicles,  # type: ignore[arg-type]
        pace,  # type: ignore[arg-type]
        occupied,  # type: ignore[arg-type]
        observed,  # type: ignore[arg-type]
        scored=mean * exposure_ms,  # type: ignore[operator]
        scored_ms=exposure_ms,  # type: ignore[arg-type]
    )
    return Window(readings, late, sums)  # type: ignore[arg-type]
