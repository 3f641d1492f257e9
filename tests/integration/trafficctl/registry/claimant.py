"""A device that comes with a claim and fetches a certificate, as firmware does."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

from trafficctl.registry import keys
from trafficctl.registry.journal import write_private

PATIENCE_S = 60.0
CREATE = "$aws/certificates/create-from-csr/json"


class Connection:
    """An MQTT connection that remembers what was said; version 5 gives reasons."""

    def __init__(self, city: Any, client_id: str, pem: Path) -> None:
        self.connected: str | None = None
        self._said: dict[Any, Any] = {}
        self._heard = threading.Condition()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5
        )
        self._client.tls_set(city.ca_file, str(pem), str(pem))
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self._connected(reason)
        self._client.on_publish = self._note
        self._client.on_subscribe = lambda _c, _u, mid, reasons, _p: self._note(
            _c, _u, mid, reasons[0], _p
        )
        self._client.on_message = lambda _c, _u, message: self._note(
            _c, _u, message.topic, json.loads(message.payload), None
        )
        self._client.on_disconnect = lambda *_: self._connected("closed")
        self._client.connect(city.mqtt_host, city.mqtt_port)
        self._client.loop_start()
        self._wait(lambda: self.connected is not None)

    def _connected(self, reason: object) -> None:
        with self._heard:
            if self.connected is None:
                self.connected = str(reason)
            self._heard.notify_all()

    def _note(self, _c: Any, _u: Any, key: Any, value: Any, _p: Any) -> None:
        with self._heard:
            self._said[key] = value
            self._heard.notify_all()

    def _wait(self, known: Any) -> None:
        with self._heard:
            self._heard.wait_for(known, PATIENCE_S)

    def publish(self, topic: str, message: object) -> str | None:
        """The reason of the PUBACK; None if there was none, or no connection."""
        payload = message if isinstance(message, bytes) else json.dumps(message)
        with self._heard:
            mid = self._client.publish(topic, payload, qos=1).mid
        if self.connected == "Success":
            self._wait(lambda: mid in self._said)
        return None if mid not in self._said else str(self._said[mid])

    def subscribe(self, topic: str) -> str:
        """The reason of the SUBACK."""
        with self._heard:
            _, mid = self._client.subscribe(topic, qos=1)
        self._wait(lambda: mid in self._said)
        return str(self._said.get(mid))

    def ask(self, topic: str, message: object) -> tuple[str, Any]:
        """`accepted` or `rejected`, and what was answered."""
        answers = {f"{topic}/{kind}": kind for kind in ("accepted", "rejected")}
        for one in answers:
            self._said.pop(one, None)
            self.subscribe(one)
        self.publish(topic, message)
        self._wait(lambda: any(one in self._said for one in answers))
        found = [
            (kind, self._said[t]) for t, kind in answers.items() if t in self._said
        ]
        return found[0] if found else ("silence", None)

    def heard(self, topic: str) -> bool:
        """Whether a message has come on that topic so far."""
        with self._heard:
            return topic in self._said

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


@dataclass
class Claimant:
    """A device under the roadside cabinet's lid: its name, its claim, its memory."""

    city: Any
    template: str
    device_id: str
    claim: Path
    folder: Path

    @property
    def pem(self) -> Path:
        """Where it keeps its own key and certificate."""
        return self.folder / f"{self.device_id}.own.pem"

    def connect(self) -> Connection:
        """Connect by the claim."""
        return Connection(self.city, f"claim-{self.device_id}", self.claim)

    def fetch(self, connection: Connection) -> dict[str, Any]:
        """Have a key certified, and keep both before anything else."""
        key = keys.new_key()
        request = keys.request_for(self.device_id, key)
        kind, made = connection.ask(CREATE, {"certificateSigningRequest": request})
        assert kind == "accepted", made
        write_private(self.pem, key + made["certificatePem"])
        return dict(made)

    def register(
        self, connection: Connection, made: dict[str, Any], **claimed: str
    ) -> tuple[str, Any]:
        """Ask to be let in with that certificate; `claimed` adds parameters."""
        return connection.ask(
            f"$aws/provisioning-templates/{self.template}/provision/json",
            {
                "certificateOwnershipToken": made["certificateOwnershipToken"],
                "parameters": {"DeviceId": self.device_id, **claimed},
            },
        )

    def come_in(self, **claimed: str) -> tuple[str, Any]:
        """The whole way, on one connection."""
        connection = self.connect()
        try:
            made = self.fetch(connection)
            return self.register(connection, made, **claimed)
        finally:
            connection.close()
