"""A chart's band: low bound and usual speed at the middle of each half hour."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from traffic.profiles.profile_file import Profiles, build
from traffic.profiles.usual_band import UsualBand, band_of

from .builders import BERLIN, MONDAY, finished

HOUR_MS = 3_600_000
NEXT_MONDAY = MONDAY + timedelta(days=7)


def at(hour: int, minute: int = 0, day: date = NEXT_MONDAY) -> int:
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)
    return round(moment.timestamp() * 1000)


def learned() -> Profiles:
    """Five working days of 60 km/h: at eight 20, on one day 12."""
    speeds = (20, 20, 20, 20, 12)
    days = [finished(MONDAY + timedelta(days=n), {8: v}) for n, v in enumerate(speeds)]
    return build(days, "Europe/Berlin", ())


def band(first: int, last: int, zone: tzinfo = BERLIN) -> UsualBand:
    return band_of(learned(), "A", (first, last), HOUR_MS, zone)


def test_the_rows_enclose_the_hours_and_the_hour_ahead() -> None:
    assert band(at(7, 40), at(8, 20)) == UsualBand(
        [
            (at(7, 15), 60, 60),
            (at(7, 45), 12, 60),
            (at(8, 15), 12, 20),
            (at(8, 45), 12, 20),
            (at(9, 15), 12, 60),
            (at(9, 45), 60, 60),
        ]
    )


def test_half_hours_are_those_of_the_clock_in_any_zone() -> None:
    first = band(at(8), at(8), ZoneInfo("Asia/Kathmandu")).rows[0][0]

    clock = datetime.fromtimestamp(first / 1000, ZoneInfo("Asia/Kathmandu"))
    assert clock.minute in (15, 45)


def test_hours_of_a_kind_of_day_not_learned_are_unknown_and_the_end_says_so() -> None:
    saturday = NEXT_MONDAY + timedelta(days=5)
    found = band_of(
        build(
            [finished(MONDAY + timedelta(days=n), {}) for n in (2, 3, 4, 7, 8, 9, 10)],
            "Europe/Berlin",
            (),
        ),
        "A",
        (at(23, 0, saturday - timedelta(days=1)), at(0, 30, saturday)),
        0,
        BERLIN,
    )

    assert [usual for _at, _low, usual in found.rows] == [60, 60, 60, None, None]
    assert found.missing == "few_days"


def test_standing_traffic_is_a_value() -> None:
    days = [finished(MONDAY + timedelta(days=n), {8: 0}) for n in (2, 3, 4)]
    found = band_of(build(days, "Europe/Berlin", ()), "A", (at(8), at(8)), 0, BERLIN)

    assert found.rows[1] == (at(8, 15), 0, 0)
    assert found.missing is None
