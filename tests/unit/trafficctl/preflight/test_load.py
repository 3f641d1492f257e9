"""What a load asks of an account, in numbers that a person can check by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.template import TEXT
from trafficctl.cost.sizing import message_bytes
from trafficctl.preflight import load as loads
from trafficctl.preflight.load import PlannedLoad
from trafficctl.stack import template as texts

SETTINGS = texts.parameters(TEXT)


def test_fifty_thousand_sensors_in_messages_of_25_are_two_thousand_a_second() -> None:
    needs = loads.needs(PlannedLoad(50_000, 1.0, 25), SETTINGS)

    assert needs["publishes"] == 2000
    assert needs["evaluations"] == 2000
    assert needs["connections"] == 2000
    assert needs["put_events"] == 84  # 5,000 segments, each once in the worst minute
    assert needs["publications"] == 84


def test_sensors_that_speak_for_themselves_ask_for_25_times_as_much() -> None:
    needs = loads.needs(PlannedLoad(50_000, 1.0, 1), SETTINGS)

    assert needs["publishes"] == 50_000
    assert needs["connections"] == 50_000
    assert needs["registrations"] == 2  # within a working day


def test_a_longer_interval_thins_messages_and_not_connections() -> None:
    needs = loads.needs(PlannedLoad(50_000, 10.0, 1), SETTINGS)

    assert needs["publishes"] == 5000
    assert needs["connections"] == 50_000


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (
            PlannedLoad(50_000, 1.0, 1),
            72,
        ),  # 50,000 records/s, under 70 % of 1,000 a shard
        (PlannedLoad(50_000, 1.0, 25), 12),  # 2,000 of 4,342 bytes, under 70 % of 1 MiB
        (PlannedLoad(1000, 60.0, 1), 2),  # the fewest that a stream begins with
    ],
)
def test_shards_by_records_and_by_bytes(load: PlannedLoad, expected: int) -> None:
    assert loads.shards(load) == expected


def test_a_message_of_25_full_readings_stays_in_one_metered_step_of_5_kb() -> None:
    assert message_bytes(25) <= 5 * 1024


def test_no_segment_is_written_more_often_than_its_messages_come() -> None:
    slow = PlannedLoad(600, 60.0, 1, segments=600)  # ten messages a second

    assert loads.table_writes(slow, SETTINGS) == 10 + 2 * 600 // 60


def test_a_segment_is_written_at_most_once_a_window() -> None:
    fast = PlannedLoad(50_000, 1.0, 1, segments=5000)

    assert loads.table_writes(fast, {**SETTINGS, "EventBatchWindowSeconds": "5"}) == (
        5000 // 5 + 167
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"LiveApiReservedConcurrency": "-1"}, 8 + 1 + 3),
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
    assert PlannedLoad(55).segment_count == 6
    assert PlannedLoad(55, segments=0).segment_count == 0


@pytest.mark.parametrize(
    ("have", "need", "verdict"),
    [(100, 100, "ok"), (99, 100, "raise"), (0, 1, "raise"), (None, 1, "unknown")],
)
def test_the_verdict(have: Any, need: float, verdict: str) -> None:
    assert loads.judge(have, need) == verdict


@pytest.mark.parametrize(("need", "asked"), [(2000, 2500), (50_000, 63_000), (1, 2)])
def test_a_raise_leaves_room_and_is_a_round_number(need: int, asked: int) -> None:
    assert loads.quota_to_request(need) == asked
