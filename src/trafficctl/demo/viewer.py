"""Polls the city as a controller's screen does, and keeps the results."""

from __future__ import annotations

import time
from collections import Counter

from trafficctl.aws.city_tables import DynamoCity, Item
from trafficctl.demo import board
from trafficctl.demo.alerts import ReceivedAlert
from trafficctl.demo.probe import Probe


class Viewer:
    """Keeps the last state of the city, the received alerts, and the delays of both.

    *clock* gives the time of day in the streets for an event time.
    """

    def __init__(
        self,
        city: DynamoCity,
        probe: Probe,
        clock: board.Clock,
    ) -> None:
        self.city = city
        self.probe = probe
        self.clock = clock
        self.segments: list[Item] = []
        self.alerts: list[ReceivedAlert] = []
        self.alert_delays_s: list[float] = []

    def glance(self) -> None:
        """Read which readings have arrived and record their delays."""
        times = self.city.segments(("segment_id", "observed_at"))
        self.probe.look(times, time.time() * 1000)

    def look(self) -> None:
        """Read the state of the segments."""
        self.segments = self.city.segments(board.FIELDS)

    def hear(self, alerts: list[ReceivedAlert]) -> None:
        """Take received alerts and record their delays."""
        self.alerts += alerts
        for each in alerts:
            published_ms = each.detail["observed_at"]
            self.alert_delays_s.append((each.arrived_at - published_ms) / 1000)

    def transitions(self) -> Counter[str]:
        """The received alerts by transition."""
        return Counter(each.detail["transition"] for each in self.alerts)
