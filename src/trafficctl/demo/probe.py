"""How old the news is for a viewer, reading by reading; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from trafficctl.aws.city_tables import Item


@dataclass
class Probe:
    """Collects how long each reading took from its publication to a viewer's eyes.

    Readings of a segment are published at their timestamps (wall, ms), *step_ms* apart,
    the first at *first_ms*; *newest* says up to which they have been seen.
    """

    first_ms: float
    step_ms: float
    newest: dict[str, float] = field(default_factory=dict)
    delays_s: list[float] = field(default_factory=list)

    def look(self, segments: Iterable[Item], seen_at_ms: float) -> None:
        """Take what a viewer saw at *seen_at_ms*: every reading up to the newest.

        A look that shows three new readings of a segment counts all three, the oldest
        of which has waited longest.
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
    """The value that *percent* of *values* do not exceed, None when there is none."""
    ranked = sorted(values)
    if not ranked:
        return None
    rank = -(-len(ranked) * percent // 100)  # rounded up: the nearest-rank method
    return ranked[max(0, int(rank) - 1)]
