"""How long deploying into an empty city takes, and asking what more it could carry."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trafficctl.cli.output import Column, number, show, table
from trafficctl.local.ports import free_ports
from trafficctl.up import command as city

from .bars import under

STACK = "bench-deploy"
# The promises, in seconds.
BARS = (("deploy", ("deploy", "--yes"), 60.0), ("preflight", ("preflight",), 10.0))


@dataclass(frozen=True)
class Timed:
    """What a command took, and how it ended."""

    seconds: float
    code: int


def run() -> bool:
    """Time each command, its start included, and print it beside its promise.

    True if both did their work; how long they took is not judged.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / STACK
        try:
            gateway, mqtt = free_ports(2)
            started = city.start(home, gateway, mqtt)
            times = {name: timed(started, command) for name, command, _ in BARS}
        finally:
            city.stop(home)
    columns = [Column("trafficctl"), Column("s", number=True), Column("")]
    show(table(columns, rows(times), title="Into an empty local city"))
    return worked(times)


def worked(found: Mapping[str, Timed]) -> bool:
    """Whether all commands did what they should."""
    return all(one.code == 0 for one in found.values())


def rows(found: Mapping[str, Timed]) -> list[tuple[str, str, str]]:
    """A line for each command; one that failed has no time worth telling."""
    return [
        (name, number(one.seconds, 1), under(one.seconds, bar, "s"))
        if (one := found[name]).code == 0
        else (name, "", f"FAILED with exit code {one.code}")
        for name, _, bar in BARS
    ]


def timed(started: city.City, command: tuple[str, ...]) -> Timed:
    """One command, to its end."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "trafficctl", *command, "--stack", STACK],
        env={**os.environ, **started.environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return Timed(time.monotonic() - begun, done.returncode)


if __name__ == "__main__":
    sys.exit(0 if run() else 1)
