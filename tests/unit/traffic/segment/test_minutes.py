"""Minutes: two are open, older ones are written, late readings join their own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from traffic.segment.rows import (
    history_row,
    hour_key,
    hour_keys,
    minutes_of,
    minutes_to_read,
)
from traffic.segment.windows import Window, merge_windows, pack, sum_readings, unpack

from .builders import MINUTE, START, Told, message, reading, records, say, tell


def summing(*rows: Any) -> Window:
    return Window(len(rows), sums=sum_readings(rows))


def test_the_newest_minute_and_the_one_before_stay_open() -> None:
    told = say(message(reading("a", 0)), message(reading("b", 60)))

    assert told.minutes == {}


def test_a_minute_closes_when_the_second_after_it_opens() -> None:
    told = say(*(message(reading("a", s)) for s in (0, 59, 60, 120)))

    assert {m - MINUTE: w.readings for m, w in told.minutes.items()} == {0: 2}


def test_minutes_without_readings_are_left_out_not_written_as_zero() -> None:
    told = say(message(reading("a", 0)), message(reading("a", 600)))

    assert {m - MINUTE: w.readings for m, w in told.minutes.items()} == {0: 1}


def test_a_reading_of_the_minute_before_is_in_time() -> None:
    told = say(message(reading("a", 119)), message(reading("b", 1)))

    assert told.stored.counts.late == 0
    assert told.stored.counts.accepted == 2


def test_a_reading_older_than_both_open_minutes_joins_its_own() -> None:
    told = say(
        message(reading("a", 0, count=10)),
        message(reading("a", 180)),
        message(reading("b", 30, count=4), received=181),
    )

    assert (told.stored.counts.accepted, told.stored.counts.late) == (3, 1)
    ours = told.minutes[MINUTE]
    assert (ours.readings, ours.sums.vehicles, ours.late) == (2, 14, 1)


def test_a_late_reading_of_a_minute_that_closed_earlier_is_merged_with_its_row() -> (
    None
):
    before = say(message(reading("a", 0)), message(reading("a", 180)))

    told = tell(before, records(message(reading("b", 30), received=200), first=3))

    assert minutes_to_read(told.last) == [MINUTE]
    assert list(minutes_of(told.last)) == [MINUTE]
    assert told.minutes[MINUTE].readings == 2


def test_a_minute_that_closes_in_the_same_batch_has_no_row_yet() -> None:
    told = say(
        message(reading("a", 0)),
        message(reading("a", 180)),
        message(reading("b", 30), received=181),
    )

    assert minutes_to_read(told.last) == []


def test_a_device_that_buffered_for_a_day_fills_every_minute() -> None:
    day = 24 * 60
    now = message(reading("a", 0))
    buffered = [reading("b", 60 * (i - day)) for i in range(day)]

    told = say(now, *(message(*buffered[i : i + 60]) for i in range(0, day, 60)))

    assert told.stored.counts.accepted == day + 1
    assert told.stored.counts.late == day - 1  # the last one's minute is still open
    assert {m - MINUTE for m in told.minutes} == set(range(-day, -1))
    assert {w.readings for w in told.minutes.values()} == {1}


def test_sums_of_a_row_can_be_read_back_and_added_to() -> None:
    window = summing((7, 33.3, 0.25, 60_000, 415, 0.0))

    assert unpack(pack(window)) == window
    assert merge_windows(window, Window()) == window


def test_a_row_tells_the_traffic_of_its_minute() -> None:
    window = summing(
        (20, 100.0, 0.1, 60_000, None, 0.0),  # 1200 veh/h at 100 km/h
        (20, 50.0, 0.3, 60_000, None, 0.0),  # 1200 veh/h at 50 km/h
    )
    window = merge_windows(window, Window(late=1))

    row = history_row(Told().stored, MINUTE, window, retention_days=30)

    assert unpack(row.pop("sums")) == window
    assert row == {
        "segment_id": "s",
        "minute": "2027-01-15T08:00Z",
        "hour": "2027-01-15T08Z#3",
        "district": "Los Angeles",
        "readings": 2,
        "vehicles": 40,
        "flow": 4800,  # four lanes
        "flow_per_lane": 1200,
        "speed": 66.7,
        "density": 18.0,
        "occupancy": 0.2,
        "speed_ratio": 0.667,
        "travel_time_index": 1.5,
        "level_of_service": "D",
        "congestion_score": 33.3,
        "speed_estimated": None,
        "late": 1,
        "expires_at": START // 1000 + 30 * 86_400,
    }


def test_the_minutes_of_all_segments_are_spread_over_the_keys_of_their_hour() -> None:
    keys = Counter(hour_key(f"segment-{n:05}", MINUTE) for n in range(5_000))

    hour = "2027-01-15T08Z"
    assert set(keys) == {hour, *(f"{hour}#{n}" for n in range(1, 8))}
    assert max(keys.values()) < 1.05 * 5_000 / 8


def test_the_keys_of_an_hour_are_known_to_what_reads_all_segments() -> None:
    written = {hour_key(f"segment-{n}", MINUTE + 59) for n in range(100)}

    assert set(hour_keys(MINUTE)) == written


def test_a_segment_keeps_its_key_in_every_hour_and_version() -> None:
    later = [hour_key("s", MINUTE + 60 * n) for n in range(2)]

    assert later == ["2027-01-15T08Z#3", "2027-01-15T09Z#3"]


def test_a_row_of_an_empty_road_has_a_flow_of_zero_and_no_speed() -> None:
    window = summing((0, None, 0.0, 60_000, None, 0.0))

    row = history_row(Told().stored, MINUTE, window, retention_days=30)

    assert (row["flow"], row["density"], row["congestion_score"]) == (0, 0.0, 0.0)
    assert row["speed"] is None
    assert row["level_of_service"] == "A"


def test_a_row_of_readings_with_scores_of_their_own_takes_these() -> None:
    """Half of the time 80 of its own, half of it 50 by speed."""
    window = summing(
        (10, 10.0, None, 60_000, 800, 0.0), (10, 50.0, None, 60_000, None, 0.0)
    )

    row = history_row(Told().stored, MINUTE, window, retention_days=30)

    assert row["congestion_score"] == 65.0


def test_a_row_of_version_0_1_is_read_and_added_to() -> None:
    """Readings, vehicles, lane time, pace, cover, its time, scores, queues, late."""
    former = [2, 40, 120_000, 0.6, 24_000.0, 120_000, 500, 0, 1]

    window = unpack(msgspec.msgpack.encode(former))

    row = history_row(Told().stored, MINUTE, window, retention_days=30)
    assert (row["readings"], row["vehicles"], row["late"]) == (2, 40, 1)
    assert (row["speed"], row["flow"], row["congestion_score"]) == (66.7, 4800, 25.0)
