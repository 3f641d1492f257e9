"""`make bench`: the figures that the design promises, as this machine has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.integration.lambda_runtime.pythons import equipped, missing, unpacked
from trafficctl.cli.output import Column, number, say, show, table
from trafficctl.cli.signals import terminate_cleanly
from trafficctl.errors import UserError
from trafficctl.package.command import RUNTIMES

from . import deploying, handler, local_city, registering
from .bars import over
from .load import asked_for
from .machine import described
from .peer import __main__ as peer
from .segments import item_bytes, stored_items

OLDEST = RUNTIMES[0]
UNIT_BYTES = 1_024  # of a write unit of DynamoDB
ROOT = Path(__file__).parents[1]


def main(parts: Mapping[str, Callable[[], bool]] | None = None) -> int:
    """Print all figures; 0 if all facts are as they have to be, else 1.

    A reading lost, a device doubled or a command that fails is a fact. A time is not:
    it is printed beside its bar, held or missed.
    """
    print(described())
    wrong = [name for name, part in (parts or PARTS).items() if not part()]
    if wrong:
        say(f"NOT as it has to be: {', '.join(wrong)}")
    return 1 if wrong else 0


def measure_handler() -> bool:
    """Under this Python, and under the oldest of Lambda's if it is here."""
    show_handler(handler.measure())
    if missing(OLDEST) is None:
        show_handler(under(OLDEST))
    else:
        print(f"{OLDEST}: not measured, {missing(OLDEST)}")
    return True


def load_city() -> bool:
    """Under BENCH_RATE, BENCH_SECONDS and BENCH_BUSY."""
    return local_city.main() == 0


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
    columns = [*(Column(header, number=True) for header in headers), Column("")]
    rows = [
        (name, *_figures(result), over(result["handler"], handler.BARS[name]))
        for name, result in results.items()
        if name != "python"
    ]
    show(table([Column("an event of 6 MB, 90 segments"), *columns], rows, title=title))


def _figures(found: dict[str, float]) -> tuple[str, ...]:
    figures = [number(found[key]) for key in ("readings", "handler", "floor")]
    return (*figures, number(found["floor"] / found["handler"], 1))


def show_size() -> bool:
    """The item of a segment with ten sensors, as DynamoDB counts it."""
    (item, *_) = stored_items(handler.SHAPES["messages of 1"]).values()
    packed = len(item["state"]["B"])
    print(f"State item of a 10-sensor segment: {item_bytes(item):,} bytes,")
    limit = f"up to {UNIT_BYTES:,} a write costs one unit"
    print(f"{packed:,} of them packed state; {limit}")
    return item_bytes(item) <= UNIT_BYTES


PARTS: dict[str, Callable[[], bool]] = {
    "handler": measure_handler,
    "peer": lambda: peer.main() == 0,
    "state item": show_size,
    "deploying": deploying.run,
    "local city": load_city,
    "registering": lambda: registering.main() == 0,
}


if __name__ == "__main__":
    terminate_cleanly()
    try:
        asked_for(os.environ)  # before minutes of other parts
    except UserError as error:
        sys.exit(str(error))
    sys.exit(main())
