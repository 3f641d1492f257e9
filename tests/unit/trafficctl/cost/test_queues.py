"""How long a reading takes, from events that can be followed by hand."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.template.template import properties
from traffic.aws import segment_store
from traffic.processor.figures import LATEST_WRITE_MS
from trafficctl.cost.city_load import CityLoad, city
from trafficctl.cost.queues import (
    BUS_S,
    GATHERED_S,
    INCIDENT_S,
    INGEST_S,
    NO_WAIT,
    ClosingWait,
    MapViewer,
    SimulatedCity,
    simulate,
)
from trafficctl.cost.search import LONGEST_WAIT_S
from trafficctl.cost.service_time import CALL_S, MEASURED, batch_s

AT_ONCE = MapViewer(0, 0)
MINUTELY = CityLoad(1, 60, 1, segments=1, window_s=0, shard_count=1, lanes_per_shard=1)


def simulated(
    load: CityLoad, viewer: MapViewer = AT_ONCE, wait: ClosingWait = NO_WAIT
) -> SimulatedCity:
    chance = random.Random(7)  # noqa: S311 - a model, no secret
    return simulate(load, chance, viewer, wait)


def test_a_lone_reading_waits_for_a_poll_and_its_batch() -> None:
    told = simulated(MINUTELY)

    least = INGEST_S + batch_s(1, 1, 0, MINUTELY.memory_mb)
    assert least < told.freshness.p50 < least + 1
    assert told.alerts.p50 == pytest.approx(told.freshness.p50 + BUS_S + INCIDENT_S)
    assert told.written == told.freshness
    assert told.skew == 1


def test_a_message_about_a_segment_does_not_wait_for_incidents() -> None:
    told = simulated(replace(MINUTELY, notify_for="segments"))

    assert told.alerts.p50 == pytest.approx(told.freshness.p50 + BUS_S)


def test_a_message_about_an_unusual_incident_waits_as_long_as_about_any() -> None:
    told = simulated(replace(MINUTELY, notify_for="unusual"))

    assert told.alerts == simulated(MINUTELY).alerts


def test_incidents_gather_alerts_as_long_as_their_mapping_does() -> None:
    mapping = properties("IncidentsSource")

    assert mapping["MaximumBatchingWindowInSeconds"] == GATHERED_S


def test_a_window_delays_a_lone_reading_by_its_length() -> None:
    now, later = simulated(MINUTELY), simulated(replace(MINUTELY, window_s=5))

    assert later.freshness.p50 == pytest.approx(now.freshness.p50 + 5)


def test_a_viewer_sees_what_is_stored_at_the_next_look() -> None:
    stored, seen = simulated(city(5_000)), simulated(city(5_000), MapViewer())

    assert 1.5 < seen.freshness.p50 - stored.freshness.p50 < 2.5
    assert seen.written == stored.written


def test_readings_that_wait_for_a_full_message_are_as_much_older() -> None:
    """25 readings of ten sensors take three seconds: the oldest is two seconds old."""
    at_once, gathered = simulated(city(5_000, 1, 10)), simulated(city(5_000, 1, 25))

    assert gathered.freshness.p99 > at_once.freshness.p99 + 1


def test_a_lane_that_gets_more_than_it_can_do_falls_behind() -> None:
    load = city(20_000)
    one_lane = replace(load, shard_count=1, lanes_per_shard=1, memory_mb=256)

    assert simulated(load).keeps_promises()
    assert not simulated(one_lane).keeps_promises()
    assert simulated(one_lane).busy > 0.95


def test_a_unit_with_few_sensors_fills_its_message_too_late() -> None:
    assert not simulated(city(1)).keeps_promises()  # 25 readings of one sensor
    assert simulated(city(1, 1, 1)).keeps_promises()


def test_a_city_whose_map_is_in_time_may_still_ring_for_its_tables() -> None:
    slow = replace(city(100, 1, 1), window_s=5)

    told = simulated(slow, MapViewer())
    assert told.freshness.p99 < 10
    assert told.written.p99 > LATEST_WRITE_MS / 1_000
    assert not told.keeps_promises()


def test_the_same_chance_gives_the_same_city() -> None:
    assert simulated(city(2_000)) == simulated(city(2_000))


@pytest.mark.parametrize("sensors", [1_000, 1_000_000, 10_000_000])
def test_two_lanes_are_enough_for_a_city_of_any_size(sensors: int) -> None:
    told = simulated(city(sensors))

    assert told.keeps_promises()
    assert 1 <= told.skew < 1.4


def test_sensors_in_step_send_into_one_batch_after_another() -> None:
    told = simulated(replace(city(), in_step=True))

    assert told.keeps_promises()
    assert told.freshness != simulated(city()).freshness


def test_the_wait_of_minutes_grows_while_they_close_and_then_drains() -> None:
    wait = ClosingWait(longest_s=6, closes_s=3)

    assert [wait.at(s) for s in (0, 1.5, 3, 5, 9, 50)] == [0, 3, 6, 4, 0, 0]


def test_minutes_that_wait_for_their_table_delay_what_comes_behind() -> None:
    prompt, waiting = simulated(city()), simulated(city(), wait=ClosingWait(20, 3))

    assert waiting.freshness.p99 > prompt.freshness.p99 + 10


def test_a_batch_takes_its_cpu_and_its_calls_four_at_once() -> None:
    cpu_s = MEASURED.batch + 100 * MEASURED.segment + 1_000 * MEASURED.reading

    assert batch_s(1_000, 100, 0, 10_240) == pytest.approx(cpu_s + 2 * CALL_S)
    assert batch_s(1_000, 101, 0, 10_240) > cpu_s + 3 * CALL_S  # a fifth write
    assert batch_s(1_000, 100, 100, 10_240) == pytest.approx(
        cpu_s + 100 * MEASURED.minute + 2 * CALL_S
    )


def test_the_longest_wait_is_the_processors_for_a_throttled_transaction() -> None:
    assert sum(segment_store._WAITS_S) == LONGEST_WAIT_S
