"""The ports of a local city: are they free, and does a city respond?"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import urllib.request
from collections.abc import Callable, Sequence

from trafficctl.errors import CityError, UserError

HOST = "127.0.0.1"
MAP_PORT = 8643
# Where `trafficctl map` serves a local city's live map.
SITE_URL = f"http://{HOST}:{MAP_PORT}"
# Below those that systems give to outgoing connections: such a connection could take a
# free port before the city listens on it.
LISTENING = range(20_000, 32_000)


def check_port(port: int, option: str, holder: Callable[[int], str]) -> None:
    """UserError with the option and the text of `holder` if the port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise UserError(
                f"port {port} on {HOST} is in use{holder(port)} - "
                f"choose another with {option}"
            ) from exc


def free_ports(count: int, among: Sequence[int] = LISTENING) -> list[int]:
    """So many ports that nobody listens on now; raises CityError if there are fewer."""
    ports: list[int] = []
    for port in random.sample(among, len(among)):
        if len(ports) == count:
            break
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            ports.append(port)
    if len(ports) < count:
        raise CityError(f"no free port from {min(among)} to {max(among)} on {HOST}")
    return ports


def answers(endpoint: str) -> bool:
    """Whether a ready local city listens at the endpoint."""
    url = f"{endpoint}/_ministack/ready"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - http://
            body = json.load(answer)
    except (OSError, ValueError):
        return False
    return bool(body.get("iot_mtls") == "listening")
