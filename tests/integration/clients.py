"""Clients of a local city, each made once: to make one takes longer than a call."""

from __future__ import annotations

from typing import Any

from trafficctl.aws.session import client
from trafficctl.up.command import City

# A function that takes long on a busy machine must not be invoked again beside itself.
PATIENT = {"read_timeout_s": 300, "attempts": 0}


class Clients:
    """The clients of a city by service, and their session."""

    def __init__(self, city: City) -> None:
        self.session = city.session()
        self._by_service: dict[str, Any] = {}

    def of(self, service: str) -> Any:
        """A client of the city's `service`."""
        if service not in self._by_service:
            limits = PATIENT if service == "lambda" else {}
            self._by_service[service] = client(self.session, service, **limits)
        return self._by_service[service]
