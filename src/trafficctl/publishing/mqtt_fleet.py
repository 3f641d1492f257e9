"""The simulated devices' side of MQTT: many connections, one thread, QoS 1.

paho-mqtt speaks the protocol; one selector waits for all sockets, so that a thousand
devices cost no thousand threads. Only connecting, which blocks for a TLS handshake,
happens in a few helper threads. What is not yet acknowledged is sent again after a
reconnect; the tally counts that before it happens.
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
    Link,
    Message,
    make_client,
)

HANDSHAKE_THREADS = 8
CONNECTS_PER_S = 100.0  # the default quota of IoT Core in its smaller regions
MAX_BACKLOG = 5_000  # messages that wait in this process
BACKOFF_S, MAX_BACKOFF_S = 0.5, 30.0
CHORES_EVERY_S = 1.0
# A policy that refuses a publish shows as a connection that is lost, again and again.
MAX_FRUITLESS_LOSSES = 10


class Counter(Protocol):
    """What the fleet tells of its work: the tally, or a fake in tests."""

    def publishing(self, readings: int) -> None:
        """Count a message before it is handed to MQTT."""

    def acknowledge(self, readings: int) -> None:
        """Count a message whose PUBACK has come."""

    def resending(self, readings: int) -> None:
        """Count messages before they are sent again."""


class Fleet:
    """All devices of a run; to be closed, best by `with`.

    `connect` first; then `publish` and `poll` in turn, from one thread.
    """

    def __init__(
        self,
        broker: Broker,
        devices: Sequence[Device],
        topic_prefix: str,
        counter: Counter,
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
        self._links = {d.unit: self._link(d, topic_prefix) for d in devices}
        self._away = list(self._links.values())  # not connected, or not any more

    def _link(self, device: Device, prefix: str) -> Link:
        topic = f"{prefix}/{device.segment_id}/{device.device_id}"
        link = Link(device, topic, make_client(self._broker, device))
        client = link.client
        client.on_connect = lambda _c, _u, _f, code, _p: self._opened(link, code)
        client.on_disconnect = lambda _c, _u, _f, code, _p: self._lost(link, str(code))
        client.on_publish = lambda _c, _u, mid, _r, _p: self._acknowledged(link, mid)
        client.on_socket_close = lambda _c, _u, _s: self._unwatch(link)
        return link

    def __enter__(self) -> Fleet:
        """Begin."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """End without waiting any longer."""
        self.close(0.0)

    @property
    def connected(self) -> int:
        """Devices that are connected now."""
        return sum(link.ready for link in self._links.values())

    @property
    def full(self) -> bool:
        """Whether so much waits that nothing more should be published for now."""
        return self.waiting >= MAX_BACKLOG

    @property
    def idle(self) -> bool:
        """Whether every message published has its PUBACK."""
        return not self.waiting and not self.in_flight

    def connect(
        self, timeout_s: float, done: Callable[[int], object] = lambda _: None
    ) -> None:
        """Connect all devices, telling `done` how many are. CityError if one cannot."""
        deadline = self._clock() + timeout_s
        while self.connected < len(self._links):
            self.poll(0.05)
            done(self.connected)
            if self._clock() > deadline:
                raise CityError(self._who_failed(timeout_s))

    def _who_failed(self, timeout_s: float) -> str:
        failed = [link for link in self._links.values() if not link.ready]
        return (
            f"{self._broker.host}:{self._broker.port}: {len(failed)} of "
            f"{len(self._links)} devices did not connect in {timeout_s:g} s, such as "
            f"{failed[0].device.device_id} ({failed[0].last_error}) - is the city up, "
            "and is its device policy attached to their certificates?"
        )

    def publish(self, unit: str, message: Message) -> None:
        """Publish at QoS 1 as soon as the device can; never blocks."""
        link = self._links[unit]
        link.backlog.append(message)
        self.waiting += 1
        self._flush(link)

    def poll(self, timeout_s: float) -> None:
        """Serve the sockets that are ready, waiting at most `timeout_s` for one."""
        for key, events in self._selector.select(max(0.0, timeout_s)):
            link: Link = key.data
            if events & selectors.EVENT_READ:
                self._read(link)
            if events & selectors.EVENT_WRITE and link.watched:
                link.client.loop_write()
            self._flush(link)
        if not self._closing:
            self._connect_some()
        if self._clock() >= self._next_chores:
            self._next_chores = self._clock() + CHORES_EVERY_S
            for link in self._links.values():
                if link.watched:
                    link.client.loop_misc()

    def _read(self, link: Link) -> None:
        """Read all there is: TLS may hold more than the socket shows."""
        link.client.loop_read()
        while link.watched and link.watched.pending():
            link.client.loop_read()

    def _flush(self, link: Link) -> None:
        while link.backlog and link.ready and len(link.in_flight) < MAX_IN_FLIGHT:
            self._send(link, link.backlog[0])
        if link.watched:
            self._watch_for_writing(link)

    def _send(self, link: Link, message: Message) -> None:
        self._counter.publishing(message.readings)
        info = link.client.publish(link.topic, message.payload, qos=1)
        link.backlog.popleft()  # paho keeps it now, and sends it again if need be
        self.waiting -= 1
        link.in_flight[info.mid] = message.readings
        self.in_flight += 1

    def _acknowledged(self, link: Link, mid: int) -> None:
        readings = link.in_flight.pop(mid, None)
        if readings is not None:
            self.in_flight -= 1
            link.losses = 0
            self._counter.acknowledge(readings)

    def _connect_some(self) -> None:
        """Finish handshakes that are through; begin as many as the rate allows."""
        now = self._clock()
        for link in list(self._away):
            if link.connecting is not None:
                if link.connecting.done():
                    self._shake_hands(link, link.connecting)
            elif link.retry_at <= now >= self._next_connect:
                self._next_connect = max(now - 0.1, self._next_connect)
                self._next_connect += 1 / CONNECTS_PER_S
                self._counter.resending(sum(link.in_flight.values()))
                link.connecting = self._pool.submit(link.client.reconnect)

    def _shake_hands(self, link: Link, connecting: Future[Any]) -> None:
        link.connecting = None
        error = connecting.exception()
        sock: Any = link.client.socket()
        if error is not None or sock is None:
            self._lost(link, str(error or "connection lost"))
            return
        link.watched = sock
        self._away.remove(link)
        self._selector.register(sock, selectors.EVENT_READ, link)
        self._watch_for_writing(link)

    def _opened(self, link: Link, code: Any) -> None:
        if code.is_failure:
            link.refusal = str(code)  # the broker ends the connection by itself
            return
        link.ready, link.failures, link.refusal = True, 0, ""

    def _lost(self, link: Link, why: str) -> None:
        link.last_error = link.refusal or why
        if link.ready:
            self.reconnects += not self._closing
            link.losses += 1
        link.ready = False
        link.failures += 1
        longest = min(MAX_BACKOFF_S, BACKOFF_S * 2.0 ** min(link.failures - 1, 10))
        link.retry_at = self._clock() + longest * (0.5 + 0.5 * self._random())
        if link.losses > MAX_FRUITLESS_LOSSES:
            raise CityError(
                f"{link.device.device_id} loses its connection whenever it publishes "
                f"to {link.topic} ({why}) - the device policy of this stack refuses it"
            )

    def _watch_for_writing(self, link: Link) -> None:
        wanted = selectors.EVENT_READ
        if link.client.want_write():
            wanted |= selectors.EVENT_WRITE
        if self._selector.get_key(link.watched).events != wanted:
            self._selector.modify(link.watched, wanted, link)

    def _unwatch(self, link: Link) -> None:
        if link.watched:
            self._selector.unregister(link.watched)
            link.watched = None
            self._away.append(link)

    def drain(self, limit_s: float) -> bool:
        """Wait at most `limit_s` for all PUBACKs, and say whether they came."""
        deadline = self._clock() + limit_s
        while not self.idle and self._clock() < deadline:
            self.poll(0.05)
        return self.idle

    def close(self, drain_s: float) -> None:
        """Wait for PUBACKs at most `drain_s`, then end all connections."""
        self.drain(drain_s)
        self._closing = True
        for link in self._links.values():
            if link.watched:
                link.client.disconnect()
                with contextlib.suppress(OSError):
                    link.client.loop_write()
            self._unwatch(link)
        self._pool.shutdown(cancel_futures=True)
        for link in self._links.values():
            with contextlib.suppress(OSError):
                sock: Any = link.client.socket()
                if sock is not None:
                    sock.close()
        self._selector.close()


def _allow_files(count: int) -> None:
    """Raise the soft limit of open files: one socket a device."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
