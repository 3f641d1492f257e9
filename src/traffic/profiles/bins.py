"""The five-minute sums of a segment over one day."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Optional

from ..policy import SLOWEST_PACE_KMH
from .local_days import LocalDay


class DayBins:
    """What history says of one segment and day, in five-minute bins.

    Speed is the space mean, the number of vehicles over the sum of 1/v. A bin in which
    traffic stood and no vehicle passed has the speed 0.
    """

    __slots__ = ("_flow", "_minutes", "_pace", "_stood", "_vehicles")

    def __init__(self, bins: int) -> None:
        zeros = array("f", bytes(4 * bins))
        self._vehicles, self._pace, self._flow = zeros[:], zeros[:], zeros[:]
        self._minutes, self._stood = bytearray(bins), bytearray(bins)

    def add(
        self, place: int, vehicles: float, speed: Optional[float], flow: Optional[float]
    ) -> None:
        """Add a minute of history to the bin at *place*; units as in the table."""
        if flow is not None:
            self._flow[place] += flow
            self._minutes[place] += 1
        if speed is None:
            return
        if speed == 0:
            self._stood[place] = 1
            return
        weight = vehicles or 1  # a speed without a count
        self._vehicles[place] += weight
        self._pace[place] += weight / max(speed, SLOWEST_PACE_KMH)

    def speeds(self, each: int = 1) -> Sequence[Optional[float]]:
        """Return the mean of every *each* bins, km/h, None where nothing passed."""
        places = range(0, len(self._pace), each)
        return [self.speed(place, place + each) for place in places]

    def speed(self, begin: int, end: int) -> Optional[float]:
        """Return the mean from one bin to before another, None where nothing passed."""
        pace = sum(self._pace[begin:end])
        if pace > 0:
            return sum(self._vehicles[begin:end]) / pace
        return 0.0 if any(self._stood[begin:end]) else None

    def flows(self) -> Sequence[Optional[float]]:
        """Return the mean flow of each bin, veh/h, None where nothing was counted."""
        pairs = zip(self._flow, self._minutes)
        return [flow / minutes if minutes else None for flow, minutes in pairs]


def empty_bins(day: LocalDay) -> DayBins:
    """Return the bins of a day in which nothing was measured yet."""
    return DayBins(day.bins())
