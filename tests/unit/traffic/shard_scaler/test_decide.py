"""When the stream gets more shards, when fewer, and when neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from traffic.shard_scaler.decide import (
    Bounds,
    Hold,
    Minute,
    Scale,
    ScalingDecision,
    StreamState,
    decide,
)
from traffic.shard_scaler.history import History, ShardCount

from .builders import BOUNDS, NOW_S, always, changes, hour, minute, stream


def decided(
    seen: StreamState, history: History | None = None, bounds: Bounds = BOUNDS
) -> ScalingDecision:
    known = always(seen.shards) if history is None else history
    return decide(seen, known, NOW_S, bounds)


def target(decision: ScalingDecision) -> int | None:
    return decision.target if isinstance(decision, Scale) else None


# Up


@pytest.mark.parametrize(
    ("share", "expected"), [(0.69, None), (0.71, 8), (1.0, 8)], ids=str
)
def test_shards_double_when_the_last_minutes_fill_seven_tenths(
    share: float, expected: int | None
) -> None:
    assert target(decided(stream(4, 4 * share))) == expected


def test_bytes_fill_a_shard_as_records_do() -> None:
    heavy = [Minute(one.at_s, 600, 60 * 1_048_576 * 3) for one in hour(0.01)]

    assert decided(StreamState(4, heavy)) == Scale(8, "75% in use")


def test_one_minute_close_to_full_is_enough() -> None:
    calm = [minute(ago, 2.0) for ago in range(60, 3, -1)]

    assert target(decided(StreamState(4, [*calm, minute(3, 3.5)]))) == 8
    assert target(decided(StreamState(4, [*calm, minute(3, 3.3)]))) is None


def test_more_than_the_upper_bound_is_held_back() -> None:
    assert target(decided(stream(20, 18), bounds=Bounds(2, 24))) == 24
    assert decided(stream(24, 18), bounds=Bounds(2, 24)) == Hold(
        "75% in use, at KinesisMaxShardCount 24", held_back=True
    )


def test_fewer_than_the_lower_bound_are_raised_even_without_metrics() -> None:
    assert decided(StreamState(1, [])) == Scale(2, "fewer than KinesisShardCount")
    assert target(decided(StreamState(3, []), bounds=Bounds(10, 20))) == 6


def test_nothing_goes_up_when_the_days_changes_are_used_up() -> None:
    used = changes(4, *[8, 4] * 5)

    assert decided(stream(4, 4), used) == Hold(
        "100% in use, no change left in 24 h", held_back=True
    )


# Throttles and delay


def test_refused_records_count_where_shards_can_be_the_cause() -> None:
    assert target(decided(stream(4, 1.6, throttled=5))) == 8
    assert decided(stream(4, 1.2, throttled=5)) == Hold(
        "records refused at 30% in use: a hot shard or bursts", hot=True
    )


def test_what_was_refused_before_the_last_change_is_settled() -> None:
    refused_before = [*hour(2.0, throttled=5)[:-2], minute(4, 2.0), minute(3, 2.0)]
    just_now = changes(2, 4, minutes_ago=4)
    assert refused_before[-3].throttled

    assert target(decided(StreamState(4, refused_before), just_now)) is None
    assert target(decided(StreamState(4, refused_before), always(4))) == 8


def test_a_slow_processor_gets_more_shards_only_when_they_are_in_use() -> None:
    assert target(decided(stream(4, 1.6, age_ms=60_000))) == 8
    assert decided(stream(4, 0.8, age_ms=60_000)) == Hold(
        "the processor is behind at 20% in use: it is slow, not the shards"
    )


def test_a_processor_that_was_behind_for_a_moment_is_let_be() -> None:
    late = [*hour(1.6)[:-1], minute(3, 1.6, age_ms=60_000)]

    assert target(decided(StreamState(4, late))) is None


# Down


@pytest.mark.parametrize(
    ("shards", "demand", "expected"),
    [(8, 2.0, 4), (8, 2.1, None), (5, 1.5, 3), (5, 1.6, None), (3, 0.1, 2)],
)
def test_shards_halve_when_a_quiet_hour_leaves_half_of_them_half_empty(
    shards: int, demand: float, expected: int | None
) -> None:
    assert target(decided(stream(shards, demand))) == expected


def test_the_lower_bound_stays() -> None:
    assert decided(stream(2, 0.0)) == Hold("at KinesisShardCount")
    assert target(decided(stream(6, 0.0), bounds=Bounds(4, 32))) == 4


@pytest.mark.parametrize(
    ("busy", "why"),
    [
        (minute(60, 2.2), "55% of 4 shards within the hour"),
        (minute(60, 1.0, throttled=1), "records refused within the hour"),
        (minute(60, 1.0, age_ms=10_001), "the processor was behind within the hour"),
    ],
)
def test_one_busy_minute_makes_an_hour_unquiet(busy: Minute, why: str) -> None:
    assert decided(StreamState(8, [busy, *hour(1.0)[1:]])) == Hold(why)


def test_what_was_before_the_hour_is_past() -> None:
    assert target(decided(StreamState(8, [minute(61, 8.0), *hour(1.0)]))) == 4


def test_an_hour_that_is_not_known_is_not_quiet() -> None:
    assert target(decided(StreamState(8, hour(1.0)[4:]))) == 4
    assert decided(StreamState(8, hour(1.0)[5:])) == Hold(
        "metrics of only 53 minutes of the last hour"
    )


def test_after_any_change_an_hour_passes_before_shards_go() -> None:
    assert target(decided(stream(8, 0.5), changes(4, 8, minutes_ago=60))) == 4
    assert decided(stream(8, 0.5), changes(16, 8, minutes_ago=59)) == Hold(
        "changed within the hour"
    )


def test_a_step_down_leaves_changes_for_the_way_up_and_one_for_a_person() -> None:
    four_left = changes(8, 16, 32, 16, 32, 16, 8)  # six made

    # From 4 to 16 it is two steps, to 32 three; a step down takes one of the four.
    assert target(decided(stream(8, 0.5), four_left, Bounds(2, 16))) == 4
    assert decided(stream(8, 0.5), four_left, Bounds(2, 32)) == Hold(
        "4 changes are kept for the way up from 4 shards"
    )


def test_what_is_not_remembered_of_the_day_counts_as_spent() -> None:
    born_today = (ShardCount(NOW_S - 23 * 3_600, 8),)

    assert decided(stream(8, 0.5), born_today) == Hold(
        "changes before this day's memory are unknown: none goes down"
    )


# Neither


def test_without_fresh_metrics_nothing_is_changed() -> None:
    stale = [minute(ago, 4.0) for ago in range(60, 4, -1)]

    assert decided(StreamState(4, stale)) == Hold("no metrics of the last 5 minutes")
    assert target(decided(StreamState(4, [*stale, minute(4, 4.0)]))) == 8


def test_a_stream_that_is_being_changed_is_let_be() -> None:
    changing = replace(stream(4, 4.0), status="UPDATING")

    assert decided(changing) == Hold("the stream is UPDATING")


def test_a_stream_that_a_person_made_on_demand_is_let_be() -> None:
    on_demand = replace(stream(4, 4.0), mode="ON_DEMAND")

    assert decided(on_demand) == Hold(
        "the stream is ON_DEMAND: Kinesis chooses its shards"
    )


def test_a_count_above_the_bound_goes_down_by_the_rule_only() -> None:
    above = Bounds(2, 8)

    assert target(decided(stream(16, 5.0), bounds=above)) is None
    assert decided(stream(16, 12.0), bounds=above).held_back is True  # type: ignore[union-attr]
    assert target(decided(stream(16, 2.0), bounds=above)) == 8
