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

    def add(self, other: Sums) -> None:
        """Add *other*."""
        self.total_ms += other.total_ms
        self.vehicles += other.vehicles
        self.pace += other.pace
        self.occupied_ms += other.occupied_ms
        self.unobserved_ms += other.unobserved_ms
        if other.has_others():
            for name in _OTHERS:
                setattr(self, name, getattr(self, name) + getattr(other, name))

    def decay(self, factor: float) -> None:
        """Multiply all sums by *factor*, and round them down."""
        self.total_ms = int(self.total_ms * factor)
        self.vehicles = int(self.vehicles * factor)
        self.pace = int(self.pace * factor)
        self.occupied_ms = int(self.occupied_ms * factor)
        self.unobserved_ms = int(self.unobserved_ms * factor)
        if self.has_others():
            for name in _OTHERS:
                setattr(self, name, int(getattr(self, name) * factor))

    def has_others(self) -> bool:
        """Whether readings were summed that lack a field, or have a score."""
        return bool(
            self.unmeasured
            or self.probes
            or self.uncounted_ms
            or self.estimated
            or self.scored_ms
            or self.scored_moving
        )


_OTHERS = Sums.__struct_fields__[5:]


def add_rows(
    sums: Sums, live: Sums, rows: Sequence[Summand], weights: Sequence[int]
) -> None:
    """Add *rows* to *sums*, and each of them *weights* times to *live*.

    Vehicles enter with n/v, so that vehicles / pace is the flow-weighted harmonic mean
    of speed: the space-mean speed, which satisfies q = u k. A speed without a count is
    that of one vehicle. Sums run in local names, which are several times as fast.
    """
    total = vehicles = unobserved = w_total = w_vehicles = w_unobserved = 0
    pace = occupied = w_pace = w_occupied = 0.0
    is_scored = False
    for row, weight in zip(rows, weights):
        count, speed, occupancy, interval_ms, score, cover = row
        total += interval_ms
        w_total += weight * interval_ms
        if count and speed:
            vehicles += count
            w_vehicles += weight * count
            row_pace = count / (speed if speed > SLOWEST_PACE_KMH else SLOWEST_PACE_KMH)
            pace += row_pace
            w_pace += weight * row_pace
        elif count or speed or cover or count is None:
            row_pace = _add_other(sums, row, 1)
            _add_other(live, row, weight)
            vehicles += count or 0
            w_vehicles += weight * (count or 0)
            pace += row_pace
            w_pace += weight * row_pace
        if occupancy is None:
            unobserved += interval_ms
            w_unobserved += weight * interval_ms
        else:
            covered = occupancy * interval_ms
            occupied += covered
            w_occupied += weight * covered
        is_scored = is_scored or score is not None
    _add_plain(sums, total, vehicles, pace, occupied, unobserved)
    _add_plain(live, w_total, w_vehicles, w_pace, w_occupied, w_unobserved)
    if is_scored:
        _add_scores(sums, live, rows, weights)


def _add_scores(
    sums: Sums, live: Sums, rows: Sequence[Summand], weights: Sequence[int]
) -> None:
    """Add what readings have whose sensors report a score of their own."""
    for (count, speed, _, interval_ms, score, _), weight in zip(rows, weights):
        if score is None:
            continue
        sums.scored += score * interval_ms
        sums.scored_ms += interval_ms
        if speed:
            seen = count or 1
            pace = int(PACE_UNITS * seen / max(speed, SLOWEST_PACE_KMH))
            sums.scored_moving += seen
            sums.scored_pace += pace
            live.scored_moving += weight * seen
            live.scored_pace += weight * pace


def _add_plain(
    sums: Sums,
    total: int,
    vehicles: int,
    pace: float,
    occupied: float,
    unobserved: int,
) -> None:
    sums.total_ms += total
    sums.vehicles += vehicles
    sums.pace += int(pace * PACE_UNITS)
    sums.occupied_ms += int(occupied)
    sums.unobserved_ms += unobserved


def _add_other(sums: Sums, row: Summand, weight: int) -> float:
    """Add what a reading without a count or a speed has; return its pace."""
    count, speed, _, interval_ms, _, cover = row
    if count is None:
        sums.uncounted_ms += weight * interval_ms
    if speed:
        sums.probes += weight
        return 1 / max(speed, SLOWEST_PACE_KMH)
    if count and speed is not None:  # counted at no speed: they crept
        return count / SLOWEST_PACE_KMH
    if cover:
        sums.estimated += weight * (count or 0)
    elif count:
        sums.unmeasured += weight * count
    return cover


class Window(msgspec.Struct, gc=False):
    """The readings of one minute: how many, how many of them *late*, and their sums.

    *late* counts those that were merged after the minute was written.
    """

    readings: int = 0
    late: int = 0
    sums: Sums = msgspec.field(default_factory=Sums)


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
