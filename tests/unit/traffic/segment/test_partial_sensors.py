"""Sensors that measure only a part, and those that are left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from traffic.model import StoredSegment
from traffic.segment.state_codec import unpack

from .builders import MINUTE, ROAD, START, Told, message, reading, records, say, tell
from .test_measures import live


def test_a_single_loop_tells_speed_by_flow_and_occupancy() -> None:
    """v = q L / o: 1200 veh/h over a loop of 6.7 m covered for 0.201 are 40 km/h."""
    seen = live(reading(count=20, speed=None, occupancy=0.201))

    assert (seen["speed"], seen["flow_per_lane"]) == (40.0, 1200)
    assert seen["speed_estimated"] == 1.0
    assert seen["congestion_score"] == 60.0


def test_the_effective_length_of_a_road_is_its_own_where_it_is_known() -> None:
    trucks = StoredSegment("s", road=with_fields(ROAD, effective_length_m=13.4))

    told = tell(
        Told(stored=trucks),
        records(message(reading(count=20, speed=None, occupancy=0.201))),
    )

    assert told.live["speed"] == 80.0


def test_a_vehicle_that_covers_a_loop_across_two_seconds_is_seen_whole() -> None:
    """A car at 24.1 km/h covers it for 1 s: 0.6 s of one second, 0.4 s of the next."""
    first = reading(seconds=1, count=1, speed=None, occupancy=0.6, interval=1)
    rest = reading(seconds=2, count=0, speed=None, occupancy=0.4, interval=1)

    told = say(message(first), message(rest))

    assert told.live["speed"] == pytest.approx(24.1, abs=0.5)


def test_vehicles_that_hardly_cover_a_loop_do_not_stand_though_speed_is_0() -> None:
    """20 vehicles that cover 6.7 m for 6.03 s drive 80 km/h: 0 is no measurement."""
    seen = live(reading(count=20, speed=0, occupancy=0.1005))

    assert (seen["speed"], seen["speed_estimated"]) == (80.0, 1.0)
    assert seen["congestion_score"] == 20.0


def test_vehicles_that_cover_a_loop_creep_if_speed_is_0() -> None:
    seen = live(reading(count=2, speed=0, occupancy=0.9))

    assert (seen["speed"], seen["speed_estimated"]) == (1.0, None)


def test_a_detector_that_measures_speed_estimates_none() -> None:
    seen = live(
        reading("a", speed=50, occupancy=0.9),
        reading("b", 0, count=0, speed=None, occupancy=0.1),
    )

    assert (seen["speed"], seen["speed_estimated"]) == (50.0, None)


def test_a_probe_tells_speed_and_no_flow() -> None:
    seen = live(reading(count=None, speed=25))

    assert (seen["speed"], seen["congestion_score"]) == (25.0, 75.0)
    assert seen["flow"] is seen["flow_per_lane"] is seen["density"] is None
    assert seen["level_of_service"] is None


def test_a_sensor_that_never_counted_is_a_probe_though_it_fills_in_a_count() -> None:
    said = [reading(seconds=s, count=0, speed=7) for s in (0, 60, 120)]

    told = say(*map(message, said))

    assert (told.live["speed"], told.live["flow"]) == (7.0, None)
    assert told.transitions == [("opened", "severe", 60)]


def test_occupancy_in_percent_is_left_out_for_two_days() -> None:
    day = reading(seconds=0, count=12, speed=50, occupancy=12.5)
    night = [
        reading(seconds=s, count=0, speed=None, occupancy=0.8)
        for s in range(60, 600, 60)
    ]

    told = say(message(day), *map(message, night))

    assert told.live["occupancy"] is None
    assert told.live["congestion_score"] == 0.0
    assert told.transitions == []
    assert unpack(told.stored.packed).sensors["a"].percent_at == START


def test_a_suspect_is_counted_but_left_out_of_the_figures() -> None:
    stored = StoredSegment("s", road=ROAD, suspects=frozenset({"liar"}))
    said = [
        message(reading("liar", s, speed=5), reading("true", s, speed=90))
        for s in range(0, 240, 60)
    ]

    told = tell(Told(stored=stored), records(*said))

    assert told.stored.counts.accepted == 8
    assert (told.live["speed"], told.live["flow_per_lane"]) == (90.0, 600)
    assert told.live["sensors_reporting"] == 1.0
    assert told.transitions == []
    minute = told.minutes[MINUTE]
    assert (minute.readings, minute.sums.vehicles) == (2, 10)


def test_where_all_that_report_are_suspects_nothing_is_known() -> None:
    stored = StoredSegment("s", road=ROAD, suspects=frozenset({"a"}))
    said = [message(reading(seconds=s, congestion_score=90)) for s in range(0, 240, 60)]

    told = tell(Told(stored=stored), records(*said[:1]))
    told = tell(told, records(*said[1:], first=2))

    assert told.live["speed"] is told.live["congestion_score"] is None
    assert told.transitions == []


def test_an_alert_does_not_outlast_the_trust_in_all_its_sensors() -> None:
    said = [message(reading(seconds=s, speed=5)) for s in range(0, 600, 60)]
    told = tell(Told(), records(*said[:3]))
    suspected = with_fields(told.stored, suspects=frozenset({"a"}))

    told = tell(replace(told, stored=suspected), records(*said[3:], first=4))

    assert told.transitions == [("opened", "severe", 60), ("cleared", "none", 300)]
