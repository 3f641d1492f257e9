"""Each permission of each role is taken away by a test, or says why none can.

tests/chain holds the roles on the data's way to that by itself; here are the others.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.chain.permissions import ELSEWHERE, LISTED, ROLES
from tests.template.template import RESOURCES

from .test_function_logs import FUNCTIONS, LOGGING

PROJECT = Path(__file__).parents[2]
TABLES = "the local city's tables ask for no key: AWS asks whoever reads one"
# Of services that the local city has not; tests/quicksight holds their statements.
NOT_LOCAL = {"ConnectorRole", "QuickSightRole"}
# What no test can take away, and why the role has it all the same.
NOT_TAKEN_AWAY = {
    ("LiveApiRole", "kms:Decrypt"): TABLES,
    ("ProvisioningHookRole", "kms:Decrypt"): TABLES,
}
# Actions on several resources, and how each of these is seen to be needed by itself.
SEVERAL = {
    ("LiveApiRole", "dynamodb:GetItem"): "one path reads a segment, one an alert",
    ("LiveApiRole", "dynamodb:Query"): "one path asks for alerts, one for a history",
    ("FleetRole", "iot:AttachThingPrincipal"): "AWS weighs both ends of one call",
    ("SensorHealthRole", "dynamodb:PartiQLUpdate"): "its test takes each by itself",
    ("SensorHealthRole", "dynamodb:UpdateItem"): "its test takes each by itself",
}


def taken_away(role: str) -> set[str]:
    """The actions named in the tests that *role* is said to be tried in."""
    found: set[str] = set()
    for place in re.findall(r"tests/[\w/.]+", ELSEWHERE[role]):
        path = PROJECT / place.rstrip(".")
        assert path.exists(), f"{role} is said to be tried in {place}"
        for module in [path] if path.is_file() else path.rglob("*.py"):
            found |= texts(module)
    if role.removesuffix("Role") in FUNCTIONS:
        found |= set(LOGGING)
    return found


def texts(module: Path) -> set[str]:
    """Every text in the code of a module."""
    return {
        node.value
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


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
