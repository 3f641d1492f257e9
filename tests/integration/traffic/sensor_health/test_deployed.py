"""On the local city: silence closes alerts, is told in words, and ends by itself."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import Any

import pytest

from tests.integration.chain.inbox import BusListener, Inbox
from traffic.aws.event_bus import DETAIL_TYPE
from traffic.notifier.notification import notification_of

from .deployed import Bystander, Deployed


def told(inbox: Inbox, about: str) -> list[str]:
    """All texts so far that name it."""
    return [text for text in inbox.texts() if about in text]


@pytest.fixture(scope="module")
def engineers(deployed: Deployed) -> Inbox:
    return Inbox(deployed.city, deployed.out["OperationsTopicArn"])


@pytest.fixture(scope="module")
def controllers(deployed: Deployed) -> Inbox:
    return Inbox(deployed.city, deployed.out["AlertTopicArn"])


@pytest.fixture(scope="module")
def alerts(deployed: Deployed) -> BusListener:
    return BusListener(deployed.city, DETAIL_TYPE)


def texts_about(alerts: BusListener, segment: str) -> list[str]:
    """The alerts of a segment as people get them with NotifyFor=segments."""
    bodies = [notification_of(event).body for event in alerts.events()]
    return [text for text in bodies if segment in text]


@pytest.fixture
def alive(deployed: Deployed) -> str:
    """A road that speaks, or the whole fleet would be silent."""
    deployed.afresh()
    name = deployed.new_segment()
    deployed.hear(name, age_s=1, speed=80)
    return name


@pytest.fixture
def jam(deployed: Deployed, alive: str) -> str:
    """A road with an alert, silent for ten minutes, beside the one that speaks."""
    assert alive
    return deployed.jammed()


def test_an_alert_of_a_silent_road_is_closed_and_both_are_told_in_words(
    deployed: Deployed,
    engineers: Inbox,
    controllers: Inbox,
    alerts: BusListener,
    jam: str,
    eventually: Any,
) -> None:
    assert deployed.item(jam)["alert_level"] == "severe"
    assert eventually(lambda: len(told(controllers, jam)) == 1)
    assert told(controllers, jam)[0].startswith(f"Severe jam on {jam}, ")

    answer = deployed.sweep()

    assert answer.error == ""
    assert deployed.item(jam)["alert_level"] == "none"
    alert = deployed.alert(jam)
    assert (alert["alert_status"], alert["cleared_by"]) == ("cleared", "silence")
    assert 590 <= alert["duration_s"] <= 700
    (row,) = deployed.rows("SegmentHistoryTable", segment_id=jam)
    assert row["readings"] == 1
    (fault,) = deployed.faults(jam)
    assert (fault["scope"], fault["kind"], fault["open_flag"]) == (
        "segment",
        "silent",
        "open",
    )
    assert "outbox" not in fault
    assert "outbox" not in deployed.item(jam)
    assert eventually(lambda: len(told(engineers, jam)) == 1)
    assert told(engineers, jam)[0].startswith(
        f"Sensors silent (segment, opened): Road {jam}, 1 sensor, since "
    )
    assert eventually(lambda: len(texts_about(alerts, jam)) == 2)
    assert any(
        f"cleared at Road {jam} (silence): none (was severe), score 95.0, "
        "no sensor reports, last 5 of 100 km/h" in text
        for text in texts_about(alerts, jam)
    )


def test_a_road_that_speaks_again_is_well_with_the_next_sweep(
    deployed: Deployed, jam: str
) -> None:
    deployed.sweep()
    deployed.hear(jam, age_s=0, speed=45)

    deployed.sweep()

    (fault,) = deployed.faults(jam)
    assert "open_flag" not in fault
    assert fault["duration_s"] >= 600
    assert deployed.item(jam)["sensors_reporting"] == 1.0


def test_the_repair_list_names_it_until_it_is_dismissed(
    deployed: Deployed, jam: str
) -> None:
    deployed.sweep()
    (fault,) = trafficctl(deployed, jam)
    assert fault["first"] == "Check the power and the uplink of the roadside unit."

    trafficctl(deployed, jam, "--dismiss", fault["fault_id"])
    deployed.sweep()

    assert trafficctl(deployed, jam) == []
    (row,) = trafficctl(deployed, jam, "--all")
    assert row["dismissed_at"] == row["closed_at"]


def trafficctl(deployed: Deployed, about: str, *arguments: str) -> Any:
    """Run `trafficctl sensors health`; gives the faults of that segment."""
    stack, words = deployed.city.city.stack, ("-m", "trafficctl", "sensors", "health")
    done = subprocess.run(
        [sys.executable, *words, "--json", "--stack", stack, *arguments],
        env=deployed.city.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout or "[]")
    return [one for one in found if one["segment_id"] == about]


@pytest.mark.usefixtures("alive")
def test_an_alert_that_the_processor_did_not_send_is_sent(
    deployed: Deployed, controllers: Inbox, eventually: Any
) -> None:
    name = deployed.new_segment()
    deployed.hear(name, age_s=90, bus=Bystander())
    assert "outbox" in deployed.item(name)

    deployed.sweep()

    assert "outbox" not in deployed.item(name)
    assert eventually(lambda: len(told(controllers, name)) == 1)


def test_a_fleet_without_a_word_is_one_fault(
    deployed: Deployed, engineers: Inbox, eventually: Any
) -> None:
    deployed.afresh()
    names = [deployed.jammed() for _ in range(2)]

    answer = deployed.sweep()

    assert answer.figures["FleetSilent"] == 1
    assert [deployed.faults(name) for name in names] == [[], []]
    assert eventually(lambda: told(engineers, "the whole city"))


def test_an_alert_stays_open_while_the_processor_is_behind(
    deployed: Deployed, jam: str
) -> None:
    processor = f"behind-{uuid.uuid4().hex[:8]}"
    deployed.figure(processor, "IteratorAge", 45_000)

    with deployed.told(PROCESSOR_NAME=processor):
        answer = deployed.sweep()
        left = deployed.alert(jam)["alert_status"], deployed.faults(jam)
    again = deployed.sweep()

    assert (answer.error, left) == ("", ("open", []))
    assert answer.figures["ProcessorBehind"] == 1
    assert (again.error, again.figures["ProcessorBehind"]) == ("", 0)
    assert deployed.alert(jam)["alert_status"] == "cleared"


def test_a_fault_that_ended_without_a_reading_is_listed_again(
    deployed: Deployed, jam: str
) -> None:
    """Its row is opened again, as its sensors are silent since the same instant."""
    deployed.sweep()
    with deployed.told(SENSOR_SILENT_SECONDS="3600"):
        assert deployed.sweep().error == ""
        (over,) = deployed.faults(jam)
    assert deployed.sweep().error == ""

    (fault,) = deployed.faults(jam)
    assert "open_flag" not in over
    assert over["expires_at"] > 0
    assert fault["open_flag"] == "open"
    assert fault["fault_id"] == over["fault_id"]
    assert not {"closed_at", "duration_s", "expires_at", "outbox"} & set(fault)


def test_the_schedule_runs_the_function_each_minute(deployed: Deployed) -> None:
    events, name = deployed.city.client("events"), deployed.city.city.stack
    rule = events.describe_rule(Name=f"{name}-sensor-health")
    (target,) = events.list_targets_by_rule(Rule=f"{name}-sensor-health")["Targets"]

    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert target["Arn"].endswith(f":{deployed.out['SensorHealthFunction']}")
