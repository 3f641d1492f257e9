"""Each reading that a run received is in its figures once, or comes again."""

from __future__ import annotations

from tests.unit.traffic.segment.builders import message, reading, record
from traffic.errors import StoreError
from trafficctl.audit.processor_metrics import ProcessorCounts

from .test_batch import World


def figures(world: World, *batch: object) -> ProcessorCounts:
    """What the audit reads of one run."""
    counts = world.run(*batch).figures.counts
    names = ("received", "accepted", "late", "duplicate", "redelivered", "rejected")
    return ProcessorCounts(**{name: counts[name.capitalize()] for name in names})


def batch() -> list[object]:
    return [
        record(1, message(reading("a"), reading("a"), reading("b", count=1001)), "x"),
        record(2, b"no JSON", "x"),
        record(3, message(reading("a"), reading("b"), reading("c")), "y"),
    ]


def test_a_batch_that_goes_well_settles_all_it_received() -> None:
    told = figures(World(), *batch())

    assert told == ProcessorCounts(received=7, accepted=4, duplicate=1, rejected=2)
    assert (told.settled, told.retried) == (7, 0)


def test_readings_of_a_segment_that_is_not_written_come_again() -> None:
    world = World()
    world.store.refusals["y"] = [StoreError("refused")]

    told = figures(world, *batch())

    assert (told.received, told.settled, told.retried) == (7, 4, 3)


def test_what_is_delivered_once_more_is_received_and_settled_once_more() -> None:
    world = World()
    world.run(*batch())

    told = figures(world, *batch())

    assert told == ProcessorCounts(received=7, redelivered=5, rejected=2)
    assert told.retried == 0
