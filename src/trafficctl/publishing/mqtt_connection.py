"""One simulated device's connection: TLS, client, backlog."""

from __future__ import annotations

import ssl
from collections import deque
from concurrent.futures import Future
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from trafficctl.publishing.devices import Broker, Device

KEEPALIVE_S = 60
HANDSHAKE_TIMEOUT_S = 10.0
MAX_IN_FLIGHT = 80  # per connection; IoT Core allows 100


class MqttMessage(NamedTuple):
    """A message to publish: its payload and its number of readings."""

    payload: bytes
    readings: int


class DeviceConnection:
    """One device's connection: backlog, messages in flight, state."""

    def __init__(self, device: Device, topic: str, client: Client) -> None:
        self.device, self.topic, self.client = device, topic, client
        self.backlog: deque[MqttMessage] = deque()
        self.in_flight: dict[int, int] = {}  # readings, by message id
        self.connecting: Future[Any] | None = None
        self.watched_socket: Any = None  # the socket registered with the selector
        self.ready = False
        self.retry_at = 0.0
        self.failures = self.losses = 0
        self.last_error, self.refusal = "no response", ""

    @property
    def idle(self) -> bool:
        """Whether nothing is waiting or in flight."""
        return not self.backlog and not self.in_flight


def tls_context(broker: Broker, device: Device) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the broker verified and the device's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.load_verify_locations(broker.ca_file)
    context.load_cert_chain(device.pem)
    return context


def make_client(broker: Broker, device: Device) -> Client:
    """An MQTT 3.1.1 client of `device`, not connected yet."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=device.device_id)
    client.tls_set_context(tls_context(broker, device))
    client.max_inflight_messages_set(MAX_IN_FLIGHT)
    client.connect_timeout = HANDSHAKE_TIMEOUT_S
    client.connect_async(broker.host, broker.port, KEEPALIVE_S)
    return client
