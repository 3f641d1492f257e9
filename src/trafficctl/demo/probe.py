"""How old the news is for a viewer, reading by reading; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from trafficctl.tables import Item

WallTime = Callable[[int], float]


@dataclass
class Probe:
    """Collects how long each reading took from its publication to a viewer's eyes.

    *step_ms* is the event time between two readings of a segment, *first_ms* that of
    its first; *wall_time_of* tells when (wall, ms) a reading was published.
    """

    wall_time_of: WallTime
    first_ms: int
    step_ms: int
    newest: dict[str, int] = field(default_factory=dict)
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
            start = self.newest.get(key, self.first_ms - self.step_ms) + self.step_ms
            for event_ms in range(start, observed + 1, self.step_ms):
                delay_ms = seen_at_ms - self.wall_time_of(event_ms)
                self.delays_s.append(delay_ms / 1000)
            self.newest[key] = max(observed, self.newest.get(key, 0))


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The value that *percent* of *values* do not exceed, None when there is none."""
    ranked = sorted(values)
    if not ranked:
        return None
    rank = -(-len(ranked) * percent // 100)  # rounded up: the nearest-rank method
    return ranked[max(0, int(rank) - 1)]
