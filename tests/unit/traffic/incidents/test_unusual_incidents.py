"""Traffic that is unusually slow is an incident, with or without an alert."""

from __future__ import annotations

from hypothesis import given, settings

from traffic.incidents.events import MAILED, people_get
from traffic.incidents.queue import LiveTraffic

from .street import START, alert
from .test_laws import Spells, open_at, spells
from .test_unusual import MINUTE, city, swept, usual
from .world import IncidentWorld


def messages(world: IncidentWorld, notify_for: str) -> list[str]:
    return [
        one["transition"] for one in world.bus.events if people_get(one, notify_for)
    ]


def test_one_unusual_segment_is_an_incident_after_thirty_minutes() -> None:
    world = city()
    world.slow("b", 0, 60)
    world.traffic = {"b": LiveTraffic(30.0, 20.0)}
    swept(world, 0, 37)
    assert world.bus.events == []

    swept(world, 38, 38)

    (event,) = world.bus.events
    assert (event["transition"], event["level"], event["unusual"]) == (
        "opened",
        "none",
        True,
    )
    assert (event["speed"], event["usual_speed"]) == (30.0, 90.0)
    assert event["opened_at"] == START + 8 * MINUTE
    assert messages(world, "unusual") == ["opened"]
    assert messages(world, "incidents") == []


def test_two_unusual_segments_of_one_road_are_an_incident_at_once() -> None:
    world = city()
    world.slow("a", 0, 20)
    world.slow("b", 0, 20)
    swept(world, 0, 60)

    (one,) = {event["incident_id"] for event in world.bus.events}
    assert messages(world, "unusual") == ["opened", "cleared"]
    assert world.bus.events[0]["segments"] == 2
    assert world.bus.events[0]["decided_at"] == START + 8 * MINUTE
    assert world.table.row(one)["alerts"] == 0


def test_unusual_segments_far_from_each_other_are_no_incident_together() -> None:
    world = city()
    world.slow("a", 0, 20)
    world.slow("j", 0, 20)
    swept(world, 0, 60)

    assert world.bus.events == []


def test_an_incident_with_alerts_becomes_unusual() -> None:
    world = city()
    world.slow("a", 0, 30)
    world.slow("b", 0, 30)
    world.traffic = dict.fromkeys("ab", LiveTraffic(30.0, 40.0))
    world.has(alert("a"), alert("b"))
    world.sweep(1)
    assert world.bus.events[0]["unusual"] is False
    assert world.bus.events[0]["usual_speed"] == 90.0

    swept(world, 2, 30)
    world.has()
    swept(world, 31, 70)

    assert messages(world, "incidents") == ["opened", "cleared"]
    assert messages(world, "unusual") == ["unusual", "cleared"]
    assert world.bus.events[-1]["unusual"] is True
    assert world.bus.events[-1]["alerts"] == 2


def test_a_jam_at_the_usual_speed_of_its_hour_tells_nobody_of_the_unusual() -> None:
    world = city()
    world.usual = usual(speed=30)
    world.slow("a", 0, 60)
    world.has(alert("a", level=2))
    swept(world, 1, 60)

    assert messages(world, "incidents") == ["opened"]
    assert messages(world, "unusual") == []


def test_an_unusual_incident_that_gets_an_alert_is_told_as_a_jam() -> None:
    world = city()
    world.slow("a", 0, 60)
    world.slow("b", 0, 60)
    swept(world, 0, 10)
    world.has(alert("a", 11))
    world.sweep(11, {alert("a", 11).alert_id: START + 11 * MINUTE})
    world.has(alert("a", 11, level=2))
    swept(world, 12, 13)

    assert [one["transition"] for one in world.bus.events] == [
        "opened",
        "congested",
        "escalated",
    ]
    assert world.bus.events[1]["received_at"] == START + 11 * MINUTE
    assert messages(world, "incidents") == ["congested", "escalated"]
    assert messages(world, "unusual") == ["opened", "escalated"]
    (row,) = world.table.open_ones()
    assert (row.alerts, row.segments()) == (1, ["a", "b"])


def test_each_value_of_the_parameter_says_what_people_get() -> None:
    opened = {"transition": "opened", "peak_level": "high", "unusual": False}

    assert people_get(opened, "incidents")
    assert not people_get(opened, "unusual")
    assert people_get({**opened, "unusual": True}, "unusual")
    assert not people_get(
        {**opened, "unusual": True, "peak_level": "none"}, "incidents"
    )
    for grew in ("grew", "merged"):
        said = {"transition": grew, "peak_level": "severe", "unusual": True}
        assert not any(people_get(said, one) for one in MAILED)


@settings(max_examples=50)
@given(spells, spells)
def test_each_unusual_segment_is_in_one_incident_whatever_alerts_do(
    alerts: Spells, slow: Spells
) -> None:
    world = city()
    for name, begin, lasting, _ in slow:
        world.slow(name, begin, begin + lasting)
    for minute in range(140):
        world.has(*open_at(alerts, minute))
        assert world.sweep(minute).failed == {}
        open_now = [one for one in world.table.open_ones() if not one.is_over]
        holding = sorted(name for one in open_now for name in one.segments())
        wanted = {one.segment_id for one in world.all()} | world.row().since.keys()
        assert holding == sorted(wanted)
    opened = [e["incident_id"] for e in world.bus.events if e["transition"] == "opened"]
    assert len(opened) == len(set(opened))
    over = [e["incident_id"] for e in world.bus.events if e["transition"] == "cleared"]
    assert set(over) <= set(opened)
