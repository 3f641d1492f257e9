"""The METR-LA week: the data as shipped, and what is derived from it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from trafficctl.errors import UserError
from trafficctl.metr_la import (
    CAPACITY_PER_LANE,
    LOS_ANGELES,
    WEEK_BEGIN,
    Week,
    check_span,
    flow_per_lane,
    free_flow_kmh,
    load_week,
    occupancy_of,
    replay_rows,
    road_network,
    speed_at,
)
from trafficctl.replay.csv_file import COLUMNS, read_rows, write_rows
from trafficctl.replay.rows import ReplayRow
from trafficctl.roads.network import parse

MONDAY_MORNING = datetime(2012, 3, 5, 7, tzinfo=LOS_ANGELES)


@pytest.fixture(scope="module")
def week() -> Week:
    return load_week()


def test_the_week_holds_207_detectors_for_seven_days(week: Week) -> None:
    assert len(week.detectors) == 207
    assert {d.detector for d in week.detectors} == set(week.speeds)
    assert week.end - WEEK_BEGIN == timedelta(days=7)


def test_speeds_are_those_of_the_source_in_kmh(week: Week) -> None:
    assert week.speeds["773869"][0] == pytest.approx(64.4 * 1.609344)
    everything = [speed for speeds in week.speeds.values() for speed in speeds]
    mean_mph = sum(everything) / len(everything) / 1.609344
    assert mean_mph == pytest.approx(58.9, abs=0.05)


def mean_kmh(week: Week, day: int, hour: int) -> float:
    begin = (24 * day + hour) * 12
    found = [s for speeds in week.speeds.values() for s in speeds[begin : begin + 12]]
    return sum(found) / len(found)


def test_weekdays_have_a_morning_peak_and_the_weekend_has_none(week: Week) -> None:
    """This is what fixes the dates, which the source does not carry."""
    at_eight = [mean_kmh(week, day, 8) for day in range(7)]
    slowest = sorted(range(7), key=lambda day: at_eight[day])
    assert {(WEEK_BEGIN + timedelta(days=d)).weekday() for d in slowest[-2:]} == {5, 6}


def test_free_flow_is_the_85th_percentile() -> None:
    assert free_flow_kmh([float(n) for n in range(101)]) == 85.0


def test_flow_is_greatest_at_half_the_free_flow_speed() -> None:
    assert flow_per_lane(50, 100) == CAPACITY_PER_LANE
    assert flow_per_lane(40, 100) == flow_per_lane(60, 100) < CAPACITY_PER_LANE


def test_traffic_at_free_flow_is_light_but_not_absent() -> None:
    assert flow_per_lane(100, 100) == flow_per_lane(130, 100) == pytest.approx(232.8)


def test_occupancy_is_density_times_effective_length() -> None:
    assert occupancy_of(2000, 50) == pytest.approx(40 * 6.7 / 1000)
    assert occupancy_of(2000, 5) == 1.0


@pytest.mark.parametrize(
    ("seconds", "speed"), [(0, 10), (150, 15), (300, 20), (599, 20)]
)
def test_speed_between_two_rows_is_interpolated(seconds: float, speed: float) -> None:
    assert speed_at([10.0, 20.0], seconds) == speed


def test_rounding_loses_no_vehicle(week: Week) -> None:
    """One minute at a time or five, the hour has the same vehicles within one."""
    totals: dict[int, dict[str, int]] = {}
    for step in (60, 300):
        counted: dict[str, int] = defaultdict(int)
        flat = Week(week.detectors, {d: [s[0]] * 2016 for d, s in week.speeds.items()})
        for _, _, name, count, *_ in replay_rows(flat, MONDAY_MORNING, 1, step):
            counted[str(name)] += int(str(count))
        totals[step] = counted
    assert all(abs(totals[60][d] - n) <= 1 for d, n in totals[300].items())


def test_the_replay_file_passes_the_citys_own_rules(week: Week, tmp_path: Path) -> None:
    path = tmp_path / "la.csv"
    with path.open("w") as file:
        written = write_rows(file, replay_rows(week, MONDAY_MORNING, 0.5, 60))
    rows = list(read_rows(path))
    assert len(rows) == written == 30 * 207
    assert all(isinstance(row, ReplayRow) for row in rows)


def test_a_reading_bears_the_end_of_its_step(week: Week) -> None:
    first = next(replay_rows(week, MONDAY_MORNING, 1, 60))
    named = dict(zip(COLUMNS, first, strict=True))
    assert named["timestamp"] == "2012-03-05T07:01:00-08:00"
    assert named["interval"] == 60


def segments(week: Week) -> list[Any]:
    return parse(road_network(week), "roads")


def test_every_detector_has_its_own_stretch_of_road(week: Week) -> None:
    roads = segments(week)
    assert {r.segment_id for r in roads} == {d.segment_id for d in week.detectors}
    assert all(r.line is not None for r in roads)
    assert all(100 < r.length_m < 1300 for r in roads)


def test_a_segment_says_where_it_is(week: Week) -> None:
    road = next(r for r in segments(week) if r.segment_id == "US-101-S-717446")
    assert road.name == "US-101 S, detector 717446"
    assert road.district == "Echo Park"
    assert road.latitude == pytest.approx(34.0714, abs=0.003)


@pytest.mark.parametrize(
    ("begin", "hours"),
    [
        (WEEK_BEGIN - timedelta(minutes=1), 1),
        (WEEK_BEGIN + timedelta(days=6, hours=23), 2),
    ],
)
def test_a_span_outside_the_week_is_refused(
    week: Week, begin: datetime, hours: float
) -> None:
    with pytest.raises(UserError, match="which covers 2012-03-01 00:00 to 2012-03-08"):
        check_span(week, begin, hours, 60)


def test_a_step_longer_than_the_span_is_refused(week: Week) -> None:
    with pytest.raises(UserError, match="--step 7200 is longer"):
        check_span(week, MONDAY_MORNING, 1, 7200)


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"detectors\.csv is missing"):
        load_week(tmp_path)
