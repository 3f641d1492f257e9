"""The week's bottlenecks are sent once, when all its days have been learned."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from traffic.errors import PublishError
from traffic.model import Road
from traffic.network.roads import RoadGraph
from traffic.profile_builder.weekly import due_week, report_of, week_of

from .city import FakeCity, road
from .test_learn import at

MONDAY = date(2026, 11, 2)
SUNDAY = date(2026, 11, 8)
NEXT = SUNDAY + timedelta(days=1)


def jammed() -> FakeCity:
    """A city with a jam on Friday, at four o'clock after that Sunday."""
    city = FakeCity(at(NEXT, 4), roads={"A": road(100, "B"), "B": road(100)})
    friday = MONDAY + timedelta(days=4)
    for segment, speed in (("A", 30), ("B", 95)):
        city.drive(friday, speed, segment)
    return city


def test_a_week_is_sent_once_from_monday_to_sunday() -> None:
    city = jammed()

    assert city.run().reported == SUNDAY
    assert city.run().reported is None

    (report,) = city.sent
    assert (report["week"], report["days"]) == ("2026-11-02 to 2026-11-08", 1)
    (place,) = report["places"]
    assert (place["place"], place["minutes"], place["vehicle_hours"]) == ("A", 900, 210)
    assert city.weeks == {SUNDAY: report}


def test_a_week_waits_for_the_days_that_one_run_has_no_time_for() -> None:
    city = jammed()
    city.hour_takes_ms = 15_000  # six minutes a day

    first = city.run()
    assert (first.built, first.reported) == ([SUNDAY], None)

    while city.run().reported is None:
        assert city.sent == []
    (report,) = city.sent
    assert [place["vehicle_hours"] for place in report["places"]] == [210]


def test_a_report_that_was_not_sent_is_sent_by_the_next_run() -> None:
    city = jammed()
    city.is_bus_down = True
    with pytest.raises(PublishError):
        city.run()
    assert city.weeks == {}

    city.is_bus_down = False
    assert city.run().reported == SUNDAY
    assert len(city.sent) == 1


def test_a_week_without_a_bottleneck_is_noted_and_not_sent() -> None:
    city = FakeCity(at(NEXT, 4), roads={"A": road()})
    city.drive(MONDAY, 60)

    assert city.run().reported == SUNDAY
    assert (city.sent, city.weeks) == ([], {SUNDAY: {}})


def test_a_week_is_due_when_all_its_days_are_learned_and_for_nine_days() -> None:
    week = week_of(SUNDAY)
    assert due_week(week, [], SUNDAY) is None
    assert due_week(week, [], NEXT) == SUNDAY
    assert due_week(week, [SUNDAY], NEXT) is None
    assert due_week(week[:-1], [], NEXT) is None
    assert due_week(week[1:], [], NEXT) is None
    assert due_week(week, [], SUNDAY + timedelta(days=9)) == SUNDAY
    assert due_week(week, [], SUNDAY + timedelta(days=10)) is None
    assert week_of(SUNDAY)[0] == MONDAY


def test_a_place_is_named_by_its_road_where_it_has_a_name() -> None:
    city = jammed()
    city.run()
    days = [city.day(day) for day in week_of(SUNDAY)]
    files = [file for file in days if file is not None]

    named = RoadGraph({"A": Road(name="Ring")}, {})

    report = report_of(SUNDAY, files, named)
    assert report is not None
    assert report["places"][0]["place"] == "Ring"
