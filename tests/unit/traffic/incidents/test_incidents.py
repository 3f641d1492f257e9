"""Alerts that hang together along the carriageway are one incident."""

from __future__ import annotations

import pytest

from traffic.incidents.grouping import MOST_JOINING, MOST_MERGING
from traffic.incidents.queue import LiveTraffic
from traffic.network.roads import RoadGraph

from .street import Controller, alert, carriageway, road

A, B, C, D, E = (alert(name, minute) for minute, name in enumerate("abcde"))


def test_a_lone_alert_is_an_incident_with_its_id() -> None:
    seen = Controller()
    seen.see([C], 2)

    (one,) = seen.open()
    assert (one.incident_id, one.opened_at) == (C.alert_id, C.opened_at)
    assert (one.queue.head, one.queue.tail, one.queue.length_km) == ("c", "c", 1.0)
    assert seen.said() == ["opened"]


def test_a_queue_grows_upstream_and_stays_one_incident() -> None:
    seen = Controller()
    late = [alert("d", 0), alert("c", 10), alert("b", 20), alert("a", 30)]
    for many in range(1, 5):
        seen.see(late[:many], 10 * many)

    (one,) = seen.open()
    assert one.incident_id == late[0].alert_id
    assert (one.queue.head, one.queue.tail) == ("d", "a")
    assert one.queue.length_km == pytest.approx(4.0, abs=0.01)
    assert (one.alerts, one.peak_segments) == (4, 4)
    assert seen.said() == ["opened", "grew"]


def test_one_free_segment_between_two_congested_ones_does_not_part_them() -> None:
    seen = Controller()
    seen.see([A, C], 5)

    assert [one.segments() for one in seen.open()] == [["a", "c"]]


def test_two_free_segments_part_them() -> None:
    seen = Controller()
    seen.see([A, D], 5)

    assert [one.segments() for one in seen.open()] == [["a"], ["d"]]


def test_more_than_three_kilometres_part_them() -> None:
    seen = Controller(carriageway("abc", km=1.6))
    seen.see([A, C], 5)

    assert len(seen.open()) == 2


def test_the_other_carriageway_beside_it_is_another_incident() -> None:
    roads = {name: road(place) for place, name in enumerate("abxy")}
    seen = Controller(RoadGraph(roads, {"a": ["b"], "x": ["y"]}))
    seen.see([A, B, alert("x", 1), alert("y", 1)], 5)

    assert [one.segments() for one in seen.open()] == [["a", "b"], ["x", "y"]]


def test_without_links_each_alert_is_its_own_incident() -> None:
    roads = {name: road(place) for place, name in enumerate("abc")}
    seen = Controller(RoadGraph(roads, {}))
    seen.see([A, B, C], 5)

    assert [one.incident_id for one in seen.open()] == [
        A.alert_id,
        B.alert_id,
        C.alert_id,
    ]


def test_a_segment_that_no_road_file_has_is_its_own_incident() -> None:
    seen = Controller()
    seen.see([alert("new road")], 1)

    (one,) = seen.open()
    assert seen.events[0]["place"] == "new road"
    assert one.queue.length_km == 0.5


def test_of_two_that_meet_the_older_goes_on() -> None:
    seen = Controller()
    seen.see([D, A], 4)
    seen.see([D, A, alert("b", 5), alert("c", 5)], 6)

    (one,) = seen.open()
    assert one.incident_id == A.alert_id
    assert one.segments() == ["a", "b", "c", "d"]
    assert one.alerts == 4
    gone = seen.rows[D.alert_id]
    assert (gone.part_of, gone.is_over) == (A.alert_id, True)
    assert seen.said() == ["opened", "opened", "merged"]
    assert seen.events[-1]["part_of"] == A.alert_id


def test_an_incident_that_falls_apart_is_still_one() -> None:
    seen = Controller()
    seen.see([A, B, C, D, E], 5)
    seen.see([A, E], 6)

    assert [one.segments() for one in seen.open()] == [["a", "e"]]


def test_it_is_over_twenty_minutes_after_its_last_alert() -> None:
    seen = Controller()
    seen.see([A], 1)
    seen.see([], 10)
    seen.see([], 29)
    assert [one.segments() for one in seen.open()] == [[]]

    seen.see([], 30)

    assert seen.open() == []
    assert seen.said() == ["opened", "cleared"]
    assert seen.events[-1]["duration_s"] == 600


def test_it_ended_when_the_last_of_its_alerts_cleared() -> None:
    seen = Controller()
    seen.see([A, B], 4)
    seen.see([B], 5)
    seen.see([], 6)
    (over,) = seen.see([], 30)

    assert over.after.ended_at == alert("a", 6).opened_at


def test_a_jam_that_returns_within_that_time_is_the_same() -> None:
    seen = Controller()
    seen.see([A], 1)
    seen.see([], 10)
    seen.see([alert("b", 20)], 20)

    (one,) = seen.open()
    assert (one.incident_id, one.segments(), one.alerts) == (A.alert_id, ["b"], 2)
    assert seen.said() == ["opened"]


def test_a_jam_that_returns_later_is_a_new_one() -> None:
    seen = Controller()
    seen.see([A], 1)
    seen.see([], 10)
    seen.see([alert("a", 31)], 31)

    assert seen.said() == ["opened", "cleared", "opened"]
    assert [one.alerts for one in seen.open()] == [1]


