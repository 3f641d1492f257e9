"""Which segments are unusual, as sweeps judge it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from traffic.incidents.events import people_get
from traffic.incidents.function import is_of_clock
from traffic.incidents.incident import Incident, Member
from traffic.incidents.unusual import (
    FRESH_MS,
    MOST_LOOKED_UP,
    MOST_UNUSUAL,
    LiveSpeed,
    UnusualRow,
    doubted,
    judged,
    to_look_up,
    with_unusual,
)
from traffic.profiles.day_file import DayFile
from traffic.profiles.day_records import RECORD_BYTES
from traffic.profiles.local_days import WORKING
from traffic.profiles.profile_file import UsualNow, build

from .street import NAMES, START, alert
from .world import IncidentWorld

USUAL = 90  # km/h; below 72 is unusual
MINUTE = 60_000


def usual(names: str = NAMES, speed: int = USUAL) -> UsualNow:
    """Profiles of segments on which one speed is usual at any hour."""
    records = {name: bytes([speed]) * RECORD_BYTES for name in names}
    days = [date(2027, 1, 4) + timedelta(days=ahead) for ahead in range(5)]
    profiles = build([DayFile(one, records, []) for one in days], "UTC", ())
    return UsualNow(profiles, WORKING, slot=16)


def city(names: str = NAMES) -> IncidentWorld:
    world = IncidentWorld()
    world.usual = usual(names)
    for name in NAMES:
        world.slow(name, 0, 0)
    return world


def swept(world: IncidentWorld, first: int, last: int) -> None:
    """A sweep of the clock each minute."""
    for minute in range(first, last + 1):
        assert world.sweep(minute).failed == {}


def test_two_ten_minute_means_below_the_bound_make_a_segment_unusual() -> None:
    world = city()
    world.slow("a", 0, 100)

    since = []
    for minute in range(20):
        swept(world, minute, minute)
        since.append(world.row().since.get("a"))

    # The space mean of two slow minutes of ten is below 72 km/h; five later, so is the
    # mean before it; a minute is judged once it is written.
    assert since.index(START + 8 * MINUTE) == 8
    assert set(since[:8]) == {None}
    assert set(since[8:]) == {START + 8 * MINUTE}


def test_two_means_at_the_usual_speed_end_it() -> None:
    world = city()
    world.slow("a", 0, 30)
    swept(world, 0, 30)
    assert world.row().since.keys() == {"a"}

    swept(world, 31, 43)
    assert world.row().since.keys() == {"a"}
    swept(world, 44, 46)
    assert world.row().since == {}


def test_a_single_slow_minute_is_not_unusual() -> None:
    world = city()
    world.slow("a", 5, 6, speed=5.0)
    swept(world, 0, 30)

    assert world.row() == UnusualRow()


def test_only_segments_whose_live_speed_says_otherwise_are_looked_up() -> None:
    world = city()
    world.slow("a", 0, 30)
    swept(world, 0, 8)
    assert set(world.looked_up) == {"a"}
    world.looked_up.clear()

    swept(world, 9, 30)

    assert world.looked_up == []


def test_a_segment_whose_alert_cleared_stays_as_long_as_it_is_unusual() -> None:
    world = city()
    world.slow("a", 0, 60)
    world.slow("b", 0, 60)
    world.has(alert("a"), alert("b"))
    swept(world, 1, 20)
    world.has()
    swept(world, 21, 60)

    (one,) = world.table.open_ones()
    assert (one.segments(), one.alerts, one.level) == (["a", "b"], 2, 0)


def test_two_sweeps_at_once_find_a_segment_unusual_once() -> None:
    world = city()
    for name in "ab":
        world.slow(name, 0, 60)
    swept(world, 0, 7)

    def another() -> None:
        world.minute = 8.2
        assert world.sweep(8.2).failed == {}
        world.minute = 8.0

    world.before_looking = [another]
    assert world.sweep(8).failed == {}

    assert set(world.row().since.values()) == {round(START + 8.2 * MINUTE)}
    assert [one["transition"] for one in world.bus.events] == ["opened"]


def test_without_profiles_nothing_is_unusual_and_alerts_are_as_before() -> None:
    world = city()
    world.slow("a", 0, 60)
    world.usual = None
    world.has(alert("b"))
    swept(world, 0, 40)

    (event,) = world.bus.events
    assert "unusual" not in event
    assert event["usual_speed"] is None
    assert people_get(event, "unusual")  # nobody misses a jam for want of a profile
    assert world.row() == UnusualRow()
    assert world.looked_up == []


def test_profiles_that_become_stale_end_what_was_unusual() -> None:
    world = city()
    world.slow("a", 0, 100)
    swept(world, 0, 10)
    world.usual = None
    swept(world, 11, 11)
    assert world.row().since == {}

    world.usual = usual()
    swept(world, 40, 90)

    assert world.row().since == {"a": START + 40 * MINUTE}
    assert [one["transition"] for one in world.bus.events] == ["opened"]


def test_a_segment_of_which_nothing_is_known_is_not_unusual() -> None:
    world = city(names="b")
    world.slow("a", 0, 60)
    swept(world, 0, 60)

    assert world.row() == UnusualRow()


def test_speeds_that_cannot_be_read_stop_no_incident() -> None:
    world = city()
    world.slow("a", 0, 60)
    world.slow("b", 0, 60)
    swept(world, 0, 10)
    world.is_blind = True
    world.has(alert("e"))

    failed = world.sweep(11).failed

    assert list(failed) == ["the table refuses"]
    assert world.row().since.keys() == {"a", "b"}
    assert [one["incident_id"][0] for one in world.bus.events] == ["a", "e"]


def test_a_sweep_that_an_alert_started_looks_for_no_unusual_segment() -> None:
    world = city()
    world.slow("a", 0, 60)
    for minute in range(20):
        world.sweep(minute, is_of_clock=False)

    assert world.looked_up == []
    assert is_of_clock({"Records": [{"body": '{"detail": {}}'}]})
    assert not is_of_clock({"Records": [{"body": '{"detail": {"alert_id": "a@1"}}'}]})
    assert not is_of_clock({})


@pytest.mark.parametrize(
    ("speed", "age_ms", "is_doubted"),
    [(71.9, 0, True), (72.0, 0, False), (None, 0, False), (30.0, FRESH_MS + 1, False)],
)
def test_a_live_speed_is_below_the_bound_or_says_nothing(
    speed: float | None, age_ms: int, is_doubted: bool
) -> None:
    speeds = {"a": LiveSpeed(speed, START - age_ms)}

    assert doubted(UnusualRow(), speeds, usual(), START) == ["a"] * is_doubted
    known = UnusualRow({"a": START}, 1)
    assert doubted(known, speeds, usual(), START) == ["a"] * (not is_doubted)


def test_a_segment_that_sends_nothing_any_more_is_not_unusual() -> None:
    row = UnusualRow({"a": START, "b": START}, 1)

    assert judged(row, {"a": []}, usual(), START + MINUTE) == {"b": START}


def test_a_storm_is_looked_up_in_parts_and_the_row_stays_small() -> None:
    names = [f"s{number:05}" for number in range(3 * MOST_LOOKED_UP)]
    seen = {
        name
        for minute in range(3)
        for name in to_look_up(names, START + minute * MINUTE)
    }
    assert seen == set(names)
    assert len(to_look_up(names, START)) == MOST_LOOKED_UP
    assert to_look_up([], START) == ()

    known = {name: START + place for place, name in enumerate(names)}
    kept = judged(UnusualRow(known, 1), {}, usual(names), START)
    assert list(kept) == names[:MOST_UNUSUAL]


def test_a_member_keeps_the_id_it_has_until_it_has_left() -> None:
    held = Incident("a@5", START, {"a": Member(START - 5, START)})
    later = START + 20 * MINUTE

    (as_it_was,) = with_unusual([], {"a": START + 7}, [held], later - 1)
    (as_new,) = with_unusual([], {"a": START + 7}, [held], later)

    assert (as_it_was.opened_at, as_new.opened_at) == (START - 5, START + 7)
