"""Replaying a file: what is published when, under which timestamp, in what message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from traffic.model import Reading
from trafficctl.errors import UserError
from trafficctl.replay.command import Replay, messages, plan
from trafficctl.replay.csv_file import read_rows
from trafficctl.replay.rows import BadRow, ReplayRow
from trafficctl.replay.source import Part, ReplaySource, Span, survey

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_800_000_000_000
HEADER = "timestamp,segment_id,sensor_id,vehicle_count,average_speed,congestion_score"
GOOD = "2026-11-22T18:32:00Z,s1,a,5,63.2,"


def write(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "replay.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def bad_row(tmp_path: Path, line: str, header: str = HEADER) -> str:
    path = write(tmp_path, GOOD + ",," * (header != HEADER), line, header=header)
    (found,) = [row for row in read_rows(path) if isinstance(row, BadRow)]
    return "\n".join(found.messages(path))


def test_a_row_is_read_with_its_event_time(tmp_path: Path) -> None:
    (row,) = read_rows(write(tmp_path, GOOD))
    assert row == ReplayRow(1795372320000, "s1", Reading("a", 1795372320000, 5, 63.2))


def test_a_timestamp_may_be_milliseconds(tmp_path: Path) -> None:
    (row,) = read_rows(write(tmp_path, "1795372320000,s1,a,0,,100"))
    assert row == ReplayRow(
        1795372320000, "s1", Reading("a", 1795372320000, 0, None, 100.0)
    )


def test_optional_columns_may_come_in_any_order(tmp_path: Path) -> None:
    header = f"interval,{HEADER},occupancy"
    (row,) = read_rows(write(tmp_path, f"60,{GOOD},0.25", header=header))
    assert isinstance(row, ReplayRow)
    assert (row.reading.interval, row.reading.occupancy) == (60, 0.25)


def test_empty_lines_are_no_rows(tmp_path: Path) -> None:
    assert len(list(read_rows(write(tmp_path, GOOD, "", GOOD)))) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "2026-11-22T18:32:00Z,s1,a,5,fast,",
            "column average_speed: expected a number 0-250 or empty, got 'fast'",
        ),
        (
            "2026-11-22T18:32:00Z,s1,a,5,251,",
            "column average_speed: expected a number 0-250 or empty, got '251'",
        ),
        ("2026-11-22T18:32:00Z,s1,a,5,nan,", "column average_speed: expected a number"),
        (
            "2026-11-22T18:32:00Z,s1,a,5.5,60,",
            "column vehicle_count: expected a whole number 0-15000 or empty, got '5.5'",
        ),
        (
            "2026-11-22T18:32:00Z,s1,a,,,",
            "column vehicle_count: expected one of vehicle_count, average_speed",
        ),
        ("2026-11-22T18:32:00Z,s1,a,5,60,101", "column congestion_score: expected a"),
        ("2026-11-22T18:32:00Z,s1,,5,60,", "column sensor_id: expected 1-64 of"),
        ("2026-11-22T18:32:00Z,s 1,a,5,60,", "column segment_id: expected 1-64 of"),
        ("2026-11-22T18:32:00,s1,a,5,60,", "column timestamp: expected ms since"),
        ("-5,s1,a,5,60,", "column timestamp: expected ms since the epoch"),
        ("9" * 17 + ",s1,a,5,60,", "column timestamp: expected ms since the epoch"),
        ("2026-11-22T18:32:00Z,s1,a,5", ": expected 6 cells, got 4 cells"),
    ],
)
def test_a_bad_row_is_named_with_line_column_and_value(
    tmp_path: Path, line: str, said: str
) -> None:
    message = bad_row(tmp_path, line)
    assert message.startswith("replay.csv line 3")
    assert said in message


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("100.5,60", "column occupancy: expected a number 0-1"),
        ("0.5,0", "column interv"),
    ],
)
def test_optional_columns_are_checked_too(
    tmp_path: Path, cells: str, said: str
) -> None:
    assert said in bad_row(tmp_path, f"{GOOD},{cells}", f"{HEADER},occupancy,interval")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER.replace("sensor_id,", ""), "'sensor_id' is missing"),
        (HEADER + ",sensor_id", "'sensor_id' stands twice"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(UserError, match=f"replay.csv line 1: .*{said}"):
        list(read_rows(write(tmp_path, GOOD, header=header)))


def test_nothing_is_published_of_a_file_with_a_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "x,s1,a,5,60,")
    with pytest.raises(UserError, match=r"line 3, .*\nnothing was published"):
        survey(ReplaySource(path, skip_bad=False), path)


def test_bad_rows_are_skipped_and_counted_on_request(tmp_path: Path) -> None:
    path = write(tmp_path, *["x,s1,a,5,60,"] * 7, GOOD)
    source = ReplaySource(path, skip_bad=True)
    assert survey(source, path).rows == 1
    assert len(source.skipped) == 7
    assert source.warnings()[-2:] == ["and 2 more", "bad rows skipped: 7"]
    assert len(list(source)) == 1
    assert len(source.skipped) == 7


def test_a_file_without_readings_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(UserError, match="no readings to publish"):
        survey(ReplaySource(path, skip_bad=False), path)


def test_the_limit_counts_rows(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD, "bad")
    assert (
        survey(ReplaySource(path, skip_bad=False, part=Part(limit=2)), path).rows == 2
    )


def span(duration: int = 6 * HOUR, first: int = NOW - 1000 * DAY) -> Span:
    return Span(first, first, first + duration, 2, ("s1",))


@pytest.mark.parametrize("speed", [1, 2, 240])
def test_sped_up_the_last_reading_is_published_at_its_own_time(speed: float) -> None:
    found = plan(span(), speed, "now", NOW)
    last = span().last_ms
    assert found.age_ms(last) == 0
    assert found.due_s(last) == 6 * 3600 / speed
    assert found.age_ms(span().first_ms) == 6 * HOUR * (1 - 1 / speed)


def test_slowed_down_the_first_reading_is_published_at_its_own_time() -> None:
    found = plan(span(), 0.5, "now", NOW)
    assert found.age_ms(span().first_ms) == 0
    assert found.age_ms(span().last_ms) == 6 * HOUR


def test_the_publishing_time_is_found_from_the_published_timestamp() -> None:
    found = plan(span(), 240, "now", NOW)
    half_way = span().first_ms + 3 * HOUR
    published = found.published_time_of(half_way)
    assert found.wall_time_of(published) == NOW + 3 * HOUR / 240


def test_a_shift_by_seconds_moves_timestamps_by_just_that() -> None:
    recent = span(HOUR, NOW - 3 * HOUR)
    assert plan(recent, 1, "7200", NOW).published_time_of(NOW - HOUR) == NOW + HOUR


@pytest.mark.parametrize(
    ("chosen", "speed", "shift", "said"),
    [
        (span(), 1, "none", "24,000.0 h old when published.* use --shift now"),
        (span(25 * HOUR), 240, "now", "replay less of the file"),
        (span(HOUR, NOW + HOUR), 1, "none", "1.0 h ahead .* use --shift now"),
        (span(2 * HOUR, NOW), 2, "none", "1.0 h ahead"),
    ],
)
def test_timestamps_that_the_city_refuses_are_refused_here(
    chosen: Span, speed: float, shift: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        plan(chosen, speed, shift, NOW)


def test_a_long_file_can_be_replayed_at_its_own_pace() -> None:
    assert plan(span(72 * HOUR), 1, "now", NOW).age_ms(span().first_ms) == 0


def rows(*made: tuple[int, str, str]) -> list[ReplayRow]:
    return [
        ReplayRow(ms, segment, Reading(sensor, ms, 1, 50.0))
        for ms, segment, sensor in made
    ]


def published(
    given: Sequence[ReplayRow], batch: int = 25, units: int = 1
) -> list[tuple[float, str, Any]]:
    timed = messages(given, Replay(1000, NOW, 2.0, 500), batch, units)
    return [(due, device, json.loads(m.payload)) for due, device, m in timed]


def sensors(message: dict[str, Any]) -> list[str]:
    return [reading["sensor_id"] for reading in message["readings"]]


def test_readings_of_one_segment_and_instant_share_a_message() -> None:
    given = rows(
        (1000, "s1", "a"), (1000, "s2", "b"), (1000, "s1", "c"), (3000, "s1", "a")
    )
    found = published(given)
    assert [(due, device, sensors(m)) for due, device, m in found] == [
        (0.0, "s1-unit1", ["a", "c"]),
        (0.0, "s2-unit1", ["b"]),
        (1.0, "s1-unit1", ["a"]),
    ]


def test_a_message_holds_no_more_readings_than_asked_for() -> None:
    found = published(rows(*[(1000, "s1", f"x{n}") for n in range(5)]), batch=2)
    assert [len(m["readings"]) for _, _, m in found] == [2, 2, 1]


def test_a_batch_of_one_sends_bare_readings_with_the_moved_timestamp() -> None:
    ((_, _, message),) = published(rows((1000, "s1", "a")), batch=1)
    assert message == {
        "sensor_id": "a",
        "timestamp": 1500,
        "vehicle_count": 1,
        "average_speed": 50.0,
    }


def test_with_more_devices_a_sensor_keeps_to_its_own() -> None:
    given = rows(*[(t, "s1", f"x{n}") for t in (1000, 2000) for n in range(40)])
    senders: dict[str, set[str]] = {}
    for _, device, message in published(given, units=3):
        for name in sensors(message):
            senders.setdefault(name, set()).add(device)
    assert all(len(devices) == 1 for devices in senders.values())
    assert {d for devices in senders.values() for d in devices} == {
        "s1-unit1",
        "s1-unit2",
        "s1-unit3",
    }


def test_rows_out_of_order_go_out_in_the_order_of_the_file() -> None:
    found = published(rows((3000, "s1", "a"), (500, "s1", "b"), (3000, "s1", "c")))
    assert [(due, sensors(m)) for due, _, m in found] == [
        (1.0, ["a"]),
        (0.0, ["b"]),
        (1.0, ["c"]),
    ]
