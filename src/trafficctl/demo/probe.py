"""The delay from reading to viewer; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from trafficctl.aws.city_tables import Item


@dataclass
class Probe:
    """Collects how long each reading took from publication to a viewer.

    A segment's readings are published at their timestamps (wall, ms), *step_ms* apart,
    from *first_ms* on; earlier ones are not timed. *newest* is the last timestamp seen
    of each segment.
    """

    first_ms: float
    step_ms: float
    newest: dict[str, float] = field(default_factory=dict)
    delays_s: list[float] = field(default_factory=list)

    def look(self, segments: Iterable[Item], seen_at_ms: float) -> None:
        """Record what a viewer saw at *seen_at_ms*: every reading up to the newest.

        Three new readings of a segment count three times, the oldest with the longest
        delay.
        """
        for item in segments:
            observed = item.get("observed_at")
            if observed is None:
                continue
            key = item["segment_id"]
            newest = self.newest.get(key, self.first_ms - self.step_ms)
            for _ in range(round((observed - newest) / self.step_ms)):
                newest += self.step_ms
                self.delays_s.append((seen_at_ms - newest) / 1000)
            self.newest[key] = newest


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The value that *percent* of *values* do not exceed, None without values."""
    ranked = sorted(values)
    if not ranked:
        return None
    rank = -(-len(ranked) * percent // 100)  # rounded up: the nearest-rank method
    return ranked[max(0, int(rank) - 1)]
