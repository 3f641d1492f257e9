"""The SQL of each dataset gives the figures that the scenario was made for."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from traffic import policy

from .definition import CALCULATED
from .scenario import NOW, city
from .warehouse import Warehouse, custom_sql

WAREHOUSE = Warehouse(city().tables(), NOW)
ask = WAREHOUSE.ask


def calculated(dataset: str, name: str) -> str:
    """Return a calculated field in SQL; its functions are SQL's by other letters."""
    return re.sub(r"\{(\w+)\}", r"\1", CALCULATED[dataset, name])


def test_each_segment_is_told_as_it_is_now() -> None:
    rows = ask("live", "segment, congestion, congestion_score, flow, speed")

    assert rows == [
        ("A", "severe", 80.0, 2400.0, 20.0),
        ("B", "free", 0.0, 600.0, 90.0),
        ("C", "no data", None, None, None),
        ("D", "no data", None, None, None),
        ("E", "no data", None, None, None),
    ]


def test_the_citys_figures_leave_out_segments_that_are_silent() -> None:
    speed = calculated("live", "mean_speed")
    (row,) = ask("live", f"sum(flow), avg(congested), {speed}")

    # 2,400 veh/h on 1 km at 20 km/h and 600 on 2 km at 90: 3,600 km in 120 + 13.3 h
    assert row == (3000.0, 0.5, pytest.approx(27.0))


def test_a_city_without_any_data_has_no_speed() -> None:
    speed = calculated("live", "mean_speed")

    empty = Warehouse({table: [] for table in city().tables()}, NOW)

    assert empty.ask("live", f"{speed}") == [(None,)]


def test_sensors_not_reporting_are_counted_even_where_all_are_silent() -> None:
    rows = ask("live", "segment, sensors, sensors_silent")

    silent = [("A", 2, 0), ("B", 2, 1), ("C", 2, 2), ("D", 0, 0), ("E", 1, 1)]
    assert rows == silent


def test_a_segment_that_no_file_describes_is_named_by_its_id() -> None:
    rows = ask("live", "name, district, latitude")

    assert rows[-1] == ("E", "unknown", None)


def test_a_segment_is_silent_when_the_processor_would_no_longer_count_it() -> None:
    sql = custom_sql("live")["SqlQuery"]
    intervals = policy.STALE_AFTER_INTERVALS

    assert f"greatest({policy.STALE_AFTER_MS // 1000}, {intervals} * 60)" in sql
    assert f"coalesce(length_m, {policy.UNKNOWN_LENGTH_M:.0f})" in sql


def test_the_last_hours_hold_this_hour_and_the_six_before() -> None:
    rows = ask("hours", "min(time), max(time), count(*)")

    # A and B 30 minutes each, C 8: the newest two of each segment are open still
    first, last = datetime(2026, 11, 22, 15, 51), datetime(2026, 11, 22, 18, 30)
    assert rows == [(first, last, 68)]


def test_speed_over_time_weighs_each_vehicle_alike() -> None:
    speed = calculated("hours", "hours_speed")
    minute = "time = TIMESTAMP '2026-11-22 18:25:00'"
    (row,) = ask("hours", f"avg(flow), {speed}", where=minute)

    # 40 vehicles at 20 km/h and 10 at 90: 50 in 2 h and a ninth
    assert row == (1500.0, pytest.approx(50 / (2 + 1 / 9)))


def test_the_level_of_a_minute_is_that_of_its_score() -> None:
    rows = ask("hours", "DISTINCT segment, level")

    assert sorted(rows) == [
        ("A", "none"),
        ("A", "severe"),
        ("B", "none"),
        ("C", "none"),
    ]


def test_the_weeks_of_one_segment_are_told_by_hours_at_the_place() -> None:
    rows = ask("weeks", "DISTINCT weekday, hour_of_day", "B")

    # 05:01-05:29 UTC is Saturday evening in Los Angeles, 18:01-18:31 Sunday morning
    assert sorted(rows) == [("6 Sat", "21"), ("7 Sun", "10")]


def test_nothing_is_told_of_a_segment_before_one_is_chosen() -> None:
    assert ask("weeks") == []


def test_what_is_older_than_four_weeks_is_not_told() -> None:
    assert ask("weeks", segment="E") == []
    assert "E" not in {row[0] for row in ask("alerts", "segment")}
    assert "unknown" not in {row[0] for row in ask("incidents", "road")}


def test_alerts_tell_where_how_bad_and_how_long() -> None:
    rows = ask(
        "alerts",
        "name, peak_level, is_open, opened, minutes, weekday, hour_of_day",
    )

    opened = [datetime(2026, 11, 22, 5, 2), datetime(2026, 11, 22, 18, 22)]
    assert rows == [
        ("US-101 S", "severe", 0, opened[0], 15.0, "6 Sat", "21"),
        ("I-405 N", "severe", 1, opened[1], 10.5, "7 Sun", "10"),
    ]


def test_an_incident_tells_where_it_was_how_long_and_what_it_cost() -> None:
    rows = ask("incidents", "place, peak_level, opened, hours, delay, queue")

    # what was part of another, and slow traffic that was not unusual, is left out
    told = [
        ("Harbor", "severe", datetime(2026, 11, 22, 18, 22), 0.175, 0.0, 1.0),
        ("US-101 S at B", "severe", datetime(2026, 11, 22, 5, 2), 0.75, 12.5, 1.5),
        ("SR-2 at D", "high", datetime(2026, 11, 20, 16, 10), 2.0, 80.25, 1.5),
        ("SR-2 at D", "none", datetime(2026, 11, 19, 23, 0), 1.0, 10.0, 1.5),
    ]
    assert sorted(rows) == sorted(told)


def test_incidents_are_told_by_road_and_by_hours_at_the_place() -> None:
    rows = ask("incidents", "road, weekday, hour_of_day, delay", where="delay > 0")

    assert sorted(rows) == [
        ("SR-2", "4 Thu", "15", 10.0),
        ("SR-2", "5 Fri", "08", 80.25),
        ("US-101 S", "6 Sat", "21", 12.5),
    ]


def test_the_share_unusual_is_of_incidents_where_the_usual_is_known() -> None:
    (row,) = ask("incidents", "count(*), count(unusual), avg(unusual)")

    assert row == (4, 3, pytest.approx(2 / 3))
