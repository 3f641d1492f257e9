"""The made-up city: its traffic, its sensors, its faults, and what it publishes."""

from __future__ import annotations

import argparse
import base64
import json
from random import Random as Chance
from typing import Any

import pytest

from traffic.model import StoredSegment
from traffic.policy import Policy
from traffic.processor.records import decode_batch
from traffic.segment.decide import decide
from trafficctl.errors import UserError
from trafficctl.roads.geojson import feature_collection
from trafficctl.roads.network import RoadSegment, parse
from trafficctl.simulate.command import (
    Simulation,
    SimulationLoad,
    check_jams,
    load_of,
    register,
)
from trafficctl.simulate.traffic_model import (
    KINDS,
    WAVE_REACH,
    Model,
    Sensors,
    Street,
    demand,
    free_ratio,
    is_rejected,
    jam_depth,
    made_up_roads,
    spoil,
    streets,
)

BEGAN = 1_800_000_000_000


def chance() -> Chance:
    return Chance(1)  # noqa: S311 - a model, no secret


def roads(count: int) -> list[RoadSegment]:
    return parse(feature_collection(made_up_roads(count)), "made up")


def test_the_made_up_city_is_a_road_file_of_its_own() -> None:
    made = roads(45)
    assert len({road.segment_id for road in made}) == 45
    assert made[44].name == "Simulated Road 3, section 5"
    assert all(450 < (road.length_m or 0) < 550 for road in made)


def test_streets_run_in_the_order_of_the_file_one_road_after_the_other() -> None:
    found = streets(roads(22))
    assert [(s.road, s.place) for s in (found[0], found[19], found[20], found[21])] == [
        ("Simulated Road 1", 1),
        ("Simulated Road 1", 20),
        ("Simulated Road 2", 1),
        ("Simulated Road 2", 2),
    ]


def test_demand_peaks_in_the_morning_and_the_evening() -> None:
    hours = sorted(range(24), key=demand)
    assert set(hours[-3:]) == {8, 17, 18}
    assert demand(3) < 0.2


def test_the_empty_road_is_driven_at_free_flow_and_the_full_one_at_half() -> None:
    assert (free_ratio(0.0), free_ratio(1.0)) == (1.0, 0.5)


def test_a_jam_grows_stays_and_dissolves() -> None:
    assert [jam_depth(p, 0) for p in (0.0, 0.125, 0.4, 0.7, 0.9)] == pytest.approx(
        [0, 0.5, 1, 0.5, 0]
    )


def test_a_jam_travels_up_the_road_later_and_weaker() -> None:
    assert jam_depth(0.13, 0) > jam_depth(0.13, 1) == 0
    assert jam_depth(0.5, 0) > jam_depth(0.5, 1) > jam_depth(0.5, WAVE_REACH) > 0
    assert jam_depth(0.5, WAVE_REACH + 1) == jam_depth(0.5, -1) == 0


def street(place: int) -> Street:
    return Street(f"s{place}", 60.0, "r", place)


def test_traffic_stands_where_there_is_a_jam_and_flows_below_it() -> None:
    line = [street(place) for place in range(1, 11)]
    model = Model(line, ["s5"], chance())
    speeds = {s.segment_id: model.at(s, 8.0, 0.5).speed for s in line}
    assert speeds["s5"] == pytest.approx(0.12 * 60)
    assert speeds["s5"] < speeds["s4"] < speeds["s3"]
    assert min(speeds["s6"], speeds["s1"]) > 30


def sensors(count: int, progress: float = 0.0, hour: float = 8.0) -> Sensors:
    """Sensors of `street(1)`, which is jammed half way through the run."""
    model = Model([street(1)], ["s1"], chance())
    traffic = model.at(street(1), hour, progress)
    return Sensors(count, lambda _street: lambda _second: traffic, chance())


def mean(found: list[dict[str, Any]], name: str) -> float:
    return sum(reading[name] for reading in found) / len(found)


def test_a_jam_shows_in_the_occupancy() -> None:
    jammed, free = (
        mean(sensors(20, progress).read(street(1), 600.0, 600.0, BEGAN), "occupancy")
        for progress in (0.5, 0.0)
    )
    assert jammed > 0.6
    assert free < 0.2


def test_sensors_together_count_the_flow_whatever_the_interval() -> None:
    counts = []
    for interval in (1, 60):
        made = sensors(5)
        counts.append(
            sum(
                reading["vehicle_count"]
                for end in range(interval, 3601, interval)
                for reading in made.read(street(1), end, interval, BEGAN)
            )
        )
    flow = Model([street(1)], ["s1"], chance()).at(street(1), 8.0, 0.0).flow

    assert counts[0] == counts[1] == pytest.approx(5 * flow, rel=0.05)


def test_an_interval_without_vehicles_has_no_speed() -> None:
    found = sensors(40, hour=3.0).read(street(1), 1.0, 1.0, BEGAN)
    empty = [reading for reading in found if not reading["occupancy"]]

    assert len(empty) > 20
    assert {reading["vehicle_count"] for reading in empty} <= {0, 1}
    for reading in found:
        assert ("average_speed" in reading) == (reading["vehicle_count"] > 0)


