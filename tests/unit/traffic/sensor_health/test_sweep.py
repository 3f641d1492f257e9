"""Whatever goes wrong in a sweep, the next one makes it good."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import Any

import msgspec
import pytest

from traffic.errors import StoreError
from traffic.sensor_health.aws import MEMORY_KEY
from traffic.sensor_health.daily_counts import Day
from traffic.sensor_health.memory import Memory, pack, unpack
from traffic.sensor_health.suspects import Track
from traffic.sensor_health.sweep import log_lines

from ..processor.city import Crash, Line
from ..segment.builders import message, ms, reading, records
from .world import World

LATER = 700
HOWS = ["crash before", "crash after", "throttle", "no answer"]


def jammed() -> World:
    """A jam with an open alert, a calm road beside it, a road that never reported."""
    world = World("jam", "calm", "unheard")
    jam = [message(reading("a", s, speed=5)) for s in (0, 1)]
    assert not world.process(records(*jam, segment="jam"))["batchItemFailures"]
    calm = message(reading("a"), reading("b"))
    world.process(records(calm, segment="calm", first=10))
    return world


def speaks(world: World, at_s: float, segment: str = "jam", first: int = 50) -> None:
    """A sensor of that segment says that the road is free."""
    said = message(reading("a", at_s, speed=100))
    world.process(records(said, segment=segment, first=first))


def undisturbed() -> World:
    world = jammed()
    world.sweep(LATER)
    return world


@functools.cache
def expected() -> dict[str, Any]:
    world = undisturbed()
    world.sweep(LATER)
    return world.whole()


@functools.cache
def calls() -> list[str]:
    line = Line()
    jammed().sweep(LATER, line)
    return list(line.calls)


CALLS = [pytest.param(n, id=f"{n}-{name}") for n, name in enumerate(calls(), 1)]


def test_a_silent_city_is_told_of_and_put_to_rest() -> None:
    world = undisturbed()

    assert world.open() == ["fleet:city/silent"]
    (alert,) = world.rows("alerts")
    assert (alert["alert_status"], alert["cleared_by"]) == ("cleared", "silence")
    assert [event.get("kind") or event["transition"] for event in world.bus.events] == [
        "opened",
        "silent",
        "cleared",
    ]
    assert "outbox" not in world.segment("jam")
    assert world.segment("jam")["sensors_reporting"] == 0
    assert {row["segment_id"] for row in world.rows("history")} == {"jam", "calm"}
    assert all("outbox" not in row for row in world.faults())


def test_a_sweep_prints_one_line_of_metrics() -> None:
    (line,) = undisturbed().printed
    found = json.loads(line)

    metrics = found["_aws"]["CloudWatchMetrics"][0]
    assert (metrics["Namespace"], metrics["Dimensions"]) == ("CityTraffic", [["Stack"]])
    assert {one["Name"]: found[one["Name"]] for one in metrics["Metrics"]} == {
        "SensorsKnown": 3,
        "SensorsSilent": 3,
        "SensorsSuspect": 0,
        "SegmentsSilent": 2,
        "DistrictsSilent": 1,
        "FleetSilent": 1,
        "ProcessorBehind": 0,
        "AlertsClosedBySilence": 1,
        "UnsentEvents": 0,
        "UnsentHealthEvents": 0,
    }


def test_the_calls_of_a_sweep_are_all_tried_below() -> None:
    assert set(calls()) == {
        "get_object",
        "get_metric_data",
        "scan",
        "query",
        "batch_execute_statement",
        "transact_write_items",
        "put_events",
        "put_object",
    }


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("at", CALLS)
def test_whichever_call_fails_the_next_sweep_makes_it_good(at: int, how: str) -> None:
    world, line = jammed(), Line(fail_at=at, how=how)

    with contextlib.suppress(Crash, StoreError):
        world.sweep(LATER, line)
    world.sweep(LATER)

    assert world.whole() == expected()


@pytest.mark.parametrize("at", CALLS)
def test_two_sweeps_at_once_do_as_one(at: int) -> None:
    world = jammed()

    world.sweep(LATER, world.meanwhile(at, lambda: world.sweep(LATER)))

    assert world.whole() == expected()


@pytest.mark.parametrize("at", CALLS)
def test_a_sensor_that_returns_during_a_sweep_leaves_no_fault_behind(at: int) -> None:
    """Between any two calls of the sweep, the processor takes a reading of now."""
    world = jammed()

    world.sweep(LATER, world.meanwhile(at, lambda: speaks(world, LATER)))
    calm = message(reading("a", LATER + 30), reading("b", LATER + 30))
    world.process(records(calm, segment="calm", first=60))
    world.sweep(LATER + 60)

    assert world.open() == []
    jam = world.segment("jam")
    assert (jam["sensors_reporting"], jam["speed"]) == (1.0, 100.0)
    assert jam["accepted"] == 3
    readings = sum(
        r["readings"] for r in world.rows("history") if r["segment_id"] == "jam"
    )
    assert readings == 2
    assert "outbox" not in jam


def test_what_spoke_between_scan_and_write_is_not_closed() -> None:
    world = jammed()
    write = calls().index("transact_write_items") + 1

    world.sweep(LATER, world.meanwhile(write, lambda: speaks(world, LATER)))

    (alert,) = world.rows("alerts")
    assert alert["alert_status"] == "open"
    assert world.segment("jam")["alert_level"] == "severe"


def test_all_is_well_again_with_the_next_reading() -> None:
    world = undisturbed()
    speaks(world, 730)
    speaks(world, 730, "calm", first=60)

    world.sweep(760)

    assert world.open() == []
    (row,) = world.faults()
    assert (row["closed_at"], row["duration_s"]) == (ms(760), 760 - 1)
    assert "open_flag" not in row
    assert row["expires_at"] == ms(760) // 1000 + 30 * 86_400
    assert [e["transition"] for e in world.bus.events if "kind" in e] == [
        "opened",
        "closed",
    ]


# What can't be read


def test_a_city_that_cannot_be_read_is_not_judged() -> None:
    scan = calls().index("scan") + 1
    world, line = jammed(), Line(fail_at=scan, how="throttle")
    before = world.whole()

    with pytest.raises(Exception, match="Throttling"):
        world.sweep(LATER, line)

    assert world.whole() == before


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"\x92\x09\x80", b"[1]"])
def test_a_memory_that_cannot_be_read_is_begun_anew(
    content: bytes, capsys: Any
) -> None:
    world = jammed()
    world.memory.objects[MEMORY_KEY] = content

    world.sweep(LATER)

    assert '"health.no_memory"' in capsys.readouterr().out
    assert world.whole() == undisturbed().whole()
    assert world.memory.objects[MEMORY_KEY] != content


def test_tracks_of_the_first_release_are_read() -> None:
    """They end with the vehicles of the lane's day."""
    track = Track(1, 2, 3, covered=4, covered_since=5, day=Day(last=6))
    layout, packed = msgspec.msgpack.decode(pack(Memory(tracks={"s": {"a": track}})))
    first = list(Track.__struct_fields__).index("day") + 1
    packed["tracks"]["s"]["a"] = packed["tracks"]["s"]["a"][:first]

    read = unpack(msgspec.msgpack.encode([layout, packed]))

    assert read.tracks == {"s": {"a": track}}


def test_a_segment_that_cannot_be_read_does_not_stop_the_others(capsys: Any) -> None:
    world = jammed()
    broken = {"segment_id": {"S": "broken"}, "state": {"B": b"what?"}}
    world.dynamodb.put_item(TableName="segments", Item=broken)

    world.sweep(LATER)

    assert "health.unreadable" in capsys.readouterr().out
    assert world.open() == ["fleet:city/silent"]


def test_what_was_refused_is_said_line_by_line() -> None:
    world = jammed()
    put = calls().index("put_object") + 1
    sweep = world.sweep(LATER, Line(fail_at=put, how="throttle"))

    lines = log_lines(sweep, "city", ms(LATER))

    assert json.loads(lines[1])["event"] == "health.refused"
    assert "Throttling" in json.loads(lines[1])["fault"]
