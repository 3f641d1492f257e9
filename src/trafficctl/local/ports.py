"""The ports of a local city: whether they are free, and whether a city answers."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Callable

from trafficctl.errors import UserError

HOST = "127.0.0.1"
MAP_PORT = 8643
# The address of a local city's live map, while `trafficctl map` serves it there.
SITE_URL = f"http://{HOST}:{MAP_PORT}"


def check_port(port: int, option: str, holder: Callable[[int], str]) -> None:
    """UserError, naming the option and what `holder` says, if the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise UserError(
                f"port {port} is taken on {HOST}{holder(port)} - "
                f"choose another with {option}"
            ) from exc


def answers(endpoint: str) -> bool:
    """Whether a local city that is ready listens at the endpoint."""
    url = f"{endpoint}/_ministack/ready"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - http://
            body = json.load(answer)
    except (OSError, ValueError):
        return False
    return bool(body.get("iot_mtls") == "listening")
