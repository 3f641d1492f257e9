"""Alerts of a deployed city become incidents by their own events."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.integration.chain.inbox import BusListener, Inbox

from .deployed import DeployedIncidents


def test_alerts_that_hang_together_are_one_incident_without_a_sweep_of_the_clock(
    deployed: DeployedIncidents, eventually: Callable[..., Any]
) -> None:
    deployed.afresh()
    alerts = [deployed.alert(segment) for segment in deployed.street[:3]]
    deployed.tell(alerts)

    first = min(alerts, key=lambda one: one.alert_id)

    def is_whole() -> bool:
        row = deployed.row(first.alert_id)
        return row.get("segments") == 3 and "outbox" not in row

    assert eventually(is_whole)
    row = deployed.row(first.alert_id)
    assert (row["open_flag"], row["alerts"], row["length_km"]) == ("open", 3, 3.0)
    assert (row["head"], row["tail"]) == (alerts[2].segment_id, alerts[0].segment_id)
    assert row["speed"] == 20.0
    for other in alerts[1:]:
        assert deployed.row(other.alert_id)["part_of"] == first.alert_id


def test_the_event_of_an_incident_is_on_the_bus(
    deployed: DeployedIncidents, eventually: Callable[..., Any]
) -> None:
    deployed.afresh()
    listener = BusListener(deployed.city, "Traffic Incident")
    alert = deployed.alert(deployed.street[0])

    assert deployed.sweep().error == ""

    (event,) = eventually(listener.events)
    assert event["source"] == "city.traffic"
    detail = event["detail"]
    assert (detail["incident_id"], detail["transition"]) == (alert.alert_id, "opened")
    assert detail["speed"] == 20.0


def test_a_sweep_reports_its_figures(deployed: DeployedIncidents) -> None:
    deployed.afresh()
    for segment in deployed.street[::5]:
        deployed.alert(segment)

    answer = deployed.sweep()

    figures = answer.figures
    assert answer.error == ""
    assert (figures["IncidentSweeps"], figures["IncidentsOpen"]) == (1, 2)
    assert figures["Stack"] == deployed.city.city.stack


def test_people_who_want_the_unusual_get_slow_traffic_without_an_alert_and_no_jam(
    deployed: DeployedIncidents, eventually: Callable[..., Any]
) -> None:
    deployed.afresh()
    deployed.start_again()  # it reads profiles once an hour
    deployed.learn(usual=61)
    inbox = Inbox(deployed.city, deployed.out["AlertTopicArn"])
    usual, first, second = deployed.street[4], *deployed.street[:2]
    deployed.slow(usual, 60.0)
    jam = deployed.alert(usual)
    assert deployed.sweep(of_clock=True).error == ""
    for segment in (first, second):
        deployed.slow(segment, 22.0)

    assert deployed.sweep(of_clock=True).error == ""

    (text,) = eventually(lambda: about(inbox, "exit 1"))
    assert text.startswith(f"Slow traffic on Road {first[:8]}, 2.0 km back from exit 1")
    assert ": 22 km/h, unusual (usual 61), since " in text
    assert about(inbox, "exit 4") == []
    row = deployed.row(jam.alert_id)
    assert (row["usual_speed"], row["unusual"], row["reported_at"] > 0) == (61, 0, True)


def test_without_a_profile_people_who_want_the_unusual_get_every_jam(
    deployed: DeployedIncidents, eventually: Callable[..., Any]
) -> None:
    deployed.afresh()
    deployed.start_again()
    deployed.forget_profiles()
    inbox = Inbox(deployed.city, deployed.out["AlertTopicArn"])
    deployed.alert(deployed.street[3])

    assert deployed.sweep(of_clock=True).error == ""

    (text,) = eventually(lambda: about(inbox, "exit 3"))
    assert text.startswith("Jam on Road ")
    assert "usual" not in text


def test_a_controller_lists_incidents_and_links(deployed: DeployedIncidents) -> None:
    deployed.afresh()
    alert = deployed.alert(deployed.street[0])
    deployed.sweep()

    (listed,) = _printed(deployed, "incidents")
    logged = _printed(deployed, "incidents", "--log")
    links = _printed(deployed, "roads", "links")

    assert listed["incident_id"] == alert.alert_id
    assert listed["segment_ids"] == [deployed.street[0]]
    assert [(one["what"], one["incident_id"]) for one in logged] == [
        ("opened", alert.alert_id)
    ]
    pairs = [[one["segment_id"], one["downstream"]] for one in links["links"]]
    assert pairs == [deployed.street[n : n + 2] for n in range(5)]
    assert (links["faults"], links["unlinked"]) == ([], [])


def about(inbox: Inbox, place: str) -> list[str]:
    """The messages that name a place; an earlier test may have caused others."""
    return [text for text in inbox.texts() if place in text]


def _printed(deployed: DeployedIncidents, *command: str) -> Any:
    stack = ("--stack", deployed.city.city.stack, "--json")
    done = subprocess.run(
        [sys.executable, "-m", "trafficctl", *command, *stack],
        env=deployed.city.environment(),
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)
