"""Sums over readings that can be added in any order, and be stored in few bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import msgspec

from .policy import SLOWEST_PACE_KMH

PACE_UNITS = 100_000  # the pace 1 h/km, as it is summed

# A reading as it is summed: vehicle count, speed (km/h), occupancy, interval (ms), the
# sensor's own score (tenths), and its pace (h/km) where that is estimated from cover.
Summand = tuple[
    Optional[int], Optional[float], Optional[float], int, Optional[int], float
]


class Sums(msgspec.Struct, gc=False):
    """Sums over readings of one segment, all of them whole numbers.

    *total_ms* is the sum of their intervals, *vehicles* of their counts, *pace* of n/v
    in `PACE_UNITS` to the h/km, *occupied_ms* of the time in which a detector was
    covered.

    The others are zero where every reading has count, speed and occupancy, and none a
    score: *unobserved_ms* is the time without occupancy, *uncounted_ms* that without a
    count; *unmeasured* are vehicles without a speed, *probes* speeds without a vehicle
    counted, *estimated* vehicles of estimated speed; *scored* is the sum of the
    sensors' own scores (tenths) times their intervals, *scored_ms* that of these
    intervals, *scored_moving* and *scored_pace* those of their vehicles of known speed.
    """

    total_ms: int = 0
    vehicles: int = 0
    pace: int = 0
    occupied_ms: int = 0
    unobserved_ms: int = 0
    unmeasured: int = 0
    probes: int = 0
    uncounted_ms: int = 0
    estimated: int = 0
    scored: int = 0
    scored_ms: int = 0
    scored_moving: int = 0
    scored_pace: int = 0

    @property
    def exposure_ms(self) -> int:
        """The lane time in which vehicles were counted."""
        return self.total_ms - self.uncounted_ms

    @property
    def observed_ms(self) -> int:
        """The time in which occupancy was observed."""
        return self.total_ms - self.unobserved_ms

    @property
    def moving(self) -> int:
        """The vehicles of known speed."""
        return self.vehicles - self.unmeasured + self.probes

    def add(self, other: Sums, weight: int = 1) -> None:
        """Add *other*, *weight* times."""
        self.total_ms += weight * other.total_ms
        self.vehicles += weight * other.vehicles
        self.pace += weight * other.pace
        self.occupied_ms += weight * other.occupied_ms
        if other.unobserved_ms:
            self.unobserved_ms += weight * other.unobserved_ms
        if other.unmeasured:
            self.unmeasured += weight * other.unmeasured
        if other.estimated:
            self.estimated += weight * other.estimated
        if other.probes or other.uncounted_ms:
            self.probes += weight * other.probes
            self.uncounted_ms += weight * other.uncounted_ms
        if other.scored_ms:
            self.scored += weight * other.scored
            self.scored_ms += weight * other.scored_ms
            self.scored_moving += weight * other.scored_moving
            self.scored_pace += weight * other.scored_pace

    def scaled(self, factor: float) -> Sums:
        """Return the sums times *factor*, rounded down."""
        return Sums(*(int(value * factor) for value in msgspec.structs.astuple(self)))


def summed(rows: Sequence[Summand]) -> Sums:
    """Return the sums over *rows*.

    Vehicles enter with n/v, so that vehicles / pace is the flow-weighted harmonic mean
    of speed: the space-mean speed, which satisfies q = u k. A speed without a count is
    that of one vehicle. Sums run in local names, which are several times as fast.
    """
    total = vehicles = unobserved = unmeasured = 0
    pace, occupied, slowest = 0.0, 0.0, SLOWEST_PACE_KMH
    others: Optional[Sums] = None
    for count, speed, occupancy, interval_ms, score, cover in rows:
        total += interval_ms
        if count:
            vehicles += count
            if speed is not None:
                pace += count / (speed if speed > slowest else slowest)
            elif not cover:
                unmeasured += count
        if occupancy is None:
            unobserved += interval_ms
        else:
            occupied += occupancy * interval_ms
        if score is not None or cover or count is None or (speed and not count):
            others = others or Sums()
            pace += _add_other(others, (count, speed, None, interval_ms, score, cover))
    if others is None:
        return Sums(
            total,
            vehicles,
            int(pace * PACE_UNITS),
            int(occupied),
            unobserved,
            unmeasured,
        )
    others.total_ms, others.vehicles, others.pace = (
        total,
        vehicles,
        int(pace * PACE_UNITS),
    )
    others.occupied_ms, others.unobserved_ms = int(occupied), unobserved
    others.unmeasured = unmeasured
    return others


def _add_other(sums: Sums, row: Summand) -> float:
    """Add what is rare in a reading; return the pace that is not yet summed."""
    count, speed, _, interval_ms, score, cover = row
    pace = cover
    if count is None:
        sums.uncounted_ms += interval_ms
    if speed and not count:
        sums.probes += 1
        pace = 1 / max(speed, SLOWEST_PACE_KMH)
    elif cover:
        sums.estimated += count or 0
    if score is not None:
        sums.scored += score * interval_ms
        sums.scored_ms += interval_ms
        if speed:
            seen = count or 1
            sums.scored_moving += seen
            sums.scored_pace += int(PACE_UNITS * seen / max(speed, SLOWEST_PACE_KMH))
    return pace


class Window(msgspec.Struct, gc=False):
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


_LAYOUT = -2  # a window of version 0.1 begins with its readings, never below zero


def trimmed(values: Sequence[int]) -> list[int]:
    """Return *values* without the zeros at their end."""
    end = len(values)
    while end and not values[end - 1]:
        end -= 1
    return list(values[:end])


def fields_of(window: Window) -> list[int]:
    """Return the window as a list of whole numbers, to be packed."""
    sums = trimmed(msgspec.structs.astuple(window.sums))
    return [_LAYOUT, window.readings, window.late, *sums]


def window_of(fields: Sequence[Any]) -> Window:
    """Return the window of such *fields*, or of the nine of version 0.1.

    Those had one score for each reading: it is taken for the sensors' own.
    """
    if fields[0] == _LAYOUT:
        return Window(fields[1], fields[2], Sums(*fields[3:]))
    readings, vehicles, exposure_ms, pace, occupied, observed, score, _, late = fields
    scored = score * exposure_ms // readings if readings else 0
    sums = Sums(
        exposure_ms,
        vehicles,
        int(pace * PACE_UNITS),
        int(occupied),
        exposure_ms - observed,
    )
    sums.scored, sums.scored_ms = scored, exposure_ms
    return Window(readings, late, sums)


def pack(window: Window) -> bytes:
    """Return the window as bytes, for `segment_history`."""
    return msgspec.msgpack.encode(fields_of(window))


def unpack(packed: bytes) -> Window:
    """Return the window that `pack` wrote."""
    return window_of(msgspec.msgpack.decode(packed))
