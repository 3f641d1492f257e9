"""What holds for incidents in any traffic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from traffic.incidents.incident import OpenAlert
from traffic.network.roads import RoadGraph

from .street import NAMES, START, Controller, alert, road

spells = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(0, 60),
        st.integers(1, 40),
        st.integers(1, 2),
    ),
    max_size=25,
)
CARRIAGEWAY = [*pairwise(NAMES)]
links = st.just(CARRIAGEWAY) | st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20
)
MERGING = [("a", 0, 40, 1), ("g", 5, 40, 1), *((n, 10, 20, 1) for n in "bcdef")]
Spells = list[tuple[str, int, int, int]]
Links = list[tuple[str, str]]


def city(pairs: Links) -> RoadGraph:
    """Any links, right or wrong."""
    down: dict[str, list[str]] = {}
    for start, end in pairs:
        down.setdefault(start, []).append(end)
    return RoadGraph({name: road(n) for n, name in enumerate(NAMES)}, down)


def open_at(spells: Spells, minute: int) -> list[OpenAlert]:
    """The open alerts of a minute; a segment has one at most."""
    over: dict[str, int] = {}
    found = []
    for name, begin, lasting, level in sorted(spells, key=lambda one: one[1]):
        if begin > over.get(name, -1):
            over[name] = begin + lasting
            if begin <= minute < begin + lasting:
                found.append(alert(name, begin, level))
    return found


def watched(spells: Spells, pairs: Links, every: int = 1) -> Controller:
    seen = Controller(city(pairs))
    for minute in range(0, 130, every):
        seen.see(open_at(spells, minute), minute)
    return seen


@given(spells, links)
def test_each_alert_is_in_exactly_one_incident(spells: Spells, pairs: Links) -> None:
    seen = watched(spells, pairs)  # fails by itself if an alert joins twice

    found = {one.alert_id for minute in range(130) for one in open_at(spells, minute)}
    assert set(seen.homes) == found
    ended = [one for one in seen.rows.values() if one.part_of is None]
    assert sum(one.alerts for one in ended) == len(found)


@given(spells, links)
def test_at_any_time_each_open_alert_is_in_one_open_incident(
    spells: Spells, pairs: Links
) -> None:
    seen = Controller(city(pairs))
    for minute in range(100):
        alerts = open_at(spells, minute)
        seen.see(alerts, minute)
        holding = sorted(name for one in seen.open() for name in one.segments())
        assert holding == sorted(one.segment_id for one in alerts)


@given(spells, links, st.randoms(use_true_random=False))
def test_the_order_of_alerts_and_incidents_does_not_matter(
    spells: Spells, pairs: Links, random: Random
) -> None:
    one, other = Controller(city(pairs)), Controller(city(pairs))
    for minute in range(0, 130, 3):
        alerts = open_at(spells, minute)
        one.see(alerts, minute)
        random.shuffle(alerts)
        rows = list(other.rows.items())
        random.shuffle(rows)
        other.rows = dict(rows)
        other.see([*alerts, *alerts], minute)

    assert one.rows == other.rows
    assert sorted(map(repr, one.events)) == sorted(map(repr, other.events))


@given(spells, links)
def test_a_second_run_at_once_writes_and_says_nothing(
    spells: Spells, pairs: Links
) -> None:
    seen = Controller(city(pairs))
    for minute in range(0, 130, 2):
        alerts = open_at(spells, minute)
        seen.see(alerts, minute)

        assert seen.see(alerts, minute) == []


@given(spells, links)
@example(MERGING, CARRIAGEWAY)
def test_an_incident_has_the_id_of_its_first_alert_and_the_older_goes_on(
    spells: Spells, pairs: Links
) -> None:
    seen = watched(spells, pairs)

    for one in seen.rows.values():
        assert one.incident_id in seen.homes
        if one.part_of is not None:
            assert seen.rows[one.part_of].age < one.age
    for name, home in seen.homes.items():
        assert name == home or home in seen.homes


@given(spells, links)
@example(MERGING, CARRIAGEWAY)
def test_each_incident_is_opened_once_and_ends_once(
    spells: Spells, pairs: Links
) -> None:
    said: dict[str, list[str]] = {}
    seen = watched(spells, pairs)
    for event in seen.events:
        said.setdefault(event["incident_id"], []).append(event["transition"])

    assert set(said) == set(seen.rows)
    for kinds in said.values():
        assert kinds[0] == "opened"
        assert kinds[-1] in ("cleared", "merged")
        assert set(kinds[1:-1]) <= {"grew", "escalated"}
    assert len({event["event_id"] for event in seen.events}) == len(seen.events)


@given(spells, links)
def test_a_head_has_nothing_congested_below_it_and_a_length_fits_its_segments(
    spells: Spells, pairs: Links
) -> None:
    seen = Controller(city(pairs))
    for minute in range(0, 100, 7):
        seen.see(open_at(spells, minute), minute)
        for one in seen.open():
            if one.segments() and one.queue.head is not None:
                assert {one.queue.head, one.queue.tail} <= set(one.segments())
                assert 1.0 <= one.queue.length_km <= 30.0


@given(spells, links, st.integers(2, 20))
def test_runs_that_were_missed_lose_no_alert_that_is_still_open(
    spells: Spells, pairs: Links, every: int
) -> None:
    seen = watched(spells, pairs, every)

    for minute in range(0, 130, every):
        for one in open_at(spells, minute):
            assert one.alert_id in seen.homes
    assert all(one.opened_at >= START for one in seen.rows.values())


def test_the_streets_are_as_told() -> None:
    alerts: Sequence[OpenAlert] = open_at([("a", 0, 5, 1), ("a", 3, 9, 2)], 4)

    assert alerts == [alert("a", 0)]
    assert open_at([("a", 0, 5, 1), ("a", 6, 9, 2)], 6) == [alert("a", 6, 2)]
