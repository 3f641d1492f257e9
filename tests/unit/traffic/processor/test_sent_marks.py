"""An outbox is emptied after its events were sent, unless another writer was faster."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.traffic.segment.builders import START, record
from traffic.model import StoredSegment

from .fakes import MemoryStore
from .test_batch import AT_ONCE, World, jam


class BusyStore(MemoryStore):
    """Another writer changes a segment between each sending and its mark."""

    def mark_sent(self, segments: Sequence[StoredSegment]) -> set[str]:
        """Mark none."""
        return {one.segment_id for one in segments}


def test_a_mark_that_another_writer_was_faster_than_counts_as_a_conflict() -> None:
    world = World(policy=AT_ONCE)
    world.store = BusyStore()

    work = world.run(record(1, jam()))

    assert work.failed == []  # its writer sends and marks what is left
    assert work.figures.counts["Conflicts"] == 1


def test_a_full_outbox_that_others_always_change_fails_in_the_end() -> None:
    world = World()
    event = {"segment_id": "s", "received_at": START}
    world.store = BusyStore({"s": StoredSegment("s", 1, outbox=(event,) * 65)})

    work = world.run(record(1, jam()), record(2, jam(), "t"))

    assert work.failed == ["1"]
    assert work.figures.counts["Conflicts"] == 6
    assert "t" in world.store.segments
