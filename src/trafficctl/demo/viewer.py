"""Polls the city as a controller's screen does, and keeps the results."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from traffic.incidents.events import OPENED
from trafficctl.aws.city_tables import DynamoCity, Item
from trafficctl.demo import board
from trafficctl.demo.alerts import ReceivedAlert
from trafficctl.demo.probe import Probe


class Viewer:
    """Keeps the last state of the city, the received messages, and the delays of both.

    *clock* gives the time of day in the streets for an event time; publishing began at
    *began_ms* (wall).
    """

    def __init__(
        self,
        city: DynamoCity,
        probe: Probe,
        clock: board.Clock,
        began_ms: int,
    ) -> None:
        self.city = city
        self.probe = probe
        self.clock = clock
        self.began_ms = began_ms
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

    def has_all(self) -> bool:
        """Whether every segment has received readings."""
        self.look()
        return all("observed_at" in item for item in self.segments)

    def hear(self, alerts: list[ReceivedAlert]) -> None:
        """Take received messages and record the delays of new incidents."""
        self.alerts += alerts
        for each in alerts:
            if each.detail["transition"] == OPENED:
                published_ms = self._published_ms(each.detail)
                self.alert_delays_s.append((each.arrived_at - published_ms) / 1000)

    def _published_ms(self, detail: Mapping[str, Any]) -> float:
        """When the reading that opened an incident was published (wall, ms).

        An incident opens at a reading's timestamp. That is earlier than its publication
        if the reading was buffered, or if traffic was unusually slow before the first
        alert; but a reading is received within a step.
        """
        received_at = detail["received_at"] or self.began_ms
        latest_ms = received_at - self.probe.step_ms
        return max(float(detail["opened_at"]), self.began_ms, latest_ms)

    def transitions(self) -> Counter[str]:
        """The received messages by transition."""
        return Counter(each.detail["transition"] for each in self.alerts)
