"""A device of the template's kind, over MQTT with its own certificate."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Certificate:
    """Where a device keeps its certificate and key."""

    certificate: Path
    key: Path


def register(
    local_city: Any,
    folder: Path,
    name: str,
    attributes: dict[str, str],
    thing_type: str | None = None,
) -> Certificate:
    """A thing with a certificate and the template's policy, and of its type if none."""
    iot, outputs = local_city.client("iot"), local_city.outputs
    iot.create_thing(
        thingName=name,
        thingTypeName=thing_type or outputs["DeviceThingType"],
        attributePayload={"attributes": attributes},
    )
    made = iot.create_keys_and_certificate(setAsActive=True)
    arn = made["certificateArn"]
    iot.attach_policy(policyName=outputs["DevicePolicy"], target=arn)
    iot.attach_thing_principal(thingName=name, principal=arn)
    found = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    found.certificate.write_text(made["certificatePem"])
    found.key.write_text(made["keyPair"]["PrivateKey"])
    return found


class Device:
    """A connection that remembers how the broker answered; MQTT 5 names reasons."""

    def __init__(
        self,
        city: Any,
        client_id: str,
        own: Certificate | None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._patience_s = patience_s
        self.connected: str | None = None
        self._answers: dict[int, str] = {}
        self._answered = threading.Condition()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5
        )
        self._client.tls_set(
            city.ca_file,
            str(own.certificate) if own else None,
            str(own.key) if own else None,
        )
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.connect(city.mqtt_host, city.mqtt_port)
        self._client.loop_start()
        self._wait(lambda: self.connected is not None)

    def publish(self, topic: str, message: object) -> str | None:
        """The reason of the PUBACK; None if there was none in time."""
        payload = message if isinstance(message, bytes) else json.dumps(message)
        with self._answered:
            mid = self._client.publish(topic, payload, qos=1).mid
        self._wait(lambda: mid in self._answers)
        return self._answers.get(mid)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _wait(self, known: Any) -> None:
        with self._answered:
            self._answered.wait_for(known, self._patience_s)

    def _on_connect(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        with self._answered:
            self.connected = str(reason)
            self._answered.notify_all()

    def _on_publish(self, _c: Any, _u: Any, mid: int, reason: Any, _p: Any) -> None:
        with self._answered:
            self._answers[mid] = str(reason)
            self._answered.notify_all()
