"""The city at a glance, as a traffic engineer would add it up."""

from __future__ import annotations

from traffic.live_map.summary import PRESENT_MS, city_summary, mean_speed

from .fakes import NOW_MS, segment


def test_mean_speed_is_vehicle_km_over_vehicle_hours() -> None:
    fast = segment("a", flow=1000, speed=100.0, length_m=1000)
    slow = segment("b", flow=1000, speed=20.0, length_m=1000)
    long = segment("c", flow=1000, speed=20.0, length_m=3000)

    assert mean_speed([fast, slow]) == 33.3  # not 60, the average
    assert mean_speed([fast, long]) == 25.0


def test_an_empty_road_and_a_standing_queue_move_nobody() -> None:
    empty = segment("a", flow=0)
    del empty["speed"]
    standing = segment("b", flow=0, speed=0.0)

    assert mean_speed([empty, standing]) is None
    assert mean_speed([empty, standing, segment("c", speed=50.0)]) == 50.0


def test_a_crawl_counts_by_what_it_carries() -> None:
    assert mean_speed([segment("a", flow=10, speed=0.4)]) == 1.0


def test_the_sums_are_over_segments_that_speak_for_the_present() -> None:
    items = [
        segment("jam", congestion_score=50.0, flow=600, sensors=4, sensors_reporting=1),
        segment("calm", congestion_score=49.9, sensors=3, sensors_reporting=0.667),
        segment("silent", NOW_MS - PRESENT_MS, congestion_score=90.0, sensors=5),
        segment("lapsed", sensors=2, sensors_reporting=0, flow=500),
        {"segment_id": "never"},
    ]

    assert city_summary(items, 50.0, NOW_MS) == {
        "vehicles_per_hour": 1800,
        "mean_speed": 60.0,
        "share_congested": 0.5,
        "sensors": 14,
        "sensors_reporting": 6,
        "segments": 5,
        "observed_at": NOW_MS - 1500,
        "updated_at": NOW_MS - 1000,
    }


def test_of_no_readings_nothing_is_claimed() -> None:
    assert city_summary([{"segment_id": "never"}], 50.0, NOW_MS) == {
        "vehicles_per_hour": None,
        "mean_speed": None,
        "share_congested": None,
        "sensors": None,
        "sensors_reporting": None,
        "segments": 1,
        "observed_at": None,
        "updated_at": None,
    }
