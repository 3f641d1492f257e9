"""Days and half hours follow the clocks of the city."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from traffic.profiles.local_days import (
    BIN_MS,
    SATURDAY,
    SLOTS,
    SUNDAY,
    WORKING,
    date_of,
    holidays_of,
    kind_of,
    local_day,
    minute_of,
)

from .builders import BERLIN


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "bins"),
    [
        (date(2026, 11, 2), 288),
        (date(2026, 3, 29), 276),  # clocks go forward
        (date(2026, 10, 25), 300),  # and back
    ],
)
def test_a_day_lasts_as_long_as_its_clocks_say(day: date, bins: int) -> None:
    local = local_day(day, BERLIN)

    assert local.bins() == bins
    assert len(local.slots()) == bins / 2
    assert local.end_ms == local_day(day + timedelta(days=1), BERLIN).begin_ms


def test_the_skipped_hour_has_no_time_and_the_repeated_one_has_it_twice() -> None:
    spring = local_day(date(2026, 3, 29), BERLIN).slots()
    autumn = local_day(date(2026, 10, 25), BERLIN).slots()

    assert [spring.count(slot) for slot in (3, 4, 5, 6)] == [3, 0, 0, 3]
    assert [autumn.count(slot) for slot in (3, 4, 5, 6)] == [3, 6, 6, 3]


@pytest.mark.parametrize(
    "zone", ["Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
)
def test_every_zone_divides_a_day_into_48_half_hours(zone: str) -> None:
    slots = local_day(date(2026, 6, 1), ZoneInfo(zone)).slots()

    assert [slots.count(slot) for slot in range(SLOTS)] == [3] * SLOTS


def test_a_day_that_begins_at_one_o_clock_begins_when_its_date_does() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # clocks go forward at midnight
    local = local_day(date(2026, 3, 29), beirut)

    assert date_of(local.begin_ms, beirut) == date(2026, 3, 29)
    assert date_of(local.begin_ms - 1, beirut) == date(2026, 3, 28)
    assert minute_of(local.begin_ms, beirut) == 60
    assert local.bins() == 276


def test_the_date_is_that_of_the_city_and_not_of_utc() -> None:
    assert date_of(ms("2026-11-01T23:30:00+00:00"), BERLIN) == date(2026, 11, 2)
    assert minute_of(ms("2026-11-01T23:30:00+00:00"), BERLIN) == 30
    assert local_day(date(2026, 11, 2), BERLIN).begin_ms % BIN_MS == 0


def test_a_holiday_counts_as_a_sunday() -> None:
    friday, holidays = date(2026, 12, 25), {date(2026, 12, 25)}

    assert kind_of(friday, ()) == WORKING
    assert kind_of(friday, holidays) == SUNDAY
    assert kind_of(date(2026, 12, 26), holidays) == SATURDAY
    assert kind_of(date(2026, 12, 27), holidays) == SUNDAY


def test_what_is_no_date_is_named_and_the_other_holidays_still_count() -> None:
    assert holidays_of("") == (frozenset(), ())
    assert holidays_of("2026-12-25, 2027-02-30,2027-01-01,soon") == (
        {date(2026, 12, 25), date(2027, 1, 1)},
        ("2027-02-30", "soon"),
    )


def test_without_clock_changes_a_day_has_its_usual_length() -> None:
    east = timezone(timedelta(hours=5, minutes=45))

    assert local_day(date(2026, 3, 29), east).bins() == 288
