"""`make bench`: the figures that the design promises, as this machine has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.lambda_runtime.pythons import equipped, missing, unpacked
from trafficctl.output import Column, number, show, table
from trafficctl.package import RUNTIMES

from . import deploying, handler, local_city, redrive, registering
from .machine import described
from .segments import item_bytes, stored_items

OLDEST = RUNTIMES[0]
ROOT = Path(__file__).parents[1]


def main() -> int:
    """Print all figures; the exit code says only that they could be taken."""
    print(described())
    show_handler(handler.measure())
    if missing(OLDEST) is None:
        show_handler(under(OLDEST))
    else:
        print(f"{OLDEST}: not measured, {missing(OLDEST)}")
    show_size()
    deploying.run()
    local_city.run(
        seconds=float(os.environ.get("BENCH_SECONDS") or 60),
        rate=float(os.environ.get("BENCH_RATE") or 50_000),
    )
    registering.main()
    redrive.main()
    return 0


def under(runtime: str) -> Any:
    """What the handler takes under another Python, with Lambda's package."""
    code = unpacked(ROOT / "build" / "bench" / "task")
    env = {"PYTHONPATH": os.pathsep.join([str(code), str(ROOT)])}
    command = [str(equipped(runtime)), "-m", "bench.handler"]
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def show_handler(results: dict[str, Any]) -> None:
    """A line for each way that readings come."""
    title = f"Handler without I/O, Python {results['python']}: readings per vCPU-second"
    headers = ("readings", "handler", "floor", "floor / handler")
    columns = [Column(header, number=True) for header in headers]
    rows = [
        (name, *_figures(found)) for name, found in results.items() if name != "python"
    ]
    show(table([Column("an event of 6 MB, 90 segments"), *columns], rows, title=title))


def _figures(found: dict[str, float]) -> tuple[str, ...]:
    figures = [number(found[key]) for key in ("readings", "handler", "floor")]
    return (*figures, number(found["floor"] / found["handler"], 1))


def show_size() -> None:
    """The item of a segment with ten sensors, as DynamoDB counts it."""
    (item, *_) = stored_items(handler.SHAPES["messages of 1"]).values()
    packed = len(item["state"]["B"])
    print(f"State item of a 10-sensor segment: {item_bytes(item):,} bytes,")
    print(f"{packed:,} of them packed state; up to 1,024 a write costs one unit")


if __name__ == "__main__":
    sys.exit(main())
