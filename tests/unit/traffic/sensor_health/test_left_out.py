"""From messages to the figures: a sensor that is not to be believed is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from traffic.live_map import views
from traffic.sensor_health.aws import MEMORY_KEY
from traffic.sensor_health.thresholds import LEFT_OUT_KINDS

from ..segment.builders import message, ms, reading, records
from .world import World

Said = Callable[[int], dict[str, Any]]  # the fields of a reading, by the minute


def flows(minute: int) -> dict[str, Any]:
    """Ten vehicles a minute or so, no two minutes alike."""
    share = round(0.06 + minute % 7 / 100, 3)
    return {"count": 9 + minute % 3, "speed": 70.0 + minute % 11, "occupancy": share}


def always(**said: Any) -> Said:
    return lambda _: {"speed": None, **said}


def but(**said: Any) -> Said:
    return lambda minute: {**flows(minute), **said}


def behind(minute: int) -> dict[str, Any]:
    return {**flows(minute), "timestamp": ms(60 * minute - 5 * 3_600)}


def leaps(minute: int) -> dict[str, Any]:
    return {**flows(minute), "occupancy": 0.97 if minute % 2 else 0.02}


SAID: dict[str, tuple[Said, int]] = {  # and after how many minutes at most
    "locked_on": (always(count=0, occupancy=1.0), 33),
    "impossible": (lambda m: {**flows(m), "speed": 95.0 + m % 3, "occupancy": 0.97}, 8),
    "impossible_flow": (lambda m: {**flows(m), "count": 120 + m % 3}, 8),
    "chatter": (leaps, 8),
    "stuck": (always(count=7, speed=48.0, occupancy=0.08), 23),
    "stuck_speed": (but(speed=48.0), 23),
    "no_hits": (always(count=0, occupancy=0.0), 60),
    "effective_length": (lambda m: but(speed=85.0 + m % 11, occupancy=0.4)(m), 183),
    "clock": (behind, 63),
    "unit": (lambda m: {**flows(m), "speed": 30.0 + m, "congestion_score": 0.7}, 8),
    "lane_blocked": (always(count=0, occupancy=1.0), 7),
}


def city() -> World:
    """A city of one road with a free-flow speed of 100 km/h."""
    world = World("s")
    (row,) = world.dynamodb.rows("segments")
    row["free_flow_speed"] = {"N": "100"}
    return world


def driven(
    said: Said,
    minutes: int,
    *others: Said,
    world: World | None = None,
    every: int = 1,
) -> World:
    """Messages of a minute each through the processor, a sweep after each of them."""
    world = world or city()
    for minute in range(0, minutes, every):
        lanes = {"a": said, **dict(zip("bc", others or (flows, flows), strict=False))}
        told = [
            {"interval": 60 * every, **_reading(name, minute, one(minute))}
            for name, one in lanes.items()
        ]
        data = message(*told, received=60 * minute)
        world.process(records(data, segment="s", first=minute + 1))
        world.sweep(60 * minute + 10)
    return world


def _reading(name: str, minute: int, said: dict[str, Any]) -> dict[str, Any]:
    more = dict(said)
    return {**reading(name, 60 * minute, more.pop("count"), more.pop("speed")), **more}


def test_each_kind_is_driven() -> None:
    assert {*SAID, "lane_share"} == {*LEFT_OUT_KINDS, "lane_blocked"}


@pytest.mark.parametrize("kind", SAID)
def test_messages_of_a_faulty_sensor_become_its_fault_and_nobody_elses(
    kind: str,
) -> None:
    said, minutes = SAID[kind]

    world = driven(said, minutes + 1)

    assert world.open() == [f"sensor:s/a/{kind}"]
    item = world.segment("s")
    if kind == "lane_blocked":
        assert "suspects" not in item
        return
    assert item["suspects"] == ["a"]
    (fault,) = [row for row in world.faults() if row.get("open_flag") == "open"]
    assert json.loads(item["left_out"]) == {"a": [kind, fault["since"]]}


def test_a_lane_that_counts_a_tenth_of_what_it_did_is_left_out() -> None:
    def counts(minute: int) -> dict[str, Any]:
        return {"count": 90 + minute % 31, "speed": None}

    def miscounts(minute: int) -> dict[str, Any]:
        return {**counts(minute), "count": 9 + minute % 7}

    day = 1_440
    world = driven(
        lambda minute: counts(minute) if minute < 9 * day else miscounts(minute),
        12 * day + 60,
        *(counts, counts),
        every=20,
    )

    assert world.open() == ["sensor:s/a/lane_share"]
    assert world.segment("s")["suspects"] == ["a"]


def test_it_is_back_when_its_fault_is_over() -> None:
    world = driven(lambda m: flows(m) if m > 30 else SAID["stuck"][0](m), 32)
    assert world.segment("s")["suspects"] == ["a"]

    driven(flows, 40, world=world)

    item = world.segment("s")
    assert "suspects" not in item
    assert "left_out" not in item


def test_a_segment_is_marked_once_and_its_version_stays() -> None:
    world = driven(SAID["unit"][0], 12)
    calls = [json.dumps(row, default=str) for row in world.dynamodb.rows("segments")]

    world.sweep(60 * 11 + 20)

    assert calls == [
        json.dumps(row, default=str) for row in world.dynamodb.rows("segments")
    ]
    assert world.segment("s")["version"] == 12


def test_a_mark_that_a_sweep_did_not_live_to_write_is_written_by_the_next() -> None:
    world = driven(SAID["unit"][0], 12)
    row = next(world.dynamodb.rows("segments"))
    del row["suspects"], row["left_out"]
    world.memory.objects.pop(MEMORY_KEY)

    world.sweep(60 * 12)

    assert world.segment("s")["suspects"] == ["a"]


def percent(said: Said) -> Said:
    """The same, but for an occupancy in percent."""

    def says(minute: int) -> dict[str, Any]:
        values = said(minute)
        return {**values, "occupancy": 100 * values["occupancy"]}

    return says


@pytest.mark.parametrize(
    ("kind", "begin"),
    [("stuck", 30), ("no_hits", 30), ("impossible_flow", 30), ("clock", 0)],
)
def test_a_wrong_unit_hides_no_other_fault(kind: str, begin: int) -> None:
    said, minutes = SAID[kind]

    world = driven(
        lambda minute: percent(flows if minute < begin else said)(minute),
        begin + minutes + 1,
    )

    assert world.open() == [f"sensor:s/a/{kind}"]
    assert world.segment("s")["suspects"] == ["a"]
    events = [event for event in world.bus.events if "kind" in event]
    told = sorted((event["transition"], event["kind"]) for event in events)
    assert told == sorted([("opened", "unit"), ("closed", "unit"), ("opened", kind)])


def test_a_blocked_lane_does_not_bring_a_wrong_score_back_into_the_figures() -> None:
    def says(minute: int) -> dict[str, Any]:
        return SAID["unit" if minute < 30 else "lane_blocked"][0](minute)

    world = driven(says, 50)

    assert world.open() == ["sensor:s/a/unit"]
    assert world.segment("s")["suspects"] == ["a"]


def test_a_wrong_unit_is_listed_again_when_the_other_fault_is_over() -> None:
    def says(minute: int) -> dict[str, Any]:
        said = SAID["impossible_flow"][0] if 30 <= minute < 60 else flows
        return percent(said)(minute)

    world = driven(says, 120)

    assert world.open() == ["sensor:s/a/unit"]
    assert "suspects" not in world.segment("s")


def test_a_sensor_that_sends_percent_is_not_counted_as_left_out() -> None:
    world = driven(percent(flows), 12)

    assert world.sweep(60 * 12).figures["SensorsSuspect"] == 0


def test_a_segment_whose_sensors_are_all_left_out_says_that_it_has_no_figures() -> None:
    odd = SAID["impossible"][0]
    world = driven(odd, 12, odd)

    assert world.open() == [
        "segment:s/no_figures",
        "sensor:s/a/impossible",
        "sensor:s/b/impossible",
    ]
    (told,) = [e for e in world.bus.events if e.get("kind") == "no_figures"]
    assert (told["scope"], told["detail"]) == (
        "segment",
        "every sensor that reports is left out",
    )

    driven(flows, 60, flows, world=world)
    assert world.open() == []


def test_the_page_is_told_who_is_left_out_and_why() -> None:
    item = driven(SAID["stuck"][0], 24).segment("s")

    sensors = {one["id"]: one["suspect"] for one in views.segment(item)["sensors"]}

    assert sensors["a"] == {"kind": "stuck", "since": ms(10)}
    assert (sensors["b"], sensors["c"]) == (None, None)
