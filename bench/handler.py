"""CPU time of the processor without I/O, beside the floor: base64 and typed decode.

Runs under any Lambda Python: `python3.9 -m bench.handler` prints one JSON object.
"""

from __future__ import annotations

import binascii
import contextlib
import gc
import io
import json
import platform
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import msgspec

from traffic.aws.dynamodb import Tables
from traffic.aws.segment_store import DynamoStore
from traffic.processor.decode import decode_message
from traffic.processor.function import process
from traffic.processor.ports import ProcessorPorts

from .events import Event, Shape, event
from .segments import POLICY, CannedTables, stored_items

ROUNDS = 15
SHAPES = {
    "messages of 1": Shape(per_message=1, segments=90, sensors=10),
    "messages of 25": Shape(per_message=25, segments=90, sensors=25),
}
BARS = {"messages of 1": 250_000, "messages of 25": 600_000}  # readings per vCPU-second
Case = Callable[[], None]


class _Nowhere:
    """A bus and a quarantine that take everything."""

    def send(self, events: Any) -> list[bool]:
        return [True] * len(events)

    def keep(self, _shard: str, _rejected: Any) -> None:
        pass


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Readings per vCPU-second, the median of interleaved rounds, by shape."""
    results: dict[str, Any] = {"python": platform.python_version()}
    cases: dict[tuple[str, str], Case] = {}
    for name, shape in SHAPES.items():
        full = event(shape)
        results[name] = counted(full)
        cases[name, "floor"] = floor_of(full)
        cases[name, "handler"] = handling(full, CannedTables(stored_items(shape)))
    for (name, kind), seconds in medians(cases, rounds).items():
        results[name][kind] = results[name]["readings"] / seconds
    return results


def medians(cases: dict[Any, Case], rounds: int) -> dict[Any, float]:
    """Seconds of CPU, of all threads, that each case took."""
    seconds: dict[Any, list[float]] = {key: [] for key in cases}
    for _ in range(rounds):
        for key, case in cases.items():
            gc.collect()  # or one case pays for what another left behind
            before = time.process_time()
            case()
            seconds[key].append(time.process_time() - before)
    return {key: statistics.median(times) for key, times in seconds.items()}


def floor_of(full: Event) -> Case:
    """Return what decodes the records of an event, and no more."""

    def decode() -> None:
        for record in full["Records"]:
            try:
                decode_message(binascii.a2b_base64(record["kinesis"]["data"]))
            except msgspec.MsgspecError:
                continue

    return decode


def handling(full: Event, client: Any) -> Case:
    """The handler's work on an event, with this client of DynamoDB."""
    tables = Tables("road_segments", "segment_history", "congestion_alerts")
    now_ms = int(full["Records"][-1]["kinesis"]["approximateArrivalTimestamp"] * 1000)
    ports = ProcessorPorts(
        store=DynamoStore(
            client, tables, POLICY.retention_days, time.sleep, random.random
        ),
        bus=_Nowhere(),
        quarantine=_Nowhere(),
        clock=lambda: now_ms,
        policy=POLICY,
    )

    def handle() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            answer = process(full["Records"], ports, "bench")
        if answer["batchItemFailures"]:
            raise RuntimeError(f"the batch failed: {answer}")

    return handle


def counted(full: Event) -> dict[str, Any]:
    """Return the number of records and readings of an event."""
    payloads = (r["kinesis"]["data"] for r in full["Records"])
    decoded = [json.loads(binascii.a2b_base64(payload)) for payload in payloads]
    readings = sum(len(message.get("readings", [None])) for message in decoded)
    return {"records": len(decoded), "readings": readings}


if __name__ == "__main__":
    print(json.dumps(measure()))
