"""Each finished day is learned once, and missed nights are caught up."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from traffic.aws.segment_items import LEARNED
from traffic.policy import HOUR_MS
from traffic.profile_builder.roads import city_roads
from traffic.profiles.day_file import ActiveBottleneck
from traffic.profiles.day_records import medians_of
from traffic.profiles.local_days import local_day
from traffic.profiles.profile_file import PROFILE_DAYS
from traffic.profiles.unusual import usual_of
from traffic.profiles.usual_speeds import of_kind
from trafficctl.roads.geometry import encode

from .city import BERLIN, FakeCity, road

MONDAY = date(2026, 11, 2)
TUESDAY = MONDAY + timedelta(days=1)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


def a_city(days: int = 3) -> FakeCity:
    """One that has had traffic on so many days, at four o'clock of the next night."""
    city = FakeCity(at(MONDAY + timedelta(days=days), 4), roads={"A": road()})
    for day in range(days):
        city.drive(MONDAY + timedelta(days=day), 60 + day)
    return city


def test_a_day_is_built_three_hours_after_it_ends() -> None:
    city = a_city(1)
    city.now = at(TUESDAY, 2, 59)
    assert MONDAY not in city.run().built

    city.now = at(TUESDAY, 3)
    assert city.run().built == [MONDAY]
    assert city.run().built == []


def test_a_run_with_nothing_new_writes_nothing() -> None:
    city = a_city()
    assert len(city.run().built) == PROFILE_DAYS

    city.wait(hours=1)
    report = city.run()

    assert (report.built, city.writes) == ([], [])
    assert report.age_days == 1


def test_missed_nights_are_caught_up_and_the_newest_comes_first() -> None:
    city = a_city(1)
    city.run()
    city.drive(TUESDAY, 70)
    city.drive(TUESDAY + timedelta(days=1), 80)
    city.wait(days=2)

    report = city.run()

    assert report.built == [TUESDAY + timedelta(days=1), TUESDAY]
    assert city.writes[-2:] == ["profiles", "A learns 80"]


def test_a_long_catching_up_is_continued_by_the_next_run() -> None:
    city = a_city()
    city.hour_takes_ms = 10_000  # 240 s a day, of 900 s

    first, second = city.run().built, city.run().built

    assert (len(first), len(second)) == (2, 2)
    assert first[0] == MONDAY + timedelta(days=2)
    assert second[0] == first[-1] - timedelta(days=1)


def test_one_day_is_built_even_where_it_takes_nearly_all_the_time() -> None:
    city = a_city()
    city.hour_takes_ms = 36_000

    assert len(city.run().built) == 1


def test_days_and_profiles_are_the_same_bytes_when_built_anew() -> None:
    city, again = a_city(5), a_city(5)
    city.run()
    again.rows = {hour: rows[::-1] for hour, rows in again.rows.items()}

    again.run()
    assert (city.packed, city.stored) == (again.packed, again.stored)
    again.packed.clear()
    again.run()
    assert (city.packed, city.stored) == (again.packed, again.stored)


def test_profiles_that_are_lost_or_unreadable_are_built_from_the_days() -> None:
    city = a_city(5)
    city.run()
    whole = city.stored

    for bad in (None, b"", b"\x92\x01\xc0"):
        city.stored = bad
        assert city.run().built == []
        assert city.stored == whole


def test_an_unreadable_day_is_left_out() -> None:
    city = a_city(4)
    city.run()
    city.packed[MONDAY] = b"\x92\x01\xc0"
    city.stored = None

    city.run()

    profiles = city.profiles()
    assert profiles is not None
    assert MONDAY not in profiles.days
    assert usual_of(of_kind(profiles.usual["A"], 0), 16) == 62


