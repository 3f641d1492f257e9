"""What a batch costs the processor in CPU, boto3 included, the wire excluded.

`python -m bench.service_time` prints the constants of `trafficctl.cost.service_time` as
this machine has them, beside those in force.
"""

from __future__ import annotations

import statistics
import time
from typing import Any, NamedTuple

from traffic.processor.function import CLIENT
from trafficctl.cli.output import Column, number, show, table
from trafficctl.cost.service_time import MEASURED, ServiceTime

from .events import START_MS, Shape, event
from .handler import handling
from .machine import described
from .segments import CannedTables, stored_items
from .wire import Wire

ROUNDS = 9
FEW, MANY = 50, 450  # segments of a batch, one message each
MESSAGE = 25  # readings
OPEN_MS = START_MS - 5_000  # the minute goes on; from START_MS on it closes another
OPERATIONS = {
    "BatchGetItem": "batch_get_item",
    "BatchExecuteStatement": "batch_execute_statement",
    "TransactWriteItems": "transact_write_items",
}


class Batch(NamedTuple):
    """A batch of one message of each segment."""

    segments: int
    readings: int  # of each message
    start_ms: int = OPEN_MS


def wired(tables: CannedTables) -> Wire:
    """A client of these tables."""

    def answer(operation: str, body: Any) -> Any:
        return getattr(tables, OPERATIONS[operation])(**asked(body))

    return Wire(answer, CLIENT)


def asked(told: dict[str, Any]) -> dict[str, Any]:
    """The arguments that the tables read; boto3 adds some."""
    names = ("RequestItems", "Statements", "TransactItems")
    return {name: told[name] for name in names if name in told}


def measure() -> ServiceTime:
    """Seconds of CPU, each the difference of two batches."""
    one_each, few = _cpu_s(Batch(MANY, 1)), _cpu_s(Batch(FEW, 1))
    reading = (_cpu_s(Batch(MANY, MESSAGE)) - one_each) / MANY / (MESSAGE - 1)
    segment = (one_each - few) / (MANY - FEW) - reading
    minute = (_cpu_s(Batch(MANY, 1, START_MS)) - one_each) / MANY
    batch = max(0.0, few - FEW * (segment + reading))
    return ServiceTime(batch, segment, reading, minute)


def _cpu_s(batch: Batch) -> float:
    """The median of some rounds; the first, which fills caches, does not count."""
    shape = Shape(batch.readings, batch.segments, batch.readings)
    full = event(shape, batch.start_ms)
    full["Records"] = full["Records"][: batch.segments]
    wire = wired(CannedTables(stored_items(shape)))
    handle = handling(full, wire.client)
    times = []
    for _ in range(ROUNDS + 1):
        before, own = time.process_time(), sum(wire.own_s)
        handle()
        times.append(time.process_time() - before - sum(wire.own_s) + own)
    return statistics.median(times[1:])


def main() -> None:
    """Print both."""
    print(described())
    heads = ("here", "in force", "here / in force")
    columns = (Column("CPU, us"), *(Column(head, number=True) for head in heads))
    here = measure()
    cells = [
        (
            f"of a {name}",
            *(number(n * 1e6, 2) for n in both),
            number(both[0] / both[1], 2),
        )
        for name, *both in zip(ServiceTime._fields, here, MEASURED, strict=True)
    ]
    show(table(columns, cells))


if __name__ == "__main__":
    main()
