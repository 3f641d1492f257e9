"""A lane that says nothing while the others flow is reported, soon and by name."""

from __future__ import annotations

import math
from typing import Any

import pytest

from traffic.sensor_health.lanes import compare_lanes
from traffic.sensor_health.suspects import Track
from traffic.sensor_health.verdicts import vehicles_needed

from .bounds import latest_detection_ms
from .street import EMPTY, SILENT_S, Device, Says, Street, Watch, same, slot_of
from .test_suspects import COVERED, broken

START = 3_000


def busy(seconds: float) -> dict[str, Any]:
    """Ten vehicles a minute or so, at night as well."""
    n = int(seconds) // 20
    return {
        "vehicle_count": 9 + n % 3,
        "speed": 40.0 + n % 11,
        "occupancy": round(0.1 + n % 13 / 100, 3),
    }


def dead(says: Says = EMPTY, end_s: float = math.inf) -> Says:
    return lambda at: says(at) if START <= at < end_s else busy(at)


def street(says: Says, *others: Says, interval: float = 60) -> Watch:
    lanes = [Device("lane-1", says=says, interval_s=interval)]
    lanes += [
        Device(f"lane-{n}", says=one, interval_s=interval)
        for n, one in enumerate(others or (busy, busy), 2)
    ]
    return Watch(Street(lanes))


@pytest.mark.parametrize("says", [EMPTY, same(), same(speed=0.0, occupancy=0.0)])
@pytest.mark.parametrize("interval", [60, 150])
def test_a_dead_lane_is_found_when_100_vehicles_have_passed_on_the_others(
    says: Says, interval: int
) -> None:
    watch = street(dead(says), interval=interval)
    passing = math.ceil(100 / 9) * interval
    bound = latest_detection_ms("no_hits", interval * 1000, SILENT_S * 1000) / 1000

    watch.run(0, START + 9 * interval)
    assert watch.told() == []
    watch.run(START + 9 * interval + 60, START + passing + bound)

    assert watch.open() == ["sensor:s/lane-1/no_hits"]
    (fault,) = watch.rows.values()
    assert "vehicles passed on the median other lane" in str(fault.detail)


def test_a_lane_that_never_counted_is_found_as_soon() -> None:
    never = same(counts=False, occupancy=0.0)

    watch = street(never).run(0, 15 * 60)

    assert watch.open() == ["sensor:s/lane-1/no_hits"]


def test_a_dead_lane_is_over_after_three_readings_with_vehicles() -> None:
    watch = street(dead(end_s=9_000)).run(0, 9_060)
    assert watch.open() == ["sensor:s/lane-1/no_hits"]

    watch.run(9_120, 9_300)

    assert watch.told() == ["opened sensor:s/lane-1", "closed sensor:s/lane-1"]


def test_a_lane_that_few_use_is_given_the_time_it_needs() -> None:
    """A bus each quarter of an hour, and 150 vehicles between two of them."""

    def buses(at: float) -> dict[str, Any]:
        return busy(at) if int(at) // 60 % 15 == 0 else EMPTY(at)

    assert street(buses).run(0, 24 * 3_600).told() == []


def test_nobody_is_accused_by_a_lane_that_says_the_same_or_too_much() -> None:
    """The road is empty; the lane beside counts what is not there."""
    for count in (9, 400):
        beside = same(vehicle_count=count, speed=40.0)
        watch = street(EMPTY, beside).run(0, 6 * 3_600)

        assert {one.subject for one in watch.rows.values()} == {"s/lane-2"}


def test_nobody_is_accused_where_all_lanes_are_dead() -> None:
    assert street(dead(), dead(), dead()).run(0, 6 * 3_600).told() == []


def test_a_blocked_lane_among_flowing_ones_is_told_within_minutes() -> None:
    watch = street(broken_lane(9_000))
    bound = latest_detection_ms("lane_blocked", 60_000, SILENT_S * 1000) / 1000

    watch.run(0, START + 180)
    assert watch.told() == []
    watch.run(START + 240, START + bound)

    assert watch.open() == ["sensor:s/lane-1/lane_blocked"]
    (fault,) = watch.rows.values()
    assert fault.sensor_id == "lane-1"
    assert (fault.detected_at - fault.since) / 1000 < bound
    assert watch.figures("SensorsSuspect") == (0,)


def broken_lane(end_s: float) -> Says:
    return lambda at: COVERED(at) if START <= at < end_s else busy(at)


def test_a_blocked_lane_becomes_locked_on_after_half_an_hour() -> None:
    watch = street(broken_lane(9_000)).run(0, START + 2_040)

    assert watch.open() == ["sensor:s/lane-1/locked_on"]
    assert watch.told("closed") == ["closed sensor:s/lane-1"]
    assert watch.figures("SensorsSuspect") == (1,)


def test_a_queue_on_all_lanes_is_no_blocked_lane() -> None:
    queue = broken(COVERED, START, START + 1_200)

    assert street(queue, queue, queue).run(0, 6_000).told() == []


def test_a_red_light_is_no_blocked_lane() -> None:
    """Covered for three readings, then green."""

    def light(at: float) -> dict[str, Any]:
        return COVERED(at) if int(at) // 60 % 5 < 3 else busy(at)

    assert street(light).run(0, 6 * 3_600).told() == []


def test_a_lane_that_reports_seldom_is_compared_reading_by_reading() -> None:
    """What passes before its next reading is not held against it."""
    lanes = [Device("slow", says=busy, interval_s=900), *street(busy).street.devices]

    assert Watch(Street(lanes)).run(0, 6 * 3_600).told() == []


def test_what_is_remembered_is_not_changed_by_a_comparison() -> None:
    known = {name: Track(0, 0, 0) for name in "ab"}
    made = {"a": Track(1, 0, 60_000, vehicle_count=30), "b": known["b"]}
    slots = {n: slot_of(Device(n, says=busy), 60) for n in "ab"}

    compare_lanes(known, made, slots, {})

    assert (known["b"].waiting, made["b"].waiting) == (0, 30)


def test_what_usually_passes_is_learnt_and_forgotten() -> None:
    known = {name: Track(0, 0, 0) for name in "abc"}
    said = busy(0)
    for _ in range(40):
        made = {name: Track(1, 0, 60_000, **_kept(known[name])) for name in known}
        for name, track in made.items():
            track.vehicle_count = 1 if name == "a" else 30
        slots = {n: slot_of(Device(n, says=lambda _: said), 60) for n in "abc"}
        slots["a"].last_summand = (1, 40.0, None, 60_000, 0)
        compare_lanes(known, made, slots, {})
        known = made

    assert 400 < vehicles_needed(known["a"]) < 700
    assert vehicles_needed(known["b"]) == 100


def _kept(track: Track) -> dict[str, int]:
    names = ("missed", "waiting", "hits", "passed")
    return {name: getattr(track, name) for name in names}
