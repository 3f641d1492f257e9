"""What is reported of an incident that grows, shrinks or meets another."""

from __future__ import annotations

import pytest

from traffic.incidents.grouping import Regrouped
from traffic.incidents.incident import Incident, Member, Reported
from traffic.incidents.queue import LiveTraffic, queue_of
from traffic.incidents.reporting import (
    GREW_AGAIN_MS,
    IncidentReport,
    news_of,
    reported,
)

from .street import WORDS, Controller, alert, carriageway

A, B, D = alert("a", 0), alert("b", 5), alert("d", 0)


@pytest.mark.parametrize(
    ("reported", "now", "news"),
    [
        (1, 2, None),
        (1, 3, "grew"),
        (2, 3, None),
        (2, 4, "grew"),
        (3, 5, None),
        (3, 6, "grew"),
    ],
)
def test_growth_is_twice_the_segments_and_at_least_two_more(
    reported: int, now: int, news: str | None
) -> None:
    members = {f"s{number}": Member(0) for number in range(now)}
    one = Incident("s0@0", 0, members, reported=Reported(1, reported))

    assert news_of(one, GREW_AGAIN_MS + 1) == news
    assert news_of(one, GREW_AGAIN_MS) is None


def test_the_delay_of_incidents_that_meet_is_added_up() -> None:
    """Each loses 45 vehicle-hours an hour: 60 vehicles, three quarters of the time."""
    seen, live = Controller(), dict.fromkeys("ad", LiveTraffic(25.0, 30.0))
    seen.see([A, D], 0, live)
    seen.see([A, D], 4, live)
    seen.see([A, B, D], 5, live)

    (one,) = seen.open()
    assert one.delay == pytest.approx(2 * 3.0 + 1.5)


JAM = Incident("a@0", 0, dict.fromkeys("abc", Member(0)))


@pytest.mark.parametrize(
    ("now", "usual", "expected"),
    [
        ({"a": 10, "b": 90}, {"b": 90}, (18.0, None)),
        ({"b": 30, "c": 30}, {"a": 100, "b": 30, "c": 30}, (30.0, 30.0)),
        ({"a": 20, "b": 20, "c": 90}, {"a": 80, "b": 80}, (20.0, 80.0)),
        ({"a": 10, "b": 20, "c": 20}, {}, (15.0, None)),
        ({}, {"a": 80, "b": 80, "c": 80}, (None, None)),
    ],
)
def test_a_speed_is_compared_with_the_usual_one_of_the_same_segments(
    now: dict[str, float],
    usual: dict[str, int],
    expected: tuple[float | None, float | None],
) -> None:
    live = {name: LiveTraffic(speed, 30.0) for name, speed in now.items()}

    queue = queue_of(JAM, carriageway(), live, usual)

    assert (queue.speed, queue.usual_speed) == pytest.approx(expected)


def test_a_jam_whose_speed_is_unknown_is_not_unusual() -> None:
    change = Regrouped(None, JAM)
    report = IncidentReport(carriageway(), {}, 0, WORDS, usual={"a": 80})

    assert reported(change, report).after.unusual is False


def test_the_greatest_length_stays_when_an_incident_shrinks() -> None:
    seen = Controller()
    seen.see([A, B], 5)
    seen.see([A], 6)

    (one,) = seen.open()
    assert (one.queue.length_km, one.peak_length_km) == (1.0, 2.0)
    assert (len(one.segments()), one.peak_segments) == (1, 2)
