"""The baseline of an evaluation: a threshold on five-minute means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from traffic.model import Reading
from traffic.policy import SLOWEST_PACE_KMH, STANDING_OCCUPANCY

BIN_MS = 300_000


class TimeSpan(NamedTuple):
    """A range of event time, ms."""

    begin_ms: int
    end_ms: int


def score(speed_kmh: float, free_flow_kmh: float) -> float:
    """100 (1 - v / vf), 0 to 100."""
    return max(0.0, 100.0 * (1.0 - speed_kmh / free_flow_kmh))


def spans(scores: Iterable[tuple[int, float]], high: float) -> list[TimeSpan]:
    """Where five-minute scores, given with their start in ms, reach `high`."""
    merged: list[TimeSpan] = []
    for begin, value in sorted(scores):
        if value < high:
            continue
        if merged and merged[-1].end_ms == begin:
            merged[-1] = TimeSpan(merged[-1].begin_ms, begin + BIN_MS)
        else:
            merged.append(TimeSpan(begin, begin + BIN_MS))
    return merged


class Bins:
    """A segment's readings in five-minute bins; shares no rule with the core.

    If `free_flow_kmh` is None, only reported scores count.
    """

    def __init__(self, free_flow_kmh: float | None) -> None:
        self._free_flow = free_flow_kmh
        self._sums: dict[int, list[float]] = {}

    def add(self, at_ms: int, reading: Reading) -> None:
        """Add a reading of the interval that ends at `at_ms`."""
        begin = (at_ms - 1) // BIN_MS * BIN_MS
        sums = self._sums.setdefault(begin, [0, 0, 0, 0, 0])
        count, speed = reading.vehicle_count, reading.average_speed
        if reading.congestion_score is not None:
            sums[3] += reading.congestion_score
            sums[4] += 1
        elif speed is not None and (count or count is None):
            vehicles = count or 1
            sums[0] += vehicles
            sums[1] += vehicles / max(speed, SLOWEST_PACE_KMH)
        elif not count and (reading.occupancy or 0) >= STANDING_OCCUPANCY:
            sums[2] += 1

    def scores(self) -> list[tuple[int, float]]:
        """The score of each bin, with its start in ms.

        Reported scores take precedence over the space mean of the speeds; a bin
        without vehicles scores 100 if the road was occupied, else 0.
        """
        return [(begin, self._score(*sums)) for begin, sums in self._sums.items()]

    def _score(
        self,
        count: float,
        pace: float,
        standing: float,
        reported: float,
        reports: float,
    ) -> float:
        if reports:
            return reported / reports
        if self._free_flow is None:
            return 0.0
        if pace:
            return score(count / pace, self._free_flow)
        return 100.0 if standing else 0.0
