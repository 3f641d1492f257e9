"""How long deploying into an empty city takes, and asking what more it could carry."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trafficctl import city
from trafficctl.output import Column, number, show, table

from .local_city import free_ports

STACK = "bench-deploy"
# The promises, in seconds.
BARS = (("deploy", ("deploy", "--yes"), 60.0), ("preflight", ("preflight",), 10.0))


def run() -> None:
    """Time each command, its start included, and print it beside its promise."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / STACK
        try:
            gateway, mqtt = free_ports(2)
            started = city.start(home, gateway, mqtt)
            rows = [
                (name, number(seconds(started, command), 1), f"under {bar:.0f}")
                for name, command, bar in BARS
            ]
        finally:
            city.stop(home)
    columns = [Column("trafficctl"), Column("s", number=True), Column("")]
    show(table(columns, rows, title="Into an empty local city"))


def seconds(started: city.City, command: tuple[str, ...]) -> float:
    """The time of one command, to its end."""
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "trafficctl", *command, "--stack", STACK],
        env={**os.environ, **started.environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - begun


if __name__ == "__main__":
    run()
