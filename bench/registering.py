"""Many devices registered on the local city, killed on the way, and gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trafficctl.cli.output import Column, duration, number, show, table
from trafficctl.local.ports import free_ports
from trafficctl.local.process import LOCAL
from trafficctl.registry.context import DEVICES
from trafficctl.registry.journal import BEGUN, DONE, FILE_NAME, MADE, read_entries
from trafficctl.registry.table import open_table
from trafficctl.up import command as city

STACK = "bench-devices"
KILLS = 3
SEGMENTS = 1000
LINES = 3  # of the journal, for each device


@dataclass(frozen=True)
class Run:
    """One run of the command: how long, and what stood where when it ended."""

    seconds: float
    done: int
    in_flight: int


def run(devices: int) -> bool:
    """Start a city of its own, register, kill, repeat, print, end it.

    True if no device is doubled and none is missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / STACK
        home.mkdir()
        try:
            gateway, mqtt = free_ports(2)
            started, outputs = city.up(home, gateway, mqtt)
            wanted = Path(folder) / "devices.csv"
            write_list(wanted, devices)
            runs = _register(started, wanted, home / LOCAL / DEVICES, devices)
            remains = left_behind(started, outputs, home / LOCAL / DEVICES)
        finally:
            city.stop(home)
    title = f"Registering {devices:,} devices on the local city, killed {KILLS} times"
    columns = (Column(""), Column("", number=True), Column(""))
    show(table(columns, rows(devices, runs, remains), title=title))
    return is_whole(remains, devices)


def write_list(path: Path, devices: int) -> None:
    """A CSV file of so many devices."""
    lines = [f"rsu-{n:06d},seg-{n % SEGMENTS}\n" for n in range(devices)]
    path.write_text("device_id,segment_id\n" + "".join(lines))


def _register(started: city.City, wanted: Path, kept: Path, devices: int) -> list[Run]:
    command = [sys.executable, "-m", "trafficctl", "sensors", "register", str(wanted)]
    command.append("--allow-unknown-segments")
    environment = {**os.environ, **started.environment()}
    stops = [devices * LINES * n // (KILLS + 1) for n in range(1, KILLS + 1)]
    return [_run(command, environment, kept, stop) for stop in [*stops, None]]


def _run(
    command: Sequence[str], environment: dict[str, str], kept: Path, stop: int | None
) -> Run:
    """Run it, to its end or until the journal has *stop* lines."""
    began = time.monotonic()
    running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while running.poll() is None and (stop is None or _lines(kept) < stop):
        time.sleep(0.05)
    if running.poll() is None:
        running.send_signal(signal.SIGKILL)
    code = running.wait()
    assert code == (0 if stop is None else -signal.SIGKILL), code  # noqa: S101 - a bench
    steps = Counter(entry.step for entry in read_entries(kept).values())
    seconds = time.monotonic() - began
    return Run(seconds, steps[DONE], steps[BEGUN] + steps[MADE])


def _lines(kept: Path) -> int:
    path = kept / FILE_NAME
    return path.read_bytes().count(b"\n") if path.exists() else 0


def left_behind(
    started: city.City, outputs: dict[str, str], kept: Path
) -> dict[str, int]:
    """What there is, counted: all of it should be as many as there are devices."""
    session = started.session()
    iot = session.client("iot")
    certificates = iot.list_certificates()["certificates"]
    registered = open_table(session, outputs).all()
    known = {entry.certificate_id for entry in read_entries(kept).values()}
    return {
        "things": len(iot.list_things()["things"]),
        "certificates": len(certificates),
        "of them active": sum(one["status"] == "ACTIVE" for one in certificates),
        "rows": len(registered),
        "rows whose key is here": sum(
            row.get("certificate_id") in known for row in registered
        ),
        "keys": sum(1 for _ in kept.glob("*.pem")),
    }


def rows(
    devices: int, runs: Sequence[Run], found: dict[str, int]
) -> list[tuple[str, str, str]]:
    """The lines of the table: what, how much, and a remark."""
    total_s = sum(one.seconds for one in runs)
    lines: list[tuple[str, str, str]] = [
        (
            "devices a second",
            number(devices / total_s, 1),
            f"{duration(total_s)} in all",
        )
    ]
    for count, one in enumerate(runs, 1):
        remark = f"{one.in_flight} in flight" if one is not runs[-1] else "finished"
        lines.append((f"done after run {count}", number(one.done), remark))
    counted = ((name, number(n), _verdict(n, devices)) for name, n in found.items())
    return [*lines, *counted]


def is_whole(found: Mapping[str, int], devices: int) -> bool:
    """Whether there is of everything as much as there are devices."""
    return set(found.values()) == {devices}


def _verdict(count: int, devices: int) -> str:
    return "none doubled, none missing" if count == devices else "WRONG"


def main() -> int:
    """Register BENCH_DEVICES devices; alone: `python -m bench.registering`."""
    return 0 if run(int(os.environ.get("BENCH_DEVICES") or 10_000)) else 1


if __name__ == "__main__":
    sys.exit(main())
