"""What was measured since the last look, added up in this process.

A city takes thousands of readings a second: no message may cost more than an addition,
so CloudWatch's store hears of sums and of counted values, a few times a minute.
"""

from __future__ import annotations

import math
import threading
from typing import NamedTuple

# Values that differ by less than this share are stored as one: their mean, counted.
BIN = 0.02


class Metric(NamedTuple):
    """One metric of one account and region; dimensions are sorted pairs."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str = "Count"


class Sum(NamedTuple):
    """A statistic set."""

    samples: float
    total: float
    low: float
    high: float


Tally = dict[int, Sum]
# A metric, and when its values are of (seconds) if not of now.
Key = tuple[Metric, float | None]

_WHOLE = 0  # the one bin of a metric that is never asked for percentiles


class Tallies:
    """Adds up; `drain` takes what there is and starts from zero."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Key, dict[int, list[float]]] = {}

    def add(self, metric: Metric, value: float, at: float | None = None) -> None:
        """Take in a value that needs no percentile."""
        self._take(metric, value, 1.0, _WHOLE, at)

    def spread(
        self, metric: Metric, value: float, count: float = 1.0, at: float | None = None
    ) -> None:
        """Take in a value, seen `count` times, that percentiles need."""
        self._take(metric, value, count, _bin(value), at)

    def _take(
        self, metric: Metric, value: float, count: float, where: int, at: float | None
    ) -> None:
        with self._lock:
            tally = self._held.setdefault((metric, at), {})
            known = tally.get(where)
            if known is None:
                tally[where] = [count, value * count, value, value]
                return
            known[0] += count
            known[1] += value * count
            if value < known[2]:
                known[2] = value
            elif value > known[3]:
                known[3] = value

    def drain(self) -> dict[Key, Tally]:
        """All that was taken in since the last call."""
        with self._lock:
            held, self._held = self._held, {}
        return {
            key: {where: Sum(*numbers) for where, numbers in tally.items()}
            for key, tally in held.items()
        }


def _bin(value: float) -> int:
    """A bin's number; 0 and what is beside it have bins of their own."""
    if abs(value) < 1e-9:
        return 1
    number = round(math.log(abs(value)) / math.log1p(BIN)) + 10_000
    return number if value > 0 else -number


# This process's own; what is measured anywhere in it is added up here.
tallies = Tallies()
