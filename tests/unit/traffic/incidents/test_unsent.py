"""Each event of an incident is sent once, whatever fails on its way."""

from __future__ import annotations

import json

from .street import START, alert
from .world import IncidentWorld

A, B = alert("a", 0), alert("b", 1)


def test_a_crash_between_write_and_event_loses_nothing() -> None:
    city = IncidentWorld()
    city.has(A)
    city.bus.is_down = True
    swept = city.sweep(1)
    assert list(swept.failed) == ["the bus is down"]
    assert json.loads(city.table.row(A.alert_id)["outbox"])[0]["transition"] == "opened"

    city.bus.is_down = False
    city.sweep(1.6)
    city.sweep(2.7)

    assert city.said() == [(A.alert_id, "opened")]
    assert city.bus.events[0]["event_id"] == f"{A.alert_id}/opened@{START + 60_000}"


def test_an_event_that_the_bus_refuses_is_sent_by_a_later_sweep() -> None:
    city = IncidentWorld()
    far = alert("j", 1)
    city.has(A, far)
    city.bus.refused = {A.alert_id}
    swept = city.sweep(1)

    assert swept.failed == {"the event bus refused an event": 1}
    assert swept.figures["UnsentIncidentEvents"] == 1
    assert "outbox" not in city.table.row(far.alert_id)

    city.bus.refused = set()
    assert city.sweep(2).figures["UnsentIncidentEvents"] == 0

    assert city.said() == [(far.alert_id, "opened"), (A.alert_id, "opened")]


def test_what_another_sweep_may_still_be_sending_is_left_to_it() -> None:
    city = IncidentWorld()
    city.has(A)
    city.bus.is_down = True
    city.sweep(1)
    city.bus.is_down = False

    city.sweep(1.2)
    assert city.said() == []
    city.sweep(1.5)
    assert city.said() == [(A.alert_id, "opened")]


def test_an_event_that_another_sweep_is_sending_is_not_sent_twice() -> None:
    """The jam grows in the moment between the first sweep's write and its event."""
    city = IncidentWorld()
    city.has(A)
    city.bus.before_sending = [lambda: grows(city)]
    city.sweep(1)
    city.sweep(1.1)

    assert city.said() == [(A.alert_id, "opened")]
    assert city.table.row(A.alert_id)["segments"] == 2


def grows(city: IncidentWorld) -> None:
    city.has(A, B)
    held = city.sweep(1)

    assert list(held.failed) == ["another sweep was first, or has not sent its events"]
    assert city.table.row(A.alert_id)["segments"] == 1
