"""The load on the local city: rate, duration, and a competing busy loop."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trafficctl.errors import UserError

MOST_PER_S = 1_000_000
MOST_S = 3_600
# Ends by itself: after so long, or when the process that started it has ended.
_LOOP = """
import os, sys, time
core, parent, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
os.sched_setaffinity(0, {core})
end = time.monotonic() + seconds
while time.monotonic() < end and os.getppid() == parent:
    pass
"""


class Load(NamedTuple):
    """Updates a second, for so many seconds, perhaps beside a busy loop."""

    rate: float
    seconds: float
    is_busy: bool


def asked_for(environ: Mapping[str, str]) -> Load:
    """BENCH_RATE, BENCH_SECONDS and BENCH_BUSY; UserError if one makes no sense."""
    busy = environ.get("BENCH_BUSY") or "0"
    if busy not in ("0", "1"):
        raise UserError(f"BENCH_BUSY is {busy!r} - expected 1 for a busy loop, or 0")
    if busy == "1" and not hasattr(os, "sched_setaffinity"):
        raise UserError("BENCH_BUSY=1 pins a loop to a core, which needs Linux")
    return Load(
        rate=_number(environ, "BENCH_RATE", 50_000, MOST_PER_S),
        seconds=_number(environ, "BENCH_SECONDS", 60, MOST_S),
        is_busy=busy == "1",
    )


def _number(environ: Mapping[str, str], name: str, usual: int, most: int) -> float:
    text = environ.get(name) or str(usual)
    with contextlib.suppress(ValueError):
        if 1 <= float(text) <= most:
            return float(text)
    raise UserError(f"{name} is {text!r} - expected a number from 1 to {most:,}")


@contextlib.contextmanager
def busy_core(most_s: float) -> Iterator[int]:
    """A busy loop on the last core for as long as the block runs; its process id."""
    core = max(os.sched_getaffinity(0))
    given = str(core), str(os.getpid()), str(most_s)
    loop = subprocess.Popen([sys.executable, "-c", _LOOP, *given])
    try:
        yield loop.pid
    finally:
        loop.kill()
        loop.wait()
