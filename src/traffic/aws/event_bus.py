"""Events to the event bus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import PublishError

SOURCE = "city.traffic"
DETAIL_TYPE = "Congestion Alert"
HEALTH_DETAIL_TYPE = "Sensor Health"
INCIDENT_DETAIL_TYPE = "Traffic Incident"
WEEKLY_DETAIL_TYPE = "Weekly Bottlenecks"
_MOST_ENTRIES = 10  # per PutEvents request


class EventBridgeBus:
    """Sends events of one detail type to EventBridge, ten per request."""

    def __init__(
        self, client: Any, bus_name: str, detail_type: str = DETAIL_TYPE
    ) -> None:
        self._client = client
        self._bus_name = bus_name
        self._detail_type = detail_type

    def send(self, events: Sequence[dict[str, Any]]) -> list[bool]:
        """Return for each event whether the bus accepted it.

        A response of 200 may contain refused entries, each with its own error.
        """
        accepted: list[bool] = []
        for start in range(0, len(events), _MOST_ENTRIES):
            accepted += self._send_some(events[start : start + _MOST_ENTRIES])
        return accepted

    def _send_some(self, events: Sequence[dict[str, Any]]) -> list[bool]:
        try:
            answer = self._client.put_events(Entries=[self._entry(e) for e in events])
        except (BotoCoreError, ClientError) as error:
            raise PublishError(f"events {self._bus_name}: {error}") from error
        return ["ErrorCode" not in entry for entry in answer["Entries"]]

    def _entry(self, event: dict[str, Any]) -> dict[str, Any]:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": self._detail_type,
            "Detail": json.dumps(event),
        }
