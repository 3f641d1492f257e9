"""Sums over readings that can be added in any order and stored in few bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import msgspec

from ..policy import SLOWEST_PACE_KMH

TO_WHOLE = 1.5 * 2**52  # a float of this size has no fraction bits
PACE_UNITS = 100_000  # sum units of a pace of 1 h/km

# A reading in the form that is summed: vehicle count, speed (km/h), occupancy, interval
# (ms), the sensor's own score (tenths), and the pace (h/km) estimated from occupancy.
Summand = tuple[
    Optional[int], Optional[float], Optional[float], int, Optional[int], float
]


class Sums(msgspec.Struct, array_like=True, gc=False):
    """Sums over readings of one segment, in whole numbers.

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
        """Add *other*, multiplied by *weight*."""
        self.total_ms += weight * other.total_ms
        self.vehicles += weight * other.vehicles
        self.pace += weight * other.pace
        if other.occupied_ms:
            self.occupied_ms += weight * other.occupied_ms
        if other.unobserved_ms:
            self.unobserved_ms += weight * other.unobserved_ms
        if other.scored_ms:
            self.scored += weight * other.scored
            self.scored_ms += weight * other.scored_ms
            self.scored_moving += weight * other.scored_moving
            self.scored_pace += weight * other.scored_pace
        if other.uncounted_ms or other.unmeasured or other.estimated:
            self.unmeasured += weight * other.unmeasured
            self.probes += weight * other.probes
            self.uncounted_ms += weight * other.uncounted_ms
            self.estimated += weight * other.estimated

    def decay(self, factor: float) -> None:
        """Multiply all sums by *factor* and round down."""
        self.total_ms = int(self.total_ms * factor)
        self.vehicles = int(self.vehicles * factor)
        self.pace = int(self.pace * factor)
        self.occupied_ms = int(self.occupied_ms * factor)
        self.unobserved_ms = int(self.unobserved_ms * factor)
        if self.scored or self.scored_ms or self.scored_moving or self.scored_pace:
            self.scored = int(self.scored * factor)
            self.scored_ms = int(self.scored_ms * factor)
            self.scored_moving = int(self.scored_moving * factor)
            self.scored_pace = int(self.scored_pace * factor)
        if self.unmeasured or self.probes or self.uncounted_ms or self.estimated:
            self.unmeasured = int(self.unmeasured * factor)
            self.probes = int(self.probes * factor)
            self.uncounted_ms = int(self.uncounted_ms * factor)
            self.estimated = int(self.estimated * factor)


def sum_readings(rows: Sequence[Summand]) -> Sums:
    """Return the sums over *rows*.

    Vehicles enter with n/v, so that vehicles / pace is the flow-weighted harmonic mean
    of speed: the space-mean speed, which satisfies q = u k. A speed without a count is
    that of one vehicle. Each reading's pace and covered time is a whole number, so that
    sums of sums don't depend on how readings were put together. Sums run in local
    names, which are several times as fast.
    """
    total = vehicles = occupied = observed = scored = scores = 0
    pace, odd = 0.0, None
    for row in rows:
        count, speed, occupancy, interval_ms, score, cover = row
        total += interval_ms
        if count and speed and speed > SLOWEST_PACE_KMH:
            vehicles += count
            pace += PACE_UNITS * count / speed + TO_WHOLE - TO_WHOLE
        elif count != 0 or cover:
            vehicles += count or 0
            odd = odd or Sums()
            pace += PACE_UNITS * _add_other(odd, row) + TO_WHOLE - TO_WHOLE
        if occupancy is not None:
            observed += interval_ms
            occupied += int(occupancy * interval_ms + 0.5)
        if score is not None:
            scored += score * interval_ms
            scores += 1
    sums = Sums(total, vehicles, int(pace), occupied, total - observed)
    if odd is not None:
        sums.add(odd)
    if scores:
        sums.scored, is_all = scored, scores == len(rows)
        _add_own_scores(sums, rows if odd or not is_all else ())
    return sums


def tenths_of(score: Optional[float]) -> Optional[int]:
    """Return a congestion score in tenths, rounded half up, None if there is none."""
    return None if score is None else int(score * 10 + 0.5)


def plain_summand(reading: Any, interval_ms: int) -> Summand:
    """Return the summand of a plain sensor's reading."""
    return (
        reading.vehicle_count,
        reading.average_speed,
        reading.occupancy,
        interval_ms,
        tenths_of(reading.congestion_score),
        0.0,
    )


def _add_own_scores(sums: Sums, mixed: Sequence[Summand]) -> None:
    """Add time and vehicles of the readings that report a score.

    *mixed* is empty if all of them do.
    """
    if not mixed:
        sums.scored_ms = sums.total_ms
        sums.scored_moving, sums.scored_pace = sums.vehicles, sums.pace
    for row in mixed:
        if row[4] is not None:
            one = sum_readings([(*row[:4], None, row[5])])
            sums.scored_ms += row[3]
            sums.scored_pace += one.pace
            if one.pace:
                sums.scored_moving += row[0] or 1


def _add_other(sums: Sums, row: Summand) -> float:
    """Add a slow reading, or one without count or speed; return its pace."""
    count, speed, _, interval_ms, _, cover = row
    if count is None:
        sums.uncounted_ms += interval_ms
        if speed:
            sums.probes += 1
            return 1 / max(speed, SLOWEST_PACE_KMH)
        return cover
    if count and speed is not None:  # creeping traffic: speed zero or nearly so
        return count / SLOWEST_PACE_KMH
    if cover:
        sums.estimated += count
    else:
        sums.unmeasured += count
    return cover


class Window(msgspec.Struct, array_like=True, gc=False):
    """A tumbling window of one minute: number of readings, and their sums.

    *late* counts the readings merged after the minute was written.
    """

    readings: int = 0
    late: int = 0
    sums: Sums = msgspec.field(default_factory=Sums)


def merge_windows(one: Window, other: Window) -> Window:
    """Return the readings of both."""
    window = Window(one.readings + other.readings, one.late + other.late)
    window.sums.add(one.sums)
    window.sums.add(other.sums)
    return window


_LAYOUT = -2  # windows of version 0.1 start with the readings, never negative


def trimmed(values: Sequence[int]) -> list[int]:
    """Return *values* without trailing zeros."""
    end = len(values)
    while end and not values[end - 1]:
        end -= 1
    return list(values[:end])


def window_fields(window: Window) -> list[int]:
    """Return the window as a list of whole numbers, to be packed."""
    sums = trimmed(msgspec.structs.astuple(window.sums))
    return [_LAYOUT, window.readings, window.late, *sums]


def window_from_fields(fields: Sequence[Any]) -> Window:
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
    return msgspec.msgpack.encode(window_fields(window))


def unpack(packed: bytes) -> Window:
    """Return the window that `pack` wrote."""
    return window_from_fields(msgspec.msgpack.decode(packed))
