"""Traffic in the field's terms, each with a number that can be checked by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from traffic.model import StoredSegment
from traffic.segment.measures import density_of, level_of_service

from .builders import START, Told, message, ms, reading, records, say, tell


def live(*readings: dict[str, Any]) -> dict[str, Any]:
    return say(message(*readings)).live


def test_speed_is_the_harmonic_mean_weighted_by_flow() -> None:
    """One vehicle at 100 and three at 20 km/h: 4 / (1/100 + 3/20) = 25 km/h.

    The mean of the readings would be 60, that of the vehicles 40. Only the harmonic
    mean satisfies q = u k (Wardrop 1952).
    """
    seen = live(reading("a", count=1, speed=100), reading("b", count=3, speed=20))

    assert seen["speed"] == 25.0


def test_flow_is_vehicles_per_hour_of_a_lane_times_lanes() -> None:
    """10 in 60 s are 600 veh/h, 10 in 30 s are 1200: 20 in 90 s are 800."""
    seen = live(reading("a", count=10), reading("b", count=10, interval=30))

    assert seen["flow_per_lane"] == 800
    assert seen["flow"] == 3200


def test_density_is_flow_over_space_mean_speed() -> None:
    """k = q / u: 1200 veh/h at 50 km/h stand 24 to the km of a lane."""
    assert live(reading(count=20, speed=50))["density"] == 24.0


def test_density_of_standing_traffic_comes_from_occupancy() -> None:
    """k = 1000 o / L with L = 6.7 m of vehicle and detector: 0.67 are 100 veh/km."""
    assert live(reading(count=0, speed=0, occupancy=0.67))["density"] == 100.0
    assert density_of(0, 0, None, 6.7) is None


@pytest.mark.parametrize(
    ("density", "level"),
    [
        (0, "A"),
        (7, "A"),
        (7.1, "B"),
        (11, "B"),
        (11.1, "C"),
        (16, "C"),
        (16.1, "D"),
        (22, "D"),
        (22.1, "E"),
        (28, "E"),
        (28.1, "F"),
        (150, "F"),
        (None, None),
    ],
)
def test_level_of_service_is_that_of_the_highway_capacity_manual(
    density: float | None, level: str | None
) -> None:
    """Basic freeway segments: 11, 18, 26, 35, 45 pc/mi/ln, times 0.62 per km."""
    assert level_of_service(density) == level


def test_travel_time_index_is_free_flow_speed_over_speed() -> None:
    """At 40 of 100 km/h a journey takes 2.5 times as long."""
    seen = live(reading(speed=40))

    assert seen["travel_time_index"] == 2.5
    assert seen["speed_ratio"] == 0.4


def test_traffic_faster_than_free_flow_has_an_index_under_one() -> None:
    seen = live(reading(speed=125))

    assert (seen["travel_time_index"], seen["speed_ratio"]) == (0.8, 1.25)
    assert seen["congestion_score"] == 0.0


def test_occupancy_is_weighted_by_time_over_those_that_report_it() -> None:
    seen = live(
        reading("a", occupancy=0.1, interval=30),
        reading("b", occupancy=0.4, interval=60),
        reading("c"),
    )

    assert seen["occupancy"] == 0.3


def test_no_sensor_that_reports_occupancy_leaves_it_unknown() -> None:
    assert live(reading())["occupancy"] is None


@pytest.mark.parametrize(
    ("count", "speed", "occupancy", "seen_speed"),
    [
        (0, None, None, None),  # nothing is known but that nobody passed
        (0, 0, None, None),  # an empty road, or "no data": never a queue
        (0, None, 0.0, None),
        (0, 0, 0.29, None),
        (0, None, 0.3, 0),
        (0, 0, 1.0, 0),
        (0, 60, None, 60),  # a probe that fills in a count
        (1, 0, 1.0, 1),  # it crept, but it moved
    ],
)
def test_occupancy_tells_a_queue_from_an_empty_road(
    count: int, speed: float | None, occupancy: float | None, seen_speed: float | None
) -> None:
    said = reading(count=count, speed=speed, occupancy=occupancy)

    assert live(said)["speed"] == seen_speed


def test_standing_traffic_is_speed_zero_and_all_the_congestion_there_is() -> None:
    seen = live(reading(count=0, speed=0, occupancy=0.9))

    assert (seen["speed"], seen["flow"], seen["speed_ratio"]) == (0, 0, 0)
    assert seen["level_of_service"] == "F"
    assert seen["congestion_score"] == 100.0
    assert seen["travel_time_index"] == 100.0  # against walking pace, not infinity


def test_an_empty_road_has_no_speed_and_no_congestion() -> None:
    seen = live(reading(count=0, speed=None, occupancy=0))

    assert seen["speed"] is None
    assert (seen["flow"], seen["density"], seen["occupancy"]) == (0, 0, 0)
    assert seen["level_of_service"] == "A"
    assert seen["congestion_score"] == 0.0
    assert seen["travel_time_index"] is None


def test_vehicles_that_crept_past_do_not_stop_the_mean() -> None:
    """Counted at 0 km/h, a vehicle is taken at walking pace: 2 / (1/1 + 1/100)."""
    seen = live(reading("a", count=1, speed=0), reading("b", count=1, speed=100))

    assert seen["speed"] == 2.0


@pytest.mark.parametrize(
    ("count", "speed", "occupancy", "score"),
    [
        (10, 100, None, 0),
        (10, 130, None, 0),
        (10, 25, None, 75),
        (10, 0, None, 99),  # counted at walking pace
        (0, 0, 0.5, 100),
        (0, None, 0.0, 0),
        (0, 0, 0.0, 0),
        (0, 0, None, 0),
        (None, 25, None, 75),
        (0, 25, None, 75),
        (10, None, None, None),  # they passed, but nobody knows how fast
        (0, None, None, 0),
        (None, None, 0.5, None),
    ],
)
def test_a_score_that_is_not_reported_is_the_loss_of_speed(
    count: int | None, speed: float | None, occupancy: float | None, score: float | None
) -> None:
    seen = live(reading(count=count, speed=speed, occupancy=occupancy))

    assert seen["congestion_score"] == score


def test_a_reported_score_counts_as_it_is_and_zero_is_a_score() -> None:
    seen = live(reading("a", speed=10, congestion_score=0), reading("b", speed=50))

    assert seen["congestion_score"] == 25.0


def test_a_segment_of_unknown_free_flow_speed_has_no_score_from_speed() -> None:
    """A speed that is assumed makes alerts of ordinary traffic."""
    stranger = Told(stored=StoredSegment("s"))
    slow = [message(reading(seconds=s, count=10, speed=5)) for s in range(0, 600, 60)]

    told = tell(stranger, records(*slow))

    assert told.live["flow"] == told.live["flow_per_lane"] == 600
    assert (told.live["speed"], told.live["level_of_service"]) == (5.0, "F")
    assert told.live["speed_ratio"] is None
    assert told.live["travel_time_index"] is None
    assert told.live["congestion_score"] is None
    assert told.transitions == []
    assert not told.stored.road.known


def test_sensors_that_score_for_themselves_raise_alerts_without_a_road_file() -> None:
    stranger = Told(stored=StoredSegment("s"))
    said = [reading(seconds=s, count=0, congestion_score=70) for s in (0, 30, 60)]

    told = tell(stranger, records(*map(message, said)))

    assert told.live["congestion_score"] == 70.0
    assert told.transitions == [("opened", "high", 60)]


def test_the_present_is_a_mean_that_decays_by_event_time() -> None:
    """30 s before counts 1/e: (10 + 30/e) / (10/100 + 30/30/e) km/h."""
    told = say(
        message(reading("a", 0, count=30, speed=30, interval=30)),
        message(reading("a", 30, count=10, speed=100, interval=30)),
    )

    assert told.live["speed"] == 45.0
    assert told.live["flow_per_lane"] == round(
        3600 * (10 + 30 / math.e) / (30 + 30 / math.e)
    )
    assert told.live["observed_at"] == ms(30)
    assert told.live["updated_at"] == START


def test_sensors_that_report_each_five_minutes_are_remembered_that_long() -> None:
    """Lanes that report one after the other are all of the present."""
    lanes = [
        message(reading(lane, 300 + 75 * i, count=100, speed=speed, interval=300))
        for i, (lane, speed) in enumerate([("slow", 50), ("fast", 100)])
    ]
    told = say(message(reading("slow", 0, count=100, speed=50, interval=300)), *lanes)

    old, new = math.exp(-0.5), 1 + 0
    first = math.exp(-2.5)
    pace = first / 50 + old / 50 + new / 100
    assert told.live["speed"] == pytest.approx((first + old + new) / pace, abs=0.06)


def test_a_second_without_a_vehicle_says_nothing_about_speed() -> None:
    jam = [
        reading(
            seconds=s,
            count=int(s % 5 == 0),
            speed=20 if s % 5 == 0 else None,
            interval=1,
        )
        for s in range(90)
    ]

    told = say(*map(message, jam))

    assert told.live["speed"] == 20.0
    assert told.live["congestion_score"] == 80.0


def test_a_sensor_that_falls_silent_no_longer_speaks_for_the_present() -> None:
    jam, free = reading("jam", 0, speed=10), reading("free", 0)
    after = [message(reading("free", s)) for s in range(60, 480, 60)]

    told = say(message(jam, free), *after)

    assert told.live["sensors"] == 2
    assert told.live["sensors_reporting"] == 0.5
    assert told.live["congestion_score"] == 0.0
    assert told.live["speed"] == 100.0


@pytest.mark.parametrize(("interval", "silent_s"), [(10, 120), (60, 240), (300, 960)])
def test_a_sensor_is_given_three_of_its_intervals_or_ninety_seconds(
    interval: int, silent_s: int
) -> None:
    """Who is silent is asked when a minute begins."""
    slow = message(reading("slow", 0, interval=interval))
    minutes = [message(reading("x", s)) for s in range(60, silent_s + 60, 60)]

    assert say(slow, *minutes[:-1]).live["sensors_reporting"] == 1.0
    assert say(slow, *minutes).live["sensors_reporting"] == 0.5


def test_a_reading_that_comes_late_does_not_speak_for_the_present() -> None:
    told = say(message(reading("a", 600)), message(reading("b", 0, speed=5)))

    assert told.live["sensors_reporting"] == 0.5
    assert told.live["congestion_score"] == 0.0
    assert told.stored.counts.late == 1
