"""What is usual is learned from the days of a kind, and stays silent before."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from traffic.profiles.day_file import DayFile
from traffic.profiles.free_flow import differs, learned_of
from traffic.profiles.local_days import SATURDAY, SUNDAY, WORKING
from traffic.profiles.profile_file import (
    Outlook,
    Profiles,
    build,
    is_stale,
    missing_days,
    outlook,
    pack,
    unpack,
)
from traffic.profiles.unusual import bound_of, usual_of
from traffic.profiles.usual_speeds import of_kind

from .builders import BERLIN, MONDAY, finished

NIGHT = dict.fromkeys((21, 22, 23, 0, 1, 2, 3, 4), 80.0)


def week(speeds: list[float], first: date = MONDAY) -> list[DayFile]:
    """Days from a Monday on, with that speed at eight o'clock."""
    return [
        finished(first + timedelta(days=n), {8: speed})
        for n, speed in enumerate(speeds)
    ]


def built(days: list[DayFile], holidays: frozenset[date] = frozenset()) -> Profiles:
    return build(days, "Europe/Berlin", holidays)


def usual_at_eight(profiles: Profiles, kind: int = WORKING) -> int | None:
    return usual_of(of_kind(profiles.usual["A"], kind), 16)


def at(day: date, hour: int, minute: int = 0) -> int:
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)
    return round(moment.timestamp() * 1000)


def test_two_days_of_a_kind_say_nothing_and_three_do() -> None:
    assert usual_at_eight(built(week([20, 30]))) is None
    assert usual_at_eight(built(week([20, 30, 40]))) == 30


def test_an_empty_day_is_no_day_of_its_kind() -> None:
    first, second, fourth = (week([20, 30, 0, 40])[n] for n in (0, 1, 3))
    empty = DayFile(MONDAY + timedelta(days=2), {}, [])

    two = built([first, second, empty])
    assert usual_at_eight(two) is None
    assert missing_days(two)["working day"] == 1
    three, without = (built([first, second, *some, fourth]) for some in ([empty], []))
    assert usual_at_eight(three) == 30
    assert (three.usual, three.free_flow) == (without.usual, without.free_flow)
    assert three.days[empty.day] == 0


def test_empty_days_make_no_stale_profile_current() -> None:
    days = week([20, 30, 40])
    empty = [DayFile(MONDAY + timedelta(days=n), {}, []) for n in range(3, 8)]
    profiles = built([*days, *empty])

    assert not is_stale(profiles, MONDAY + timedelta(days=5))
    assert is_stale(profiles, MONDAY + timedelta(days=6))
    assert is_stale(built(empty), MONDAY + timedelta(days=8))


def test_each_kind_of_day_is_learned_from_its_own_days() -> None:
    profiles = built(week([20] * 5 + [70, 75]))

    assert usual_at_eight(profiles, WORKING) == 20
    assert usual_at_eight(profiles, SATURDAY) is None
    assert missing_days(profiles) == {"Saturday": 2, "Sunday or holiday": 2}


def test_a_holiday_teaches_what_is_usual_on_sundays() -> None:
    days = week([20, 20, 75, 20, 20, 70, 75]) + week([75] + [20] * 4, date(2026, 11, 9))
    holidays = frozenset({date(2026, 11, 4), date(2026, 11, 9)})

    assert usual_at_eight(built(days, holidays), SUNDAY) == 75
    assert usual_at_eight(built(days, holidays), WORKING) == 20
    assert usual_at_eight(built(days), SUNDAY) is None


def test_a_missing_half_hour_is_unknown_while_the_others_are_known() -> None:
    days = week([0, 0, 0])
    empty = [
        DayFile(one.day, {"A": bytes([255] * 2) + one.records["A"][2:]}, [])
        for one in days
    ]

    part = of_kind(built(empty).usual["A"], WORKING)

    assert usual_of(part, 0) is None
    assert bound_of(part, 1) is None  # its neighbour is unknown
    assert bound_of(part, 3) == 48


def test_standing_traffic_is_learned_as_usual_too() -> None:
    assert usual_at_eight(built(week([0, 0, 0]))) == 0


def test_the_order_of_the_days_does_not_change_a_byte_nor_does_a_second_build() -> None:
    days = week([20, 30, 40, 50, 35, 70, 75])

    packed = pack(built(days))

    assert packed == pack(built(days[::-1])) == pack(unpack(packed))
    assert packed == pack(built(week([20, 30, 40, 50, 35, 70, 75])))


