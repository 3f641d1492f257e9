"""Looks at the city as a controller's screen would, and remembers what it saw."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from trafficctl.demo import board
from trafficctl.demo.alerts import Told
from trafficctl.demo.probe import Probe, WallTime, percentile
from trafficctl.tables import DynamoCity, Item

RECENT = (
    20_000  # delays behind the figures of the moment, of the last half minute or so
)


class Viewer:
    """Holds the last look at the city, the alerts told, and the delays of both.

    *clock* gives the time of day in the streets for an event time; *published* counts
    the readings handed to MQTT so far.
    """

    def __init__(
        self,
        city: DynamoCity,
        probe: Probe,
        clock: board.Clock,
        published: Callable[[], int],
        note: str,
    ) -> None:
        self.city = city
        self.probe = probe
        self.clock = clock
        self.note = note
        self.segments: list[Item] = []
        self.open: list[Item] = []
        self.told: list[Told] = []
        self.alert_delays_s: list[float] = []
        self._published = published
        self._rate_from: tuple[float, int] | None = None
        self._rate = 0.0

    @property
    def wall_time_of(self) -> WallTime:
        """When a reading of an event time was published (wall, ms)."""
        return self.probe.wall_time_of

    def glance(self) -> None:
        """See which readings have arrived, and time them."""
        times = self.city.segments(("segment_id", "observed_at"))
        self.probe.look(times, time.time() * 1000)

    def look(self) -> None:
        """Read all that the page shows."""
        self.segments = self.city.segments(board.FIELDS)
        self.open = self.city.open_alerts()
        self._measure_rate(time.time(), self._published())

    def _measure_rate(self, now_s: float, count: int) -> None:
        if self._rate_from is not None and now_s > self._rate_from[0]:
            before_s, before = self._rate_from
            fresh = (count - before) / (now_s - before_s)
            self._rate += 0.3 * (fresh - self._rate) if self._rate else fresh
        self._rate_from = (now_s, count)

    def hear(self, told: list[Told]) -> None:
        """Take alerts that arrived, and time them."""
        self.told += told
        for each in told:
            caused_ms = self.wall_time_of(each.detail["observed_at"])
            self.alert_delays_s.append((each.arrived_at - caused_ms) / 1000)

    def transitions(self) -> Counter[str]:
        """The alerts told, by kind."""
        return Counter(each.detail["transition"] for each in self.told)

    def newest_ms(self) -> int | None:
        """The newest event time in the city, None before the first reading."""
        seen = [s["observed_at"] for s in self.segments if "observed_at" in s]
        return max(seen, default=None)

    def now(self) -> dict[str, Any]:
        """What `/api/now.json` tells."""
        newest = self.newest_ms()
        if newest is None:
            clock, shown = None, []
        else:
            clock = f"{self.clock(newest):%A %H:%M} in Los Angeles"
            shown = board.open_alerts(self.open, newest, self.clock)
        return {
            "clock": clock,
            "city": board.city_at_a_glance(self.segments),
            "rate": self._rate,
            "freshness_p99": percentile(self.probe.delays_s[-RECENT:], 99),
            "alert_p99": percentile(self.alert_delays_s, 99),
            "worst": board.worst(self.segments, time.time() * 1000, self.wall_time_of),
            "open": shown,
            "open_count": len(self.open),
            "news": board.news(self.told, self.clock),
            "note": self.note,
        }
