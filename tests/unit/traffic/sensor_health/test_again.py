"""What ended without a reading is listed again, and only by who came after."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from traffic.aws.dynamodb import values_of
from traffic.errors import Conflict
from traffic.sensor_health.aws import DynamoFaults
from traffic.sensor_health.faults import CLOSING, DISMISSED, Fault, closed, opened

from ..processor.city import Line
from ..segment.builders import message, ms, reading, records
from .world import FaultyDynamoDB, World

FAULT = Fault("sensor", "s/a", "silent", since=ms(0), detected_at=ms(300))
AGAIN = opened(replace(FAULT, detected_at=ms(900)))


def city() -> World:
    """A road that fell silent beside one that speaks."""
    world = World("dead", "alive")
    world.process(records(message(reading("a")), segment="dead"))
    return speaks(world, 0)


def speaks(world: World, at_s: int) -> World:
    said = message(reading("a", at_s), reading("b", at_s))
    world.process(records(said, segment="alive", first=10 + at_s))
    return world


def swept(world: World, at_s: int, silent_s: int, line: Line | None = None) -> World:
    """A sweep of a deployment that is so patient."""
    speaks(world, at_s - 10)
    world.silent_s = silent_s
    world.sweep(at_s, line)
    return world


def ended() -> World:
    """A fault that a longer patience has ended."""
    return swept(swept(city(), 700, 300), 760, 3_600)


def told(world: World) -> list[str]:
    return [event["transition"] for event in world.bus.events if "kind" in event]


def test_patience_raised_ends_a_fault_and_lowered_lists_it_again() -> None:
    world = swept(city(), 700, 300)
    assert world.open() == ["segment:dead/silent"]
    swept(world, 760, 3_600)
    assert world.open() == []
    (over,) = world.faults()
    assert over["expires_at"] == ms(760) // 1000 + 30 * 86_400

    swept(world, 820, 300)

    (row,) = world.faults()
    assert world.open() == ["segment:dead/silent"]
    assert row["fault_id"] == over["fault_id"] == f"segment:dead/silent@{ms(0)}"
    assert (row["since"], row["detected_at"]) == (ms(0), ms(820))
    assert not {"closed_at", "duration_s", "expires_at", "outbox"} & set(row)
    assert world.printed[0].count('"UnsentHealthEvents":0') == 1


def test_each_time_it_is_told_by_an_event_of_its_own() -> None:
    world = swept(ended(), 820, 300)
    swept(world, 880, 3_600)

    events = [event for event in world.bus.events if "kind" in event]
    assert told(world) == ["opened", "closed", "opened", "closed"]
    assert len({event["event_id"] for event in events}) == 4
    assert len({event["fault_id"] for event in events}) == 1


def test_it_is_told_once_however_often_it_is_looked_at() -> None:
    world = swept(ended(), 820, 300)

    for minute in range(1, 6):
        swept(world, 820 + 60 * minute, 300)

    assert told(world) == ["opened", "closed", "opened"]


CALLS = 14


def test_the_calls_of_a_sweep_that_lists_again_are_all_tried_below() -> None:
    line = Line()
    swept(ended(), 820, 300, line)

    assert len(line.calls) == CALLS
    assert line.calls.count("batch_execute_statement") == 3  # refused, again, told


@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_two_sweeps_at_once_list_it_once(at: int) -> None:
    world = ended()
    speaks(world, 810)
    world.silent_s = 300

    world.sweep(820, world.meanwhile(at, lambda: world.sweep(820)))

    assert world.open() == ["segment:dead/silent"]
    assert sorted({e["event_id"] for e in world.bus.events if "kind" in e}) == sorted(
        f"segment:dead/silent@{ms(0)}/{mark}"
        for mark in (
            f"opened@{ms(700)}",
            f"closed@{ms(760)}",
            f"opened@{ms(820)}",
        )
    )


# The row that is there


def table(row: Fault) -> tuple[FaultyDynamoDB, DynamoFaults]:
    dynamodb = FaultyDynamoDB()
    faults = DynamoFaults(dynamodb, "faults", 30)
    faults.write([row], [])
    return dynamodb, faults


def over_at(seconds: int) -> Fault:
    return replace(closed(opened(FAULT), ms(seconds)), standing=None, outbox=())


def only(dynamodb: FaultyDynamoDB) -> dict[str, Any]:
    (row,) = dynamodb.rows("faults")
    return values_of(row)


def test_a_row_that_was_over_before_is_opened_anew() -> None:
    dynamodb, faults = table(over_at(899))

    assert faults.write([AGAIN], []) == {FAULT.fault_id: None}
    assert only(dynamodb)["open_flag"] == "open"
    assert json.loads(only(dynamodb)["outbox"])[0]["detected_at"] == ms(900)


@pytest.mark.parametrize(
    "row",
    [
        opened(FAULT),
        over_at(900),
        over_at(901),
        replace(closed(opened(FAULT), ms(800)), standing=CLOSING),
        replace(closed(opened(FAULT), ms(800)), standing=DISMISSED),
    ],
    ids=["open", "ended now", "ended later", "not yet told", "dismissed"],
)
def test_any_other_row_is_another_sweeps(row: Fault) -> None:
    dynamodb, faults = table(row)
    before = only(dynamodb)

    ((_, refusal),) = faults.write([AGAIN], []).items()

    assert isinstance(refusal, Conflict)
    assert only(dynamodb) == before
