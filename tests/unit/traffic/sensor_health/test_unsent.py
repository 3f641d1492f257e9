"""What the bus did not take is told by the next sweep, and counts until then."""

from __future__ import annotations

import json

import pytest

from ..processor.city import Line
from ..segment.builders import message, reading, records
from .test_sweep import LATER, jammed, speaks
from .world import World


def test_news_that_the_bus_refused_is_told_by_the_next_sweep() -> None:
    world = jammed()
    world.bus.refuses = 1
    first = world.sweep(LATER)
    assert first.figures["UnsentHealthEvents"] == 1
    (row,) = world.faults()
    assert json.loads(row["outbox"])[0]["transition"] == "opened"

    world.sweep(LATER + 60)

    kinds = [event.get("kind") for event in world.bus.events]
    assert kinds.count("silent") == 1
    assert "outbox" not in world.faults()[0]


def test_the_end_of_a_fault_that_nobody_was_told_of_is_told_in_its_order() -> None:
    world = jammed()
    world.bus.refuses = 99
    world.sweep(LATER)
    speaks(world, 730)
    speaks(world, 730, "calm", first=60)
    world.bus.refuses = 99
    world.sweep(760)
    world.bus.refuses = 0

    world.sweep(820)

    told = [event["transition"] for event in world.bus.events if "kind" in event]
    assert told == ["opened", "closed"]
    assert all("open_flag" not in row for row in world.faults())


@pytest.mark.parametrize(("at_s", "is_sent"), [(60, False), (70, True)])
def test_an_alert_that_the_processor_did_not_live_to_send_is_sent_after_a_minute(
    at_s: float, is_sent: bool
) -> None:
    world = World("jam")
    world.bus.refuses = 99
    world.process(records(message(reading("a", speed=5)), segment="jam"))
    world.bus.refuses = 0
    assert "outbox" in world.segment("jam")

    world.sweep(at_s)

    assert len(world.bus.events) == is_sent
    assert ("outbox" not in world.segment("jam")) is is_sent


def left_over() -> World:
    """An alert that the processor did not live to send, of a road that speaks."""
    world = World("jam")
    world.bus.refuses = 99
    world.process(records(message(reading("a", speed=5)), segment="jam"))
    world.bus.refuses = 0
    return world


def test_an_alert_that_the_bus_refuses_a_sweep_counts_as_unsent() -> None:
    world = left_over()
    world.bus.refuses = 1

    sweep = world.sweep(70)

    assert sweep.failed == {}
    assert sweep.figures["UnsentEvents"] == 1
    assert sweep.figures["UnsentHealthEvents"] == 0
    assert "outbox" in world.segment("jam")


def test_each_sweep_counts_what_the_bus_still_refuses() -> None:
    world = left_over()
    world.bus.refuses = 99

    figures = [world.sweep(at_s).figures["UnsentEvents"] for at_s in (70, 130)]

    assert figures == [1, 1]


def test_a_bus_that_does_not_answer_leaves_alerts_unsent() -> None:
    world, line = left_over(), Line()
    world.sweep(70, line)
    put = line.calls.index("put_events") + 1
    world = left_over()

    sweep = world.sweep(70, Line(fail_at=put, how="throttle"))

    assert sweep.figures["UnsentEvents"] == 1
    assert len(sweep.failed) == 1


def test_an_alert_that_a_sweep_closes_and_the_bus_refuses_counts_as_unsent() -> None:
    world = jammed()
    world.bus.refuses = 2  # the news of the fleet, then the alert

    sweep = world.sweep(LATER)

    assert sweep.figures["UnsentHealthEvents"] == 1
    assert sweep.figures["UnsentEvents"] == 1
