"""The demo's devices: a thread that publishes readings over MQTT, with a tally."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trafficctl.aws import session as aws
from trafficctl.cli.output import say
from trafficctl.demo.worker import PeriodicThread
from trafficctl.local.state_dir import home, state_path
from trafficctl.publishing.devices import devices_of, find_broker, register_devices
from trafficctl.publishing.mqtt_fleet import Fleet
from trafficctl.publishing.publisher import TimedMessage, publish_when_due, with_polling
from trafficctl.publishing.tally import FILE_NAME, Tally

CONNECT_TIMEOUT_S = 60.0
DRAIN_S = 20.0
FLUSH_S = 60.0
LOOK_EVERY_S = 0.5


class _EnoughError(Exception):
    """Ends the publishing thread between two messages."""


class DemoPublisher:
    """Registered and connected devices; `begin` starts publishing."""

    def __init__(
        self, session: Any, stack: str, outputs: Mapping[str, str], segments: list[str]
    ) -> None:
        simulated = devices_of(stack, segments)
        say(f"registering {len(simulated)} devices with X.509 certificates")
        devices = register_devices(session, outputs, home(stack), simulated)
        directory = state_path(home(stack), aws.client(session, "iot"))
        self._tally = Tally(directory / FILE_NAME, secrets.token_hex(4), _now_ms)
        broker, prefix = find_broker(session, stack), outputs["IngestTopicPrefix"]
        self._fleet = Fleet(broker, devices, prefix, self._tally)
        say(f"connecting them to {broker.host}:{broker.port} (MQTT with mutual TLS)")
        self._fleet.connect(CONNECT_TIMEOUT_S)
        self._worker: PeriodicThread | None = None
        self._enough = False

    @property
    def published(self) -> int:
        """Readings handed to MQTT so far."""
        return self._tally.readings

    def begin(self, messages: Iterable[TimedMessage]) -> None:
        """Publish *messages* when due, in a thread."""

        def publish() -> bool:
            with contextlib.suppress(_EnoughError):
                timed = with_polling(self._fleet, messages)
                publish_when_due(self._fleet, timed, time.monotonic, self._look)
            return True

        self._worker = PeriodicThread(publish)

    def flush(self, messages: Iterable[TimedMessage], done: Callable[[], bool]) -> None:
        """Publish *messages* now, and wait until all is *done*, a minute at most."""
        timed = with_polling(self._fleet, messages)
        publish_when_due(self._fleet, timed, time.monotonic)
        deadline = time.monotonic() + FLUSH_S
        while not done() and time.monotonic() < deadline:
            self._fleet.poll(LOOK_EVERY_S)

    def _look(self, _passed_s: float) -> None:
        self._tally.tick()
        if self._enough:
            raise _EnoughError

    def end(self) -> None:
        """Stop publishing, wait for acknowledgements, and close the tally.

        Raises the error that ended the publishing thread, if any.
        """
        self._enough = True
        try:
            if self._worker is not None:
                self._worker.stop()
        finally:
            self._fleet.close(DRAIN_S)
            self._tally.close()

    def check(self) -> None:
        """Raise the error that ended the publishing thread, if any."""
        if self._worker is not None:
            self._worker.check()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
