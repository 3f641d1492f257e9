"""MQTT for all simulated devices: many connections, one thread, QoS 1.

paho-mqtt implements the protocol; one selector waits for all sockets, so a thousand
devices do not need a thousand threads. Only connecting, which blocks for a TLS
handshake, runs in a few helper threads. Unacknowledged messages are resent after a
reconnect; the tally counts them first.
"""

from __future__ import annotations

import contextlib
import random
import resource
import selectors
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from trafficctl.errors import CityError
from trafficctl.publishing.devices import Broker, Device
from trafficctl.publishing.mqtt_connection import (
    MAX_IN_FLIGHT,
    DeviceConnection,
    MqttMessage,
    make_client,
)

HANDSHAKE_THREADS = 8
CONNECTS_PER_S = 100.0  # the default quota of IoT Core in its smaller regions
MAX_BACKLOG = 5_000  # messages waiting in this process
BACKOFF_S, MAX_BACKOFF_S = 0.5, 30.0
CHORES_EVERY_S = 1.0
# If the policy denies a publish, the connection is lost again and again.
MAX_FRUITLESS_LOSSES = 10


class DeliveryCounter(Protocol):
    """Counts what the fleet delivers: the tally."""

    def publishing(self, readings: int) -> None:
        """Count a message before it is handed to MQTT."""

    def acknowledge(self, readings: int) -> None:
        """Count a message that has its PUBACK."""

    def resending(self, readings: int) -> None:
        """Count messages before they are resent."""


