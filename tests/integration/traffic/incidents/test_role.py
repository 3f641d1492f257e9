"""The function needs each of its permissions: without one, work is left undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ...chain.permissions import Permission, Permissions, each, listed, logs_of
from .deployed import DeployedIncidents

ROLE = "IncidentsRole"


def _may(action: str, resource: str) -> Permission:
    return Permission(ROLE, action, resource)


LOOK_UP = _may("dynamodb:BatchGetItem", "CongestionAlerts.Arn")
# Without these nothing is written.
GATHER = [
    _may("dynamodb:Query", "${CongestionAlerts.Arn}/index/open_alerts"),
    _may("dynamodb:BatchGetItem", "RoadSegments.Arn"),
    _may("dynamodb:Query", "${TrafficIncidents.Arn}/index/open_incidents"),
    _may("dynamodb:GetItem", "TrafficIncidents.Arn"),
    _may("dynamodb:PutItem", "TrafficIncidents.Arn"),
    _may("dynamodb:UpdateItem", "TrafficIncidents.Arn"),
]
# Without one of these alerts become incidents, and nothing is unusual.
JUDGE = [
    _may("s3:GetObject", "${Profiles.Arn}/profiles.msgpack"),
    _may("dynamodb:Query", "SegmentHistory.Arn"),
]
LIST = _may("s3:ListBucket", "Profiles.Arn")
SCAN = _may("dynamodb:Scan", "RoadSegments.Arn")
SEND = _may("events:PutEvents", "AlertBus.Arn")
LOG = [
    _may("logs:CreateLogStream", "IncidentsLogs.Arn"),
    _may("logs:PutLogEvents", "IncidentsLogs.Arn"),
]
TAKEN_AWAY = [*GATHER, *JUDGE, LIST, LOOK_UP, SCAN, SEND, *LOG]
# What the local city works without, and why the role has it all the same.
NOT_ENFORCED = [
    _may("sqs:DeleteMessage", "IncidentsQueue.Arn"),  # the mapping reads the queue
    _may("sqs:GetQueueAttributes", "IncidentsQueue.Arn"),
    _may("sqs:ReceiveMessage", "IncidentsQueue.Arn"),
    _may("kms:Decrypt", "AlertKey.Arn"),  # the queue is under this key
    _may("kms:Decrypt", "DataKey.Arn"),  # and the tables under this one
    _may("kms:GenerateDataKey", "DataKey.Arn"),
]


class IncidentPermissions(Permissions):
    """The inline policies of the deployed roles, with the parts of incidents."""

    def __init__(self, city: Any) -> None:
        super().__init__(city)
        out, sqs = city.outputs, city.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{city.city.stack}-incidents")["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        key = city.client("kms").describe_key(KeyId=self._names["AlertKey"])
        self._arns |= {
            "IncidentsQueue": queue["Attributes"]["QueueArn"],
            "TrafficIncidents": out["TrafficIncidentsTableArn"],
            "Profiles": f"arn:aws:s3:::{out['ProfilesBucket']}",
            "AlertKey": key["KeyMetadata"]["Arn"],
            "IncidentsLogs": logs_of(city, out["IncidentsFunction"]),
        }


@pytest.fixture(scope="module")
def permissions(deployed: DeployedIncidents) -> IncidentPermissions:
    return IncidentPermissions(deployed.city)


@pytest.fixture
def jam(deployed: DeployedIncidents) -> str:
    """Two alerts that nobody has looked at yet; returns the id of their incident."""
    deployed.afresh()
    first, _ = [deployed.alert(segment) for segment in deployed.street[:2]]
    return first.alert_id


def is_written(deployed: DeployedIncidents, jam: str) -> bool:
    row = deployed.row(jam)
    return row.get("segments") == 2 and "outbox" not in row


def test_each_permission_is_tried() -> None:
    assert sorted([*TAKEN_AWAY, *NOT_ENFORCED]) == sorted(listed(ROLE))


def test_the_deployed_role_may_do_what_is_listed_and_nothing_else(
    permissions: IncidentPermissions,
) -> None:
    assert permissions.granted(ROLE) == permissions.listed(ROLE)


@each(GATHER)
def test_without_it_no_incident_is_written(
    permissions: IncidentPermissions,
    deployed: DeployedIncidents,
    jam: str,
    lost: Permission,
) -> None:
    with permissions.without(lost):
        refused = deployed.sweep()
        left = deployed.row(jam)
    again = deployed.sweep()

    assert lost.action in refused.error
    assert left == {}
    assert (again.error, is_written(deployed, jam)) == ("", True)


def test_without_it_the_roads_are_not_read(
    permissions: IncidentPermissions, deployed: DeployedIncidents, jam: str
) -> None:
    """The roads are kept for minutes; a function that starts again reads them."""
    with permissions.without(SCAN):
        deployed.start_again()
        refused = deployed.sweep()
    again = deployed.sweep()

    assert SCAN.action in refused.error
    assert (again.error, is_written(deployed, jam)) == ("", True)


@each(JUDGE)
def test_without_it_nothing_is_unusual_and_alerts_are_incidents_all_the_same(
    permissions: IncidentPermissions,
    deployed: DeployedIncidents,
    jam: str,
    lost: Permission,
) -> None:
    slow = deployed.street[4]
    deployed.learn(usual=61)
    deployed.slow(slow, 22.0)
    with permissions.without(lost):
        deployed.start_again()
        deployed.sweep(of_clock=True)
        assert is_written(deployed, jam)
        assert deployed.unusual() == []
    deployed.start_again()
    again = deployed.sweep(of_clock=True)

    assert (again.error, slow in deployed.unusual()) == ("", True)


def test_without_it_profiles_that_are_not_yet_built_seem_refused(
    permissions: IncidentPermissions, deployed: DeployedIncidents
) -> None:
    deployed.forget_profiles()

    def events() -> set[str]:
        deployed.start_again()
        return {line["event"] for line in deployed.sweep(of_clock=True).lines}

    with permissions.without(LIST):
        refused = events()

    assert "profiles_unreadable" in refused
    assert "profiles_missing" in events()


def test_without_it_an_alert_waits_for_the_clock(
    permissions: IncidentPermissions, deployed: DeployedIncidents, jam: str
) -> None:
    with permissions.without(LOOK_UP):
        refused = deployed.sweep([jam])
        left = deployed.row(jam)
    again = deployed.sweep()

    assert LOOK_UP.action in refused.error
    assert left == {}
    assert (again.error, is_written(deployed, jam)) == ("", True)


def test_without_it_the_event_waits(
    permissions: IncidentPermissions, deployed: DeployedIncidents, jam: str
) -> None:
    with permissions.without(SEND):
        refused = deployed.sweep()

    assert SEND.action in refused.error
    assert "outbox" in deployed.row(jam)


@each(LOG)
def test_without_it_the_sweep_works_unseen(
    permissions: IncidentPermissions,
    deployed: DeployedIncidents,
    eventually: Callable[..., Any],
    lost: Permission,
) -> None:
    with permissions.without(lost):
        assert eventually(lambda: not deployed.function.is_logged())
    assert eventually(deployed.function.is_logged)


@each(NOT_ENFORCED)
def test_the_local_city_still_does_not_ask_for_it(
    permissions: IncidentPermissions,
    deployed: DeployedIncidents,
    jam: str,
    lost: Permission,
    eventually: Callable[..., Any],
) -> None:
    """Should it fail, the city asks: move the permission to where its loss shows."""
    with permissions.without(lost):
        deployed.tell([deployed.alert(jam.partition("@")[0])])
        assert eventually(lambda: is_written(deployed, jam))
