"""The function needs each of its permissions: without one, work is left undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ...chain.permissions import Permission, Permissions, each, listed, logs_of
from ..swept import Answer
from .deployed import Deployed

ROLE = "SensorHealthRole"


def _may(action: str, resource: str) -> Permission:
    return Permission(ROLE, action, resource)


# Without these no silence can be judged.
GATHER = [
    _may("cloudwatch:GetMetricData", "*"),
    _may("dynamodb:Scan", "RoadSegments.Arn"),
    _may("dynamodb:Query", "${SensorFaults.Arn}/index/open_faults"),
]

# Without these a silent segment keeps its alert, whole as it was.
REST = [
    _may("dynamodb:UpdateItem", "RoadSegments.Arn"),
    _may("dynamodb:UpdateItem", "CongestionAlerts.Arn"),
    _may("dynamodb:PutItem", "SegmentHistory.Arn"),
]

# What is missing without the others, that the next sweep makes good.
Missing = Callable[[Deployed, str], bool]
PARTS: dict[Permission, Missing] = {
    _may("dynamodb:PartiQLInsert", "SensorFaults.Arn"): lambda d, s: not d.faults(s),
    _may("dynamodb:PartiQLUpdate", "SensorFaults.Arn"): lambda d, s: (
        "outbox" in d.faults(s)[0]
    ),
    _may("dynamodb:PartiQLUpdate", "RoadSegments.Arn"): lambda d, s: (
        "outbox" in d.item(s)
    ),
    _may("events:PutEvents", "AlertBus.Arn"): lambda d, s: (
        "outbox" in d.item(s) and "outbox" in d.faults(s)[0]
    ),
}
KEEP = _may("s3:PutObject", "${HealthMemory.Arn}/memory.msgpack")
RECALL = _may("s3:GetObject", "${HealthMemory.Arn}/memory.msgpack")
LOG = [
    _may("logs:CreateLogStream", "SensorHealthLogs.Arn"),
    _may("logs:PutLogEvents", "SensorHealthLogs.Arn"),
]

TAKEN_AWAY = [*GATHER, *REST, *PARTS, KEEP, RECALL, *LOG]
# What the local city works without, and why the role has it all the same.
NOT_ENFORCED = [
    _may("kms:Decrypt", "DataKey.Arn"),  # to read the memory, and the tables
    _may("kms:GenerateDataKey", "DataKey.Arn"),  # to write the memory
]


class HealthPermissions(Permissions):
    """The inline policies of the deployed roles, with the parts of sensor health."""

    def __init__(self, city: Any) -> None:
        super().__init__(city)
        out = city.outputs
        self._arns |= {
            "SensorFaults": out["SensorFaultsTableArn"],
            "HealthMemory": f"arn:aws:s3:::{out['HealthMemoryBucket']}",
            "SensorHealthLogs": logs_of(city, out["SensorHealthFunction"]),
        }


@pytest.fixture(scope="module")
def permissions(deployed: Deployed) -> HealthPermissions:
    return HealthPermissions(deployed.city)


@pytest.fixture
def silent(deployed: Deployed) -> str:
    """A road with an alert, silent for ten minutes, beside one that speaks."""
    deployed.afresh()
    alive, name = deployed.new_segment(), deployed.jammed()
    deployed.hear(alive, age_s=1, speed=80)
    return name


def test_each_permission_is_tried() -> None:
    assert sorted([*TAKEN_AWAY, *NOT_ENFORCED]) == sorted(listed(ROLE))


def test_the_deployed_role_may_do_what_is_listed_and_nothing_else(
    permissions: HealthPermissions,
) -> None:
    assert permissions.granted(ROLE) == permissions.listed(ROLE)


def is_done(deployed: Deployed, silent: str) -> bool:
    """Whether the road was put to rest and its fault reported."""
    item, faults = deployed.item(silent), deployed.faults(silent)
    is_told = [fault.get("open_flag") == "open" for fault in faults] == [True]
    is_closed = deployed.alert(silent)["alert_status"] == "cleared"
    return is_told and is_closed and "outbox" not in {**item, **faults[0]}


def without(
    permissions: HealthPermissions, deployed: Deployed, lost: Permission
) -> Answer:
    with permissions.without(lost):
        return deployed.sweep()


@each(GATHER)
def test_without_it_no_silence_is_judged(
    permissions: HealthPermissions, deployed: Deployed, silent: str, lost: Permission
) -> None:
    refused = without(permissions, deployed, lost)
    left = deployed.faults(silent), deployed.alert(silent)["alert_status"]
    again = deployed.sweep()

    assert lost.action in refused.error
    assert left == ([], "open")
    assert (again.error, is_done(deployed, silent)) == ("", True)


@each(REST)
def test_without_it_a_silent_road_keeps_its_alert(
    permissions: HealthPermissions, deployed: Deployed, silent: str, lost: Permission
) -> None:
    refused = without(permissions, deployed, lost)
    left = deployed.item(silent)["alert_level"], deployed.alert(silent)["alert_status"]
    rows = deployed.rows("SegmentHistoryTable", segment_id=silent)
    again = deployed.sweep()

    assert lost.action in refused.error
    assert (left, rows) == (("severe", "open"), [])
    assert (again.error, is_done(deployed, silent)) == ("", True)


@each(PARTS)
def test_without_it_something_is_left_to_the_next_sweep(
    permissions: HealthPermissions, deployed: Deployed, silent: str, lost: Permission
) -> None:
    refused = without(permissions, deployed, lost)
    is_missing = PARTS[lost](deployed, silent)
    again = deployed.sweep()

    assert lost.action in refused.error
    assert is_missing
    assert (again.error, is_done(deployed, silent)) == ("", True)


def test_without_it_nothing_is_remembered(
    permissions: HealthPermissions, deployed: Deployed, silent: str
) -> None:
    refused = without(permissions, deployed, KEEP)

    assert KEEP.action in refused.error
    assert is_done(deployed, silent)


def test_without_it_each_sweep_begins_again_and_says_so(
    permissions: HealthPermissions, deployed: Deployed, silent: str
) -> None:
    deployed.sweep()
    forgetful = without(permissions, deployed, RECALL)
    again = deployed.sweep()

    assert [line["event"] for line in forgetful.lines] == ["health.no_memory"]
    assert RECALL.action in forgetful.lines[0]["fault"]
    assert (again.lines, is_done(deployed, silent)) == ([], True)


@each(LOG)
def test_without_it_the_sweep_works_unseen(
    permissions: HealthPermissions,
    deployed: Deployed,
    eventually: Any,
    lost: Permission,
) -> None:
    with permissions.without(lost):
        assert eventually(lambda: not deployed.function.is_logged())
    assert eventually(deployed.function.is_logged)


@each(NOT_ENFORCED)
def test_the_local_city_still_does_not_ask_for_it(
    permissions: HealthPermissions, deployed: Deployed, silent: str, lost: Permission
) -> None:
    """Should it fail, the city asks: move the permission to where its loss shows."""
    answer = without(permissions, deployed, lost)

    assert (answer.error, is_done(deployed, silent)) == ("", True)
