"""Watches a city under load: the segments, the queue of messages and the CPU."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from traffic.incidents.events import OPENED
from trafficctl.aws import session as aws
from trafficctl.aws.city_tables import scan
from trafficctl.demo.alerts import subscribe
from trafficctl.demo.probe import Probe
from trafficctl.demo.worker import PeriodicThread
from trafficctl.publishing.publisher import TimedMessage
from trafficctl.up.command import City

from .processes import cpu_seconds
from .stream import PERIOD_MS, messages, offset_ms

LOOK_EVERY_S = 0.5


class Vcpus(NamedTuple):
    """vCPUs taken on average; None where the system does not tell."""

    city: float | None
    busiest: float | None  # of the city's processes
    own: float


class Watch:
    """Times every reading until a viewer sees it, and every new incident to the queue.

    A reading's own timestamp is when it was due, so that a publisher that falls
    behind shows too.
    """

    def __init__(self, city: City, outputs: dict[str, str]) -> None:
        session = city.session()
        self.probe = Probe(0, PERIOD_MS)
        self.alert_delays_s: list[float] = []
        self._city = city
        self._table = outputs["RoadSegmentsTable"]
        self._dynamodb = aws.client(session, "dynamodb")
        self._queue = subscribe(session, outputs, "bench-alerts")
        self._workers = (
            PeriodicThread(self._look, LOOK_EVERY_S),
            PeriodicThread(self._hear),
        )
        self.reset_cpu()

    def stream(self, segments: Sequence[str], seconds: float) -> Iterator[TimedMessage]:
        """The messages to publish from now on; what is measured begins here too."""
        start_ms = time.time_ns() // 1_000_000
        for index, segment in enumerate(segments):
            first_ms = start_ms + offset_ms(index, len(segments))
            self.probe.newest[segment] = first_ms - PERIOD_MS
        self.reset_cpu()
        return messages(segments, seconds, start_ms)

    def reset_cpu(self) -> None:
        """Count CPU time from now on."""
        self._began = time.monotonic()
        self._cpu_before = cpu_seconds(self._city.pid), time.process_time()

    def vcpus(self) -> Vcpus:
        """What the city and this process have taken since `reset_cpu`."""
        passed = time.monotonic() - self._began
        (city_before, own_before) = self._cpu_before
        own = (time.process_time() - own_before) / passed
        city_now = cpu_seconds(self._city.pid)
        if city_now is None or city_before is None:
            return Vcpus(None, None, own)
        seconds = [s - city_before.get(pid, 0.0) for pid, s in city_now.items()]
        return Vcpus(sum(seconds) / passed, max(seconds, default=0.0) / passed, own)

    def stop(self) -> None:
        """Look once more, and end."""
        for worker in self._workers:
            worker.stop()
        self._look()

    def _look(self) -> None:
        wanted = ("segment_id", "observed_at")
        items: list[Any] = list(scan(self._dynamodb, self._table, wanted))
        if self.probe.newest:  # the stream has begun
            self.probe.look(items, time.time() * 1000)

    def _hear(self) -> None:
        for each in self._queue.receive():
            if each.detail["transition"] == OPENED:  # at the time of a reading
                delay_ms = each.arrived_at - each.detail["opened_at"]
                self.alert_delays_s.append(delay_ms / 1000)