def test_a_segment_takes_a_few_hundred_bytes() -> None:
    one = pack(built(week([20] * 3)))
    days = [
        DayFile(
            file.day, {f"US-101-N-{n:06d}": file.records["A"] for n in range(100)}, []
        )
        for file in week([20] * 3)
    ]

    assert (len(pack(built(days))) - len(one)) / 99 < 350


def test_only_the_last_five_weeks_count() -> None:
    old = week([20] * 5, date(2026, 9, 7))
    new = [d for n in range(5) for d in week([50] * 7, MONDAY + timedelta(days=7 * n))]

    profiles = built(old + new)

    assert len(profiles.days) == 35
    assert usual_at_eight(profiles) == 50


def test_what_is_no_profile_is_refused() -> None:
    packed = pack(built(week([20] * 3)))

    assert unpack(packed) == built(week([20] * 3))
    short = pack(Profiles("UTC", [], {}, {"A": bytes(287)}, {}))
    for bad in (b"", packed[:-1], short, packed.replace(b"\x96\x01", b"\x96\x07")):
        with pytest.raises(ValueError, match="profiles"):
            unpack(bad)


def test_the_outlook_says_what_is_usual_now_and_what_to_expect() -> None:
    profiles = built(week([20] * 5))
    monday = MONDAY + timedelta(days=7)

    seen = outlook(profiles, "A", at(monday, 8, 15), BERLIN, 10.0)

    assert seen == Outlook(20, 8.0, {15: 12, 30: 14, 60: 56})


def test_without_a_present_speed_nothing_is_expected() -> None:
    profiles = built(week([20] * 5))

    seen = outlook(profiles, "A", at(MONDAY + timedelta(days=7), 8, 15), BERLIN, None)

    assert seen == Outlook(20, 8.0, {})


def test_after_midnight_the_next_kind_of_day_is_expected() -> None:
    days = week([60] * 5)
    saturdays = [
        finished(date(2026, 10, 17) + timedelta(days=7 * n), {0: 30, 1: 30})
        for n in range(3)
    ]
    friday = MONDAY + timedelta(days=4)

    seen = outlook(built(days + saturdays), "A", at(friday, 23, 45), BERLIN, 60.0)

    assert seen is not None
    assert seen.usual == 60
    assert seen.expected[60] == 30


@pytest.mark.parametrize("segment", ["A", "B"])
def test_a_stale_profile_or_an_unknown_segment_says_nothing(segment: str) -> None:
    profiles = built(week([20] * 5))
    late = max(profiles.days) + timedelta(days=4 if segment == "A" else 1)

    assert outlook(profiles, segment, at(late, 8), BERLIN, 20.0) is None


def test_a_profile_is_stale_after_three_days_without_a_new_one() -> None:
    profiles = built(week([20] * 5))

    assert not is_stale(profiles, date(2026, 11, 9))
    assert is_stale(profiles, date(2026, 11, 10))
    assert is_stale(built([]), MONDAY)


def test_free_flow_is_the_85th_percentile_of_the_quiet_hours() -> None:
    slow_day = finished(MONDAY, {**NIGHT, 12: 30})
    nights = [
        finished(MONDAY + timedelta(days=n), NIGHT).records["A"] for n in range(6)
    ]
    works = [finished(MONDAY, dict.fromkeys(NIGHT, 40.0)).records["A"]]

    assert learned_of([slow_day.records["A"]]) == 80
    assert learned_of(nights + works) == 80
    assert learned_of(works * 6 + nights[:1]) == 40
    assert built([slow_day]).free_flow == {"A": 80}


def test_free_flow_needs_three_quiet_hours_with_traffic() -> None:
    standing = finished(MONDAY, dict.fromkeys(NIGHT, 0.0))

    assert learned_of([standing.records["A"]]) is None
    assert learned_of([]) is None
    assert built([standing]).free_flow == {}


def test_free_flow_is_that_of_the_last_fourteen_days() -> None:
    old = [
        finished(MONDAY + timedelta(days=n), dict.fromkeys(NIGHT, 120.0))
        for n in range(6)
    ]
    new = [finished(MONDAY + timedelta(days=6 + n), NIGHT) for n in range(14)]

    assert built(old + new).free_flow == {"A": 80}


def test_a_configured_speed_differs_beyond_15_percent() -> None:
    assert not differs(80, 92)
    assert differs(80, 93)
    assert differs(80, 67)
