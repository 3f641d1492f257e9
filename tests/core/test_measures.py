"""Traffic in the field's terms, each with a number that can be checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from traffic.enrich import density_of, is_standing, level_of_service, score_of
from traffic.model import Road, StoredSegment

from .builders import START, Told, message, ms, reading, record, say, tell


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
    assert density_of(0, 0, None) is None


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
    ("count", "speed", "occupancy", "standing"),
    [
        (0, None, None, False),  # nothing is known but that nobody passed
        (0, None, 0.0, False),
        (0, 0, 0.0, False),
        (0, 0, 0.29, False),
        (0, None, 0.3, True),
        (0, 0, 1.0, True),
        (0, 0, None, True),
        (0, 60, None, False),
        (1, 0, 1.0, False),  # it crept, but it moved
    ],
)
def test_occupancy_tells_a_queue_from_an_empty_road(
    count: int, speed: float | None, occupancy: float | None, standing: bool
) -> None:
    assert is_standing(count, speed, occupancy) is standing


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
        (10, 0, None, 100),
        (0, 0, 0.5, 100),
        (0, None, 0.0, 0),
        (0, 0, 0.0, 0),
    ],
)
def test_a_score_that_is_not_reported_is_the_loss_of_speed(
    count: int, speed: float | None, occupancy: float | None, score: float
) -> None:
    assert score_of(count, speed, occupancy, free_flow_kmh=100) == score


def test_a_reported_score_counts_as_it_is_and_zero_is_a_score() -> None:
    seen = live(reading("a", speed=10, congestion_score=0), reading("b", speed=50))

    assert seen["congestion_score"] == 25.0


def test_a_segment_no_road_file_describes_is_read_as_a_city_street() -> None:
    stranger = Told(stored=StoredSegment("s"))

    told = tell(stranger, [record(1, message(reading(count=10, speed=25)))])

    assert told.live["flow"] == told.live["flow_per_lane"] == 600
    assert told.live["speed_ratio"] == 0.5
    assert told.stored.road == Road()
    assert not told.stored.road.known


def test_the_present_is_what_each_sensor_said_last() -> None:
    told = say(
        message(reading("a", 0, count=30, speed=30)),
        message(reading("a", 30, count=10, speed=100)),
        message(reading("b", 30, count=10, speed=100)),
    )

    assert told.live["speed"] == 100.0
    assert told.live["flow_per_lane"] == 600
    assert told.live["observed_at"] == ms(30)
    assert told.live["updated_at"] == START


def test_a_sensor_that_falls_silent_no_longer_speaks_for_the_present() -> None:
    jam, free = reading("jam", 0, speed=10), reading("free", 0)
    after = [message(reading("free", s)) for s in range(60, 300, 60)]

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
    assert told.stored.tallies.late == 1
