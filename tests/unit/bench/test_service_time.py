"""What the benchmark of a batch measures is a batch that is processed."""

from __future__ import annotations

import pytest

from bench.events import START_MS, Shape, event
from bench.handler import handling
from bench.segments import CannedTables, stored_items
from bench.service_time import OPEN_MS, OPERATIONS, wired


class Counted(CannedTables):
    """Canned tables that count their calls."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(stored_items(shape))
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> object:
        if name in OPERATIONS.values():
            self.calls.append(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize(
    ("start_ms", "write"),
    [(OPEN_MS, "batch_execute_statement"), (START_MS, "transact_write_items")],
)
def test_a_batch_closes_its_minutes_or_none(start_ms: int, write: str) -> None:
    shape = Shape(1, 3, 1)
    full = event(shape, start_ms)
    full["Records"] = full["Records"][:3]
    tables = Counted(shape)
    wire = wired(tables)

    handling(full, wire.client)()

    assert tables.calls == ["batch_get_item", write]
    assert len(wire.own_s) == 2
