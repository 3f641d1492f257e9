"""Both handlers and the floor under this Python, on the same events.

`python -m bench.peer.measure` prints JSON: the CPU time of each is the median of rounds
in which they take turns.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import os
import platform
from collections.abc import Mapping
from typing import Any

from bench import handler
from bench.events import event
from bench.segments import CannedTables, stored_items

from . import powertools
from .shapes import sizes_of

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "peer")
PACKAGES = ("aws-lambda-powertools", "pydantic", "msgspec")


def measure(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a row for each shape: readings per vCPU-second."""
    sizes = sizes_of(environment)
    cases: dict[Any, handler.Case] = {}
    readings = {}
    for shape in sizes.shapes:
        full = event(shape)
        readings[shape] = handler.counted(full)["readings"]
        cases[shape, "floor"] = handler.floor_of(full)
        client = CannedTables(stored_items(shape))
        cases[shape, "ours"] = handler.handling(full, client)
        peer = powertools.handler_of(full, is_bare=shape.per_message == 1)
        cases[shape, "peer"] = _quiet(peer)
    seconds = handler.medians(cases, sizes.rounds)
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    rows = []
    for shape in sizes.shapes:
        rate = {
            kind: round(readings[shape] / seconds[shape, kind])
            for kind in ("ours", "peer", "floor")
        }
        rows.append(
            {
                "python": platform.python_version(),
                "per_message": shape.per_message,
                "segments": shape.segments,
                **rate,
                "ratio": round(rate["ours"] / rate["peer"], 2),
                "versions": versions,
            }
        )
    return rows


def _quiet(case: handler.Case) -> handler.Case:
    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            case()

    return run


if __name__ == "__main__":
    print(json.dumps(measure(os.environ)))