class Fleet:
    """All devices of a run; a context manager.

    Call `connect` first, then `publish` and `poll` in turn, from one thread.
    """

    def __init__(
        self,
        broker: Broker,
        devices: Sequence[Device],
        topic_prefix: str,
        counter: DeliveryCounter,
        clock: Callable[[], float] = time.monotonic,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        _allow_files(len(devices) + 100)
        self._counter, self._clock, self._random = counter, clock, random_share
        self._broker = broker
        self._selector = selectors.DefaultSelector()
        self._pool = ThreadPoolExecutor(HANDSHAKE_THREADS, "handshake")
        self._next_connect = self._next_chores = 0.0
        self._closing = False
        self.reconnects = self.waiting = self.in_flight = 0
        self._connections = {d.unit: self._connection(d, topic_prefix) for d in devices}
        self._disconnected = list(
            self._connections.values()
        )  # never or no longer connected

    def _connection(self, device: Device, prefix: str) -> DeviceConnection:
        topic = f"{prefix}/{device.segment_id}/{device.device_id}"
        connection = DeviceConnection(device, topic, make_client(self._broker, device))
        client = connection.client
        client.on_connect = lambda _c, _u, _f, code, _p: self._on_connect(
            connection, code
        )
        client.on_disconnect = lambda _c, _u, _f, code, _p: self._on_disconnect(
            connection, str(code)
        )
        client.on_publish = lambda _c, _u, mid, _r, _p: self._on_puback(connection, mid)
        client.on_socket_close = lambda _c, _u, _s: self._unwatch(connection)
        return connection

    def __enter__(self) -> Fleet:
        """Return the fleet."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close without waiting."""
        self.close(0.0)

    @property
    def connected(self) -> int:
        """Devices that are connected now."""
        return sum(connection.ready for connection in self._connections.values())

    @property
    def full(self) -> bool:
        """Whether the backlog is full: publish nothing more for now."""
        return self.waiting >= MAX_BACKLOG

    @property
    def idle(self) -> bool:
        """Whether every message published has its PUBACK."""
        return not self.waiting and not self.in_flight

    def connect(
        self, timeout_s: float, progress: Callable[[int], object] = lambda _: None
    ) -> None:
        """Connect all devices, reporting `progress`. CityError if one cannot."""
        deadline = self._clock() + timeout_s
        while self.connected < len(self._connections):
            self.poll(0.05)
            progress(self.connected)
            if self._clock() > deadline:
                raise CityError(self._who_failed(timeout_s))

    def _who_failed(self, timeout_s: float) -> str:
        failed = [
            connection
            for connection in self._connections.values()
            if not connection.ready
        ]
        return (
            f"{self._broker.host}:{self._broker.port}: {len(failed)} of "
            f"{len(self._connections)} devices did not connect in {timeout_s:g} s, "
            f"for example {failed[0].device.device_id} ({failed[0].last_error}) - is "
            "the city up, and is its device policy attached to their certificates?"
        )

    def publish(self, unit: str, message: MqttMessage) -> None:
        """Publish at QoS 1 as soon as the device is ready; never blocks."""
        connection = self._connections[unit]
        connection.backlog.append(message)
        self.waiting += 1
        self._flush(connection)

    def poll(self, timeout_s: float) -> None:
        """Serve the ready sockets, waiting at most `timeout_s` for one."""
        for key, events in self._selector.select(max(0.0, timeout_s)):
            connection: DeviceConnection = key.data
            if events & selectors.EVENT_READ:
                self._read_all(connection)
            if events & selectors.EVENT_WRITE and connection.watched_socket:
                connection.client.loop_write()
            self._flush(connection)
        if not self._closing:
            self._connect_some()
        if self._clock() >= self._next_chores:
            self._next_chores = self._clock() + CHORES_EVERY_S
            for connection in self._connections.values():
                if connection.watched_socket:
                    connection.client.loop_misc()

    def _read_all(self, connection: DeviceConnection) -> None:
        """Read everything: TLS may buffer more than the socket shows."""
        connection.client.loop_read()
        while connection.watched_socket and connection.watched_socket.pending():
            connection.client.loop_read()

    def _flush(self, connection: DeviceConnection) -> None:
        while (
            connection.backlog
            and connection.ready
            and len(connection.in_flight) < MAX_IN_FLIGHT
        ):
            self._send(connection, connection.backlog[0])
        if connection.watched_socket:
            self._watch_for_writing(connection)

    def _send(self, connection: DeviceConnection, message: MqttMessage) -> None:
        self._counter.publishing(message.readings)
        info = connection.client.publish(connection.topic, message.payload, qos=1)
        connection.backlog.popleft()  # paho keeps it and resends it if necessary
        self.waiting -= 1
        connection.in_flight[info.mid] = message.readings
        self.in_flight += 1

    def _on_puback(self, connection: DeviceConnection, mid: int) -> None:
        readings = connection.in_flight.pop(mid, None)
        if readings is not None:
            self.in_flight -= 1
            connection.losses = 0
            self._counter.acknowledge(readings)

    def _connect_some(self) -> None:
        """Finish completed handshakes; start as many as the rate allows."""
        now = self._clock()
        for connection in list(self._disconnected):
            if connection.connecting is not None:
                if connection.connecting.done():
                    self._finish_handshake(connection, connection.connecting)
            elif connection.retry_at <= now >= self._next_connect:
                self._next_connect = max(now - 0.1, self._next_connect)
                self._next_connect += 1 / CONNECTS_PER_S
                self._counter.resending(sum(connection.in_flight.values()))
                connection.connecting = self._pool.submit(connection.client.reconnect)

    def _finish_handshake(
        self, connection: DeviceConnection, connecting: Future[Any]
    ) -> None:
        connection.connecting = None
        error = connecting.exception()
        sock: Any = connection.client.socket()
        if error is not None or sock is None:
            self._on_disconnect(connection, str(error or "connection lost"))
            return
        connection.watched_socket = sock
        self._disconnected.remove(connection)
        self._selector.register(sock, selectors.EVENT_READ, connection)
        self._watch_for_writing(connection)

    def _on_connect(self, connection: DeviceConnection, code: Any) -> None:
        if code.is_failure:
            connection.refusal = str(code)  # the broker closes the connection
            return
        connection.ready, connection.failures, connection.refusal = True, 0, ""

    def _on_disconnect(self, connection: DeviceConnection, why: str) -> None:
        connection.last_error = connection.refusal or why
        if connection.ready:
            self.reconnects += not self._closing
            connection.losses += 1
        connection.ready = False
        connection.failures += 1
        longest = min(
            MAX_BACKOFF_S, BACKOFF_S * 2.0 ** min(connection.failures - 1, 10)
        )
        connection.retry_at = self._clock() + longest * (0.5 + 0.5 * self._random())
        if connection.losses > MAX_FRUITLESS_LOSSES:
            raise CityError(
                f"{connection.device.device_id}: connection lost on every publish to "
                f"{connection.topic} ({why}) - check the device policy of this stack"
            )

    def _watch_for_writing(self, connection: DeviceConnection) -> None:
        events = selectors.EVENT_READ
        if connection.client.want_write():
            events |= selectors.EVENT_WRITE
        if self._selector.get_key(connection.watched_socket).events != events:
            self._selector.modify(connection.watched_socket, events, connection)

    def _unwatch(self, connection: DeviceConnection) -> None:
        if connection.watched_socket:
            self._selector.unregister(connection.watched_socket)
            connection.watched_socket = None
            self._disconnected.append(connection)

    def drain(self, limit_s: float) -> bool:
        """Wait at most `limit_s` for all PUBACKs; True if they came."""
        deadline = self._clock() + limit_s
        while not self.idle and self._clock() < deadline:
            self.poll(0.05)
        return self.idle

    def close(self, drain_s: float) -> None:
        """Wait at most `drain_s` for PUBACKs, then close all connections."""
        self.drain(drain_s)
        self._closing = True
        for connection in self._connections.values():
            if connection.watched_socket:
                connection.client.disconnect()
                with contextlib.suppress(OSError):
                    connection.client.loop_write()
            self._unwatch(connection)
        self._pool.shutdown(cancel_futures=True)
        for connection in self._connections.values():
            with contextlib.suppress(OSError):
                sock: Any = connection.client.socket()
                if sock is not None:
                    sock.close()
        self._selector.close()


def _allow_files(count: int) -> None:
    """Raise the soft limit of open files: one socket per device."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
