"""A sweep of 50,000 sensors: how often AWS is called, not how long it takes here."""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import ceil
from typing import Any

import pytest

from traffic.aws import dynamodb as aws_dynamodb
from traffic.segment.alerts import SEVERE, AlertState
from traffic.segment.state import WorkingState
from traffic.segment.state_codec import pack
from traffic.sensor_health.aws import MEMORY_KEY
from traffic.sensor_health.thresholds import MOST_CLOSED_SEGMENTS

from ..processor.city import Line
from ..segment.builders import ms
from .street import newest
from .world import World

SEGMENTS, SENSORS, DISTRICTS = 5_000, 10, 40
IN_A_PAGE = 1_000  # items of under 1 KB, of a page of 1 MB
ALONE, JAMS = 300, 100
SWEEP_S = 700
OUT = SEGMENTS // DISTRICTS  # segments of the district that is out


@cache
def packed(at_s: int, is_jammed: bool) -> bytes:
    """The state of a segment whose sensors all spoke then."""
    said = (4, 50.0, 0.1, 60_000)
    sensors = {f"d{n}": newest(ms(at_s), *said) for n in range(SENSORS)}
    alert = AlertState(SEVERE, ms(at_s), ms(at_s)) if is_jammed else AlertState()
    return pack(WorkingState(clock=ms(at_s), sensors=sensors, alert=alert))


def item(number: int, at_s: int, is_jammed: bool) -> dict[str, Any]:
    """A segment whose sensors all spoke then."""
    return aws_dynamodb.attributes(
        {
            "segment_id": f"s{number:05}",
            "district": f"District {number // OUT}",
            "version": 1,
            "state": packed(at_s, is_jammed),
            "received_at": ms(at_s),
            "updated_at": ms(at_s),
        }
    )


def city(silent: set[int]) -> World:
    """Segments that spoke just now, but for the silent ones; some of these jammed."""
    world = World()
    world.dynamodb.page = IN_A_PAGE
    jammed = set(sorted(silent)[:JAMS])
    for number in range(SEGMENTS):
        at_s = 0 if number in silent else SWEEP_S - 30
        row = item(number, at_s, number in jammed)
        world.dynamodb.put_item(TableName="segments", Item=row)
    return world


def swept(world: World, at_s: int = SWEEP_S) -> tuple[dict[str, Any], Counter[str]]:
    line = Line()
    sweep = world.sweep(at_s, line)
    assert sweep.failed == {}
    return sweep.figures, Counter(line.calls)


SCANS = 4 * ceil(SEGMENTS / 4 / IN_A_PAGE)
DISTRICT = set(range(OUT))
LONE = set(range(OUT, SEGMENTS, (SEGMENTS - OUT) // ALONE + 1))


def test_a_city_in_good_health_costs_a_handful_of_calls() -> None:
    world = city(set())

    figures, calls = swept(world)

    assert figures["SensorsKnown"] == SEGMENTS * SENSORS == 50_000
    assert figures["SensorsSilent"] == 0
    assert calls == {
        "get_object": 1,
        "get_metric_data": 1,
        "scan": SCANS,
        "query": 3,
        "put_object": 1,
    }


def test_its_memory_stays_small() -> None:
    world = city(set())
    swept(world)

    assert len(world.memory.objects[MEMORY_KEY]) < 100 * SEGMENTS * SENSORS


def test_a_district_and_hundreds_of_segments_go_out_by_the_batch() -> None:
    silent = DISTRICT | LONE
    world = city(silent)

    figures, calls = swept(world)

    faults = 1 + len(LONE)
    assert figures["SegmentsSilent"] == len(silent)
    assert len(world.open()) == faults
    assert figures["AlertsClosedBySilence"] == JAMS
    assert calls["transact_write_items"] <= ceil(JAMS * 2 / 100)
    rested = ceil((len(silent) - JAMS) / 25) + ceil(JAMS / 25)  # and marked as sent
    assert calls["batch_execute_statement"] <= rested + 2 * ceil(faults / 25)
    assert calls["put_events"] <= ceil(faults / 10) + ceil(JAMS / 10)
    assert calls["scan"] == SCANS


@pytest.mark.parametrize(
    ("sweeps", "at_rest"), [(1, MOST_CLOSED_SEGMENTS), (2, SEGMENTS)]
)
def test_a_fleet_that_is_out_is_one_fault_and_put_to_rest_by_shares(
    sweeps: int, at_rest: int
) -> None:
    world = city(set(range(SEGMENTS)))

    for number in range(sweeps):
        figures, calls = swept(world, SWEEP_S + 60 * number)

    rested = [row for row in world.rows("segments") if row["version"] == 2]
    assert world.open() == ["fleet:city/silent"]
    assert figures["FleetSilent"] == 1
    assert len(rested) == at_rest
    assert (
        calls["batch_execute_statement"]
        <= ceil(MOST_CLOSED_SEGMENTS / 25) + JAMS / 25 + 2
    )
