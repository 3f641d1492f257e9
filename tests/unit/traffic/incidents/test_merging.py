"""What becomes of alerts and peaks when incidents merge."""

from __future__ import annotations

from traffic.incidents.events import people_get
from traffic.incidents.unusual import UnusualRow

from .street import MINUTE, START, alert
from .world import IncidentWorld

SEVERE = 2


def test_a_segment_in_two_incidents_does_not_hold_up_their_merging() -> None:
    city = IncidentWorld()
    jam = [alert(name, 0) for name in "abcd"]
    first = jam[0]
    city.has(*jam)
    city.sweep(0)
    city.has(first)
    city.sweep(1)
    other = [alert("g", 2), alert("f", 3), alert("d", 4)]
    for count in (1, 2, 3):
        city.has(first, *other[:count])
        city.sweep(1 + count)
    assert [one.segments() for one in city.table.open_ones()] == [
        ["a"],
        ["d", "f", "g"],
    ]
    between = alert("b", 5)
    city.has(first, *other, between)

    assert city.sweep(5).failed == {}

    (one,) = city.table.open_ones()
    assert one.incident_id == first.alert_id
    assert one.segments() == ["a", "b", "d", "f", "g"]
    assert one.alerts == 8
    assert city.table.row(between.alert_id)["part_of"] == first.alert_id
    assert city.sweep(6).failed == {}


def unusual(city: IncidentWorld, **since: float) -> None:
    """These segments are unusual since a minute, and no other."""
    before = city.table.unusual()
    began = {name: START + round(one * MINUTE) for name, one in since.items()}
    city.table.replace_unusual(UnusualRow(began, before.version + 1))


def test_people_hear_that_a_severe_jam_is_over_after_it_merged() -> None:
    city = IncidentWorld()
    unusual(city, a=0, b=0)
    city.sweep(1, is_of_clock=False)
    city.has(alert("g", 2, SEVERE))
    city.sweep(2, is_of_clock=False)
    unusual(city, a=0, b=0, g=3)
    city.sweep(3, is_of_clock=False)
    city.has()
    city.sweep(10, is_of_clock=False)
    unusual(city, a=0, b=0, g=3, c=11, e=11)
    city.sweep(12, is_of_clock=False)
    unusual(city)
    city.sweep(20, is_of_clock=False)
    city.sweep(41, is_of_clock=False)

    over = city.bus.events[-1]
    assert (over["transition"], over["peak_level"]) == ("cleared", "severe")
    assert people_get(over, "incidents")


def test_the_longest_queue_of_a_merged_incident_stays_the_longest() -> None:
    city = IncidentWorld()
    city.has(alert("a", 0))
    city.sweep(0)
    city.has(alert("a", 0), *[alert(name, 1) for name in "efghij"])
    city.sweep(1)
    city.has(alert("a", 0), alert("e", 1))
    city.sweep(2)
    city.has(alert("a", 0), alert("e", 1), alert("c", 3))
    city.sweep(3)

    (one,) = city.table.open_ones()
    assert (len(one.segments()), one.peak_segments, one.peak_length_km) == (3, 6, 6.0)