def test_what_is_published_has_no_occupancy_where_there_was_no_vehicle() -> None:
    """The mean of the road would tell a queue from an empty second, as no loop can."""
    road = streets(roads(20))
    load = SimulationLoad(10, 1.0, 60.0, 25, 1, 0.0)
    made = Simulation(road, ["sim-0005"], load, seed=1).messages(BEGAN, 8.0)
    jammed = [
        reading
        for timed in made
        if "0005" in timed.unit and 20 < timed.due_s < 35
        for reading in readings(timed)
    ]
    shares = [r["occupancy"] for r in jammed if not r["vehicle_count"]]

    assert min(shares) == 0.0
    assert max(shares) == 1.0


GOOD = {"sensor_id": "a", "timestamp": BEGAN, "vehicle_count": 1, "average_speed": 50.0}


def fate(readings: list[dict[str, Any]]) -> tuple[int, int, int]:
    """What the city makes of a message: accepted, duplicate, rejected."""
    message = {"readings": readings, "received_at": BEGAN}
    record = {
        "kinesis": {
            "data": base64.b64encode(json.dumps(message).encode()).decode(),
            "partitionKey": "s1",
            "sequenceNumber": "1",
            "approximateArrivalTimestamp": BEGAN / 1000,
        }
    }
    taken = decode_batch([record], BEGAN)["s1"]
    unread = sum(rejection.readings for *_, rejection in taken.rejected)
    if not taken.messages:
        return 0, 0, unread
    policy = Policy(50, 80, 40, 60, 120, 30, 60)
    decision = decide(StoredSegment("s1"), taken.messages, BEGAN, policy)
    counts = decision.counts
    return counts.accepted, counts.duplicate, unread + len(decision.rejected)


@pytest.mark.parametrize("kind", KINDS)
def test_the_city_does_with_a_fault_what_the_tally_says_it_must(kind: str) -> None:
    expected = (0, 0, 1) if is_rejected(kind) else (1, int(kind == "duplicate"), 0)
    assert fate(spoil(GOOD, kind)) == expected


def test_a_good_reading_spoilt_keeps_the_others_as_they_are() -> None:
    for kind in KINDS:
        spoil(GOOD, kind)
    assert GOOD["average_speed"] == 50.0
    assert spoil(GOOD, "duplicate") == [GOOD, GOOD]
    assert spoil(GOOD, "no timestamp") == [
        {"sensor_id": "a", "vehicle_count": 1, "average_speed": 50.0}
    ]


def simulation(faults: float = 0.0, units: int = 1, batch: int = 25) -> Simulation:
    load = SimulationLoad(5, 1.0, 20.0, batch, units, faults)
    return Simulation(streets(roads(4)), [], load, seed=1)


def readings(timed: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(timed.message.payload)["readings"]
    return found


def test_every_sensor_reads_once_an_interval_and_segments_take_turns() -> None:
    made = list(simulation().messages(BEGAN, 8.0))
    assert len(made) == 4 * 20
    assert [timed.due_s for timed in made[:5]] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert all(len(readings(timed)) == 5 for timed in made)


def test_timestamps_are_those_at_which_readings_are_due() -> None:
    for timed in simulation().messages(BEGAN, 8.0):
        expected = BEGAN + int(timed.due_s * 1000)
        assert {r["timestamp"] for r in readings(timed)} == {expected}


def test_the_same_seed_makes_the_same_city() -> None:
    again = [list(simulation(faults=0.1).messages(BEGAN, 8.0)) for _ in range(2)]
    assert again[0] == again[1]


def test_units_share_the_sensors_of_their_segment() -> None:
    made = [*simulation(units=2).messages(BEGAN, 8.0)]
    first = {t.unit: readings(t) for t in made if "0001" in t.unit}
    assert sorted(first) == ["sim-0001-unit1", "sim-0001-unit2"]
    assert sum(len(found) for found in first.values()) == 5


def test_a_batch_of_one_is_a_bare_reading() -> None:
    first = next(iter(simulation(batch=1).messages(BEGAN, 8.0)))
    assert json.loads(first.message.payload)["sensor_id"] == "sensor-01"


def test_without_faults_nothing_is_faulty() -> None:
    made = simulation()
    list(made.messages(BEGAN, 8.0))
    assert made.tally() == {}


def test_faults_are_counted_by_what_the_city_must_do_with_them() -> None:
    made = simulation(faults=0.5)
    messages = list(made.messages(BEGAN, 8.0))
    tally = made.tally()
    rejected = sum(made.faults[kind] for kind in KINDS if is_rejected(kind))
    assert tally["faulty"] == rejected > 0
    twice = tally["sent twice"]
    assert sum(t.message.readings for t in messages) == 4 * 20 * 5 + twice


def options(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    return parser.parse_args(["simulate", *given])


def test_the_rate_says_how_often_a_sensor_reads() -> None:
    args = options("--sensors-per-segment", "25", "--rate", "10000")
    assert load_of(args, 400).interval_s == 1.0
    assert load_of(options(), 20).interval_s == 1.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--rate", "1000000"), "change --rate"),
        (("--rate", "0.001"), "change --rate"),
        (("--sensors-per-segment", "201"), "at most 200"),
        (("--connections", "3"), "expected at least 20"),
    ],
)
def test_a_load_that_cannot_be_is_refused(given: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        load_of(options(*given), 20)


def test_a_jam_where_there_is_no_road_is_refused() -> None:
    with pytest.raises(UserError, match="did you mean 'sim-0009' or 'sim-0019'"):
        check_jams(["sim-9999"], roads(20))
