"""What a load asks of an account, in numbers that a person can check by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.template.template import TEXT
from trafficctl.cost import needs as loads
from trafficctl.cost.city_load import CityLoad, city, designed
from trafficctl.cost.minute_burst import minute_burst
from trafficctl.cost.sizing import message_bytes
from trafficctl.stack import template as texts

SETTINGS = texts.parameters(TEXT)


def needed(load: CityLoad, **settings: str) -> dict[str, int]:
    chosen = {**SETTINGS, **settings}
    return loads.needs(designed(load, chosen), chosen)


def test_fifty_thousand_sensors_in_messages_of_25_are_two_thousand_a_second() -> None:
    needs = needed(city(50_000, 1.0, 25))

    assert needs["publishes"] == 2000
    assert needs["evaluations"] == 2000
    assert needs["connections"] == 5000  # a unit for each segment
    assert needs["put_events"] == 84  # 5,000 segments, each once in the worst minute
    assert needs["publications"] == 16  # about incidents: 0.19 of them


def test_messages_about_segments_are_as_many_as_their_alerts() -> None:
    needs = needed(city(), NotifyFor="segments")

    assert needs["publications"] == needs["put_events"] == 84


def test_sensors_that_speak_for_themselves_ask_for_25_times_as_much() -> None:
    needs = needed(city(50_000, 1.0, 1))

    assert needs["publishes"] == 50_000
    assert needs["connections"] == 50_000
    assert needs["registrations"] == 2  # within a working day


def test_a_longer_interval_thins_messages_and_not_connections() -> None:
    needs = needed(city(50_000, 10.0, 1))

    assert needs["publishes"] == 5000
    assert needs["connections"] == 50_000


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (
            city(50_000, 1.0, 1),
            72,
        ),  # 50,000 records/s, under 70 % of 1,000 a shard
        (city(50_000, 1.0, 25), 12),  # 2,000 of 4,342 bytes, under 70 % of 1 MiB
        (city(1000, 60.0, 1), 2),  # the fewest that a stream begins with
    ],
)
def test_shards_by_records_and_by_bytes(load: CityLoad, expected: int) -> None:
    assert load.shards == expected


def test_a_message_of_25_full_readings_stays_in_one_metered_step_of_5_kb() -> None:
    assert message_bytes(25) <= 5 * 1024


def test_no_segment_is_written_more_often_than_its_messages_come() -> None:
    slow = city(600, 60.0, 1, segments=600)  # ten messages a second
    minutes = minute_burst(slow).rows

    assert 10 <= minutes <= 20  # each closes one; two lanes may end together
    assert loads.table_writes(slow) == 10 + 2 * minutes


def test_a_segment_is_written_at_most_once_a_window() -> None:
    fast = replace(city(50_000, 1.0, 1, segments=5000), window_s=5)

    assert loads.table_writes(fast) == 5000 // 5 + 2 * minute_burst(fast).rows


def test_a_table_is_judged_by_the_second_in_which_most_minutes_close() -> None:
    load = city(50_000, 1.0, 25)
    minutes = minute_burst(load).rows

    assert minutes > 20 * 5_000 / 60
    assert needed(load)["table_writes"] == 2_000 + 2 * minutes


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"LiveApiReservedConcurrency": "-1"}, 8 + 1 + 4),
        ({"LiveApiReservedConcurrency": "5"}, 105),  # 100 must stay unreserved
        ({"LiveApiReservedConcurrency": "-1", "LambdaReservedConcurrency": "50"}, 150),
    ],
)
def test_executions_count_what_is_reserved_and_what_must_not_be(
    more: dict[str, str], expected: int
) -> None:
    settings = {**SETTINGS, "EventParallelizationFactor": "2", **more}

    assert loads.executions(4, settings) == expected


def test_segments_are_a_tenth_of_the_sensors_unless_said() -> None:
    assert city(55).segments == 6
    assert city(55, segments=0).segments == 0


@pytest.mark.parametrize(
    ("have", "need", "verdict"),
    [(100, 100, "ok"), (99, 100, "raise"), (0, 1, "raise"), (None, 1, "unknown")],
)
def test_the_verdict(have: Any, need: float, verdict: str) -> None:
    assert loads.judge(have, need) == verdict


@pytest.mark.parametrize(("need", "asked"), [(2000, 2500), (50_000, 63_000), (1, 2)])
def test_a_raise_leaves_room_and_is_a_round_number(need: int, asked: int) -> None:
    assert loads.quota_to_request(need) == asked
