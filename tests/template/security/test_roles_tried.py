"""Each permission of each role is taken away by a test, or says why none can.

tests/integration/chain holds the roles on the data's way to that by itself; here are
the others.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.chain.permissions import ELSEWHERE, LISTED, ROLES
from tests.integration.traffic.incidents import test_role as incidents
from tests.integration.traffic.live_map.test_role import BUCKET, TASKS
from tests.integration.traffic.sensor_health import test_role as health
from tests.integration.traffic.test_profile_builder import BUILD
from tests.integration.traffic.test_shard_scaler import LOG, LOOK
from tests.integration.trafficctl.registry.test_roles import (
    FLEET,
    FLEET_NOT_ENFORCED,
    HOOK,
)
from tests.template.template import RESOURCES

from ...integration.security.test_function_logs import FUNCTIONS, LOGGING
from ...integration.security.test_notifier_role import KEEP, PUBLISH

PROJECT = Path(__file__).parents[3]
TABLES = "the local city's tables ask for no key: AWS asks anyone who reads one"
# Of services that the local city has not; tests/template/reports holds their
# statements.
NOT_LOCAL = {"ConnectorRole", "QuickSightRole"}
# What tests take away, by the very lists that they are made of.
TAKEN_AWAY = {
    "IncidentsRole": {one.action for one in incidents.TAKEN_AWAY},
    "NotifierRole": {one.action for one in (*PUBLISH, *KEEP)},
    "SensorHealthRole": {one.action for one in health.TAKEN_AWAY},
    "LiveApiRole": {*BUCKET, *(action for action, *_ in TASKS)},
    "FleetRole": set(FLEET),
    "ProvisioningHookRole": set(HOOK),
    "ShardScalerRole": {*LOOK, *LOG},
    "ProfileBuilderRole": set(BUILD),
}
# What no test can take away, and why the role has it all the same.
NOT_TAKEN_AWAY = {
    ("LiveApiRole", "kms:Decrypt"): TABLES,
    ("LiveApiRole", "kms:GenerateDataKey"): "on AWS, its view is under the key",
    ("ProfileBuilderRole", "kms:Decrypt"): TABLES,
    (
        "ProfileBuilderRole",
        "kms:GenerateDataKey",
    ): "on AWS, its files are under the key",
    ("ProvisioningHookRole", "kms:Decrypt"): TABLES,
    **{
        ("FleetRole", action): "RegisterThing looks first; AWS's own policy has it"
        for action in FLEET_NOT_ENFORCED
    },
    **{
        (one.role, one.action): "the local city's queues and keys ask no mapping"
        for one in incidents.NOT_ENFORCED
    },
    **{
        (one.role, one.action): "the memory and the tables are under the key, on AWS"
        for one in health.NOT_ENFORCED
    },
}
# Actions on several resources, and how each of these is seen to be needed by itself.
SEVERAL = {
    ("IncidentsRole", "dynamodb:BatchGetItem"): "its test takes each by itself",
    ("IncidentsRole", "dynamodb:Query"): "its test takes each by itself",
    ("IncidentsRole", "kms:Decrypt"): "the queue is under one key, the tables another",
    ("LiveApiRole", "dynamodb:GetItem"): "one path reads a segment, one an alert",
    ("LiveApiRole", "dynamodb:UpdateItem"): "one path looks, one acknowledges",
    ("LiveApiRole", "s3:GetObject"): "one path asks for the city, one what is usual",
    ("NotifierRole", "sns:Publish"): "its test takes each by itself",
    ("LiveApiRole", "dynamodb:Query"): "one path asks for alerts, one for a history",
    ("FleetRole", "iot:AttachThingPrincipal"): "AWS weighs both ends of one call",
    ("SensorHealthRole", "dynamodb:PartiQLUpdate"): "its test takes each by itself",
    ("SensorHealthRole", "dynamodb:UpdateItem"): "its test takes each by itself",
}


def taken_away(role: str) -> set[str]:
    """The actions that tests take from a role, those of its log included."""
    has_log = role.removesuffix("Role") in FUNCTIONS
    return TAKEN_AWAY[role] | (set(LOGGING) if has_log else set())


def test_where_a_role_is_said_to_be_tried_there_is_a_test() -> None:
    places = [
        p for said in ELSEWHERE.values() for p in re.findall(r"tests/[\w/.]+", said)
    ]

    assert len(places) >= len(ELSEWHERE)
    assert [one for one in places if not (PROJECT / one.rstrip(".:")).exists()] == []


def test_every_role_is_tried_somewhere() -> None:
    roles = {n for n, one in RESOURCES.items() if one["Type"] == "AWS::IAM::Role"}

    assert {one.role for one in LISTED} | set(ELSEWHERE) == roles == set(ROLES)


@pytest.mark.parametrize("role", [role for role in ELSEWHERE if role not in NOT_LOCAL])
def test_each_action_of_a_role_is_taken_away_or_says_why_not(role: str) -> None:
    left = {action for of, action in NOT_TAKEN_AWAY if of == role}

    assert set(ROLES[role]["may"]) - taken_away(role) == left


def test_an_action_on_several_resources_says_how_each_is_needed() -> None:
    several = {
        (role, action)
        for role in set(ELSEWHERE) - NOT_LOCAL
        for action, resources in ROLES[role]["may"].items()
        if len(resources) > 1
    }

    assert several == set(SEVERAL)


@pytest.mark.parametrize("role", sorted(NOT_LOCAL))
def test_a_role_that_cannot_be_tried_is_of_reports_alone(role: str) -> None:
    assert RESOURCES[role]["Condition"] == "HasQuickSight"


def test_a_reason_is_a_reason() -> None:
    assert [why for why in NOT_TAKEN_AWAY.values() if len(why.split()) < 5] == []