def test_a_segment_that_alerts_again_beside_its_jam_is_part_of_it() -> None:
    seen = Controller()
    seen.see([A, B, C, D, E], 5)
    seen.see([A, B], 6)
    seen.see([A, B, alert("e", 10)], 10)

    (one,) = seen.open()
    assert (one.segments(), one.alerts) == (["a", "b", "e"], 6)


def test_an_alert_between_two_jams_that_just_cleared_is_part_of_the_older() -> None:
    seen, between = Controller(), alert("c", 6)
    seen.see([A, E], 4)
    seen.see([], 5)
    seen.see([between], 6)

    assert seen.home(between) == A.alert_id


def test_a_severe_level_is_reported_once() -> None:
    seen = Controller()
    seen.see([A], 1)
    for minute in (2, 3):
        seen.see([A._replace(level=2)], minute)
    seen.see([A], 4)
    seen.see([A._replace(level=2)], 5)

    assert seen.said() == ["opened", "escalated"]
    assert seen.open()[0].peak_level == 2


def test_growth_is_reported_when_it_doubled_and_not_before_twenty_minutes() -> None:
    seen = Controller()
    seen.see([A, B], 1)
    seen.see([A, B, C, D], 10)
    assert seen.said() == ["opened"]

    seen.see([A, B, C, D], 21)
    seen.see([A, B, C, D, E], 50)

    assert seen.said() == ["opened", "grew"]


def test_delay_is_the_vehicles_times_the_share_of_the_speed_they_lost() -> None:
    """30 veh/km on 2 lanes of 1 km are 60 vehicles; at 25 of 100 km/h, three quarters
    of each hour are lost."""
    seen, live = Controller(), {"a": LiveTraffic(25.0, 30.0)}
    seen.see([A], 0, live)
    for minute in range(1, 61):
        seen.see([A], minute, live)

    (one,) = seen.open()
    assert one.delay == pytest.approx(45.0)
    assert one.queue.speed == 25.0


def test_standing_traffic_loses_all_its_time() -> None:
    seen = Controller()
    live = {"a": LiveTraffic(0.0, 100.0)}
    seen.see([A], 0, live)
    seen.see([A], 3, live)

    assert seen.open()[0].delay == pytest.approx(200 * 3 / 60)


def test_delay_is_not_extrapolated_over_an_hour_without_a_run() -> None:
    seen = Controller()
    live = {"a": LiveTraffic(0.0, 100.0)}
    seen.see([A], 0, live)
    seen.see([A], 60, live)

    assert seen.open()[0].delay == pytest.approx(200 * 5 / 60)


def test_the_speed_is_that_of_a_trip_through_all_of_it() -> None:
    seen = Controller()
    seen.see([A, B], 1, {"a": LiveTraffic(10.0, 50.0), "b": LiveTraffic(30.0, 50.0)})

    assert seen.open()[0].queue.speed == pytest.approx(15.0)


def test_figures_are_written_once_a_minute_and_changes_at_once() -> None:
    seen = Controller()

    assert len(seen.see([A], 1)) == 1
    assert seen.see([A], 1 + 49 / 60) == []
    assert len(seen.see([A], 1 + 50 / 60)) == 1
    assert len(seen.see([A, B], 2)) == 1
    severe = alert("a", 0, level=2)
    assert len(seen.see([severe, B], 2.1)) == 1
    assert len(seen.see([severe], 2.2)) == 1
    assert seen.see([severe], 2.3) == []


def test_a_network_that_is_linked_later_becomes_one_incident_step_by_step() -> None:
    """A transaction has room for 100 items."""
    names = [f"s{place:03}" for place in range(80)]
    alerts = [alert(name, place / 60) for place, name in enumerate(names)]
    seen = Controller(RoadGraph({}, {}))
    seen.see(alerts, 2)
    assert len(seen.open()) == 80

    seen.graph = carriageway(names, km=0.5)
    for minute in range(3, 8):
        for change in seen.see(alerts, minute):
            assert len(change.absorbed) <= MOST_MERGING

    (one,) = seen.open()
    assert (one.incident_id, one.alerts) == (alerts[0].alert_id, 80)


def test_what_a_merged_incident_has_absorbed_counts_as_merged_too() -> None:
    """One that fell into two parts absorbs at one, and meets an older at the other."""
    early, late = ([f"{letter}{n:02}" for n in range(20)] for letter in "xy")
    roads = {name: road(0) for name in ("b1", "b2", "old", *early, *late)}
    alerts = [alert("old", 0), alert("b1", 1), alert("b2", 1)]
    alerts += [alert(name, 2) for name in (*early, *late)]
    seen = Controller(RoadGraph(roads, {"b1": ["b2"]}))
    seen.see(alerts, 3)

    seen.graph = RoadGraph(roads, {"b1": early, "b2": ["old", *late]})
    eldest, *_ = seen.see(alerts, 4)

    assert len(eldest.absorbed) == MOST_MERGING


def test_a_large_jam_that_is_first_seen_as_such_joins_in_steps() -> None:
    names = [f"s{place:03}" for place in range(150)]
    alerts = [alert(name, 0) for name in names]
    seen = Controller(carriageway(names, km=0.5))
    for minute in range(1, 5):
        for change in seen.see(alerts, minute):
            assert len(change.joined) <= MOST_JOINING

    (one,) = seen.open()
    assert (one.alerts, len(one.segments())) == (150, 150)