def test_a_day_without_any_reading_is_built_once_and_teaches_nothing() -> None:
    city = a_city(5)
    local = local_day(TUESDAY, BERLIN)
    for hour in range(local.begin_ms // HOUR_MS, local.end_ms // HOUR_MS):
        del city.rows[60 * hour]

    assert TUESDAY in city.run().built
    assert city.run().built == []

    file, profiles = city.day(TUESDAY), city.profiles()
    assert file is not None
    assert profiles is not None
    assert (file.records, file.jams) == ({}, [])
    # Of 60, 62, 63 and 64; with Tuesday's 61 it would be 62.
    assert usual_of(of_kind(profiles.usual["A"], 0), 16) == 62
    assert (profiles.days[TUESDAY], profiles.days[MONDAY]) == (0, 1)


def test_the_profiles_say_how_many_days_they_still_need() -> None:
    city = a_city(2)

    assert city.run().silent == {
        "working day": 1,
        "Saturday": 3,
        "Sunday or holiday": 3,
    }


def test_new_holidays_change_the_profiles_at_the_next_run() -> None:
    city = a_city(4)
    city.run()

    city.holidays = "2026-11-02,2026-11-03,soon"
    report = city.run()

    assert city.writes == ["profiles"]
    assert report.unreadable_holidays == ("soon",)
    assert report.silent == {
        "working day": 1,
        "Saturday": 3,
        "Sunday or holiday": 1,
    }


def test_a_city_without_history_says_nothing_and_does_not_fail() -> None:
    city = FakeCity(at(MONDAY, 4), roads={"A": road()})

    report = city.run()

    assert report.age_days == 1
    assert report.silent["working day"] == 3
    assert city.profiles() is not None


def test_the_age_is_that_of_the_newest_day() -> None:
    city = a_city()
    assert city.run().age_days == 1

    city.wait(hours=22)  # two o'clock of the next night: yesterday is not yet due
    assert city.run().age_days == 2


def test_days_without_measurements_make_nothing_younger() -> None:
    city = a_city()
    city.run()

    city.wait(days=2)
    report = city.run()

    assert len(report.built) == 2
    assert report.age_days == 3


def test_a_city_that_never_measured_anything_ages_from_its_first_run() -> None:
    city = FakeCity(at(MONDAY, 4), roads={"A": road()})
    assert city.run().age_days == 1

    city.wait(days=2)
    assert city.run().age_days == 3


def test_a_minute_of_another_day_is_not_counted() -> None:
    kathmandu = FakeCity(at(MONDAY, 4), zone="Asia/Kathmandu")  # 5:45 ahead of UTC
    kathmandu.drive(MONDAY - timedelta(days=1), 50)
    kathmandu.drive(MONDAY - timedelta(days=2), 20)

    kathmandu.run()

    file = kathmandu.day(MONDAY - timedelta(days=1))
    assert file is not None
    assert medians_of(file.records["A"]) == bytes([50] * 48)


def test_a_learned_free_flow_speed_is_written_where_it_changed() -> None:
    city = a_city(1)
    city.drive(MONDAY, 90, "B")
    city.drive(MONDAY, 90, "of no road")
    city.roads["B"] = road(None, learned=90)

    report = city.run()

    assert report.learned == 1
    assert [one for one in city.writes if "learns" in one] == ["A learns 60"]


def test_a_bottleneck_is_found_along_the_links_of_the_roads() -> None:
    city = FakeCity(
        at(TUESDAY, 4),
        roads={"A": road(100, "B"), "B": road(100), "C": road(None)},
    )
    for segment, speed in (("A", 30), ("B", 95), ("C", 30)):
        city.drive(MONDAY, speed, segment)

    city.run()

    file = city.day(MONDAY)
    assert file is not None
    # 600 vehicles an hour lose 1/30 - 1/100 h each, for five hours a shift
    assert file.jams == [
        ActiveBottleneck("A", shift, 300, 300.0, 70.0)
        for shift in ("afternoon", "midday", "morning")
    ]


def test_a_road_whose_line_ends_where_the_next_begins_is_linked_to_it() -> None:
    west, middle, east = (52.5, 13.40), (52.5, 13.41), (52.5, 13.42)
    graph = city_roads(
        {
            "segment_id": name,
            "name": "Ring",
            "latitude": start[0],
            "longitude": start[1],
            "line": encode([start, end]),
        }
        for name, start, end in (("A", west, middle), ("B", middle, east))
    ).graph

    assert [list(graph.following(name)) for name in "AB"] == [["B"], []]


@pytest.mark.parametrize("text", [None, 7, ["B"], "nowhere"])
def test_links_that_lead_nowhere_are_none(text: object) -> None:
    item = {"segment_id": "A", "latitude": 1.0, "longitude": 2.0, "downstream": text}

    assert list(city_roads([item]).graph.following("A")) == []


def test_a_row_without_a_place_has_no_links_and_stops_nobody() -> None:
    half = {"segment_id": "A", "latitude": 1.0, "downstream": "B"}
    roads = city_roads([half, {"segment_id": "B", LEARNED: 62}])

    assert [list(roads.graph.following(name)) for name in "AB"] == [[], []]
    assert roads.learned == {"A": None, "B": 62}
