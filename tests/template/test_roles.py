"""Each role may do what roles.json says, on what it says, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from traffic.aws.event_bus import SOURCE

from .template import PATH, RESOURCES, allowed, listed, of_type, statements, walk

ROLES = of_type("AWS::IAM::Role")
EXPECTED = json.loads(Path(__file__).with_name("roles.json").read_text())


def permissions(role: str) -> dict[str, list[str]]:
    """Return the resources that a role may take each action on."""
    found: dict[str, list[str]] = {}
    for policy in ROLES[role]["Properties"]["Policies"]:
        for action, resources in allowed(policy["PolicyDocument"]).items():
            found.setdefault(action, []).extend(resources)
    return {action: sorted(resources) for action, resources in found.items()}


def trust(role: str) -> dict[str, Any]:
    """Return the only statement of a role's trust policy."""
    document = ROLES[role]["Properties"]["AssumeRolePolicyDocument"]
    (statement,) = statements(document)
    return statement


def test_these_are_all_the_roles() -> None:
    assert set(ROLES) == set(EXPECTED)


@pytest.mark.parametrize("role", EXPECTED)
def test_a_role_may_do_exactly_what_is_listed(role: str) -> None:
    assert permissions(role) == EXPECTED[role]["may"]


@pytest.mark.parametrize("role", EXPECTED)
def test_a_role_serves_one_service_of_this_account(role: str) -> None:
    statement = trust(role)

    assert statement["Principal"] == {"Service": EXPECTED[role]["trusts"]}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement.get("Condition", {}) == EXPECTED[role]["only"]


@pytest.mark.parametrize("role", EXPECTED)
def test_a_role_has_no_policy_written_elsewhere(role: str) -> None:
    assert "ManagedPolicyArns" not in ROLES[role]["Properties"]


def policy_statements() -> list[dict[str, Any]]:
    """Return every statement of every policy in the template."""
    return [one for one in walk(RESOURCES) if isinstance(one, dict) and "Effect" in one]


def test_who_sends_events_speaks_as_the_city_alone() -> None:
    conditions = [
        statement.get("Condition")
        for statement in policy_statements()
        if "events:PutEvents" in listed(statement["Action"])
    ]

    assert conditions == [{"StringEqualsIfExists": {"events:source": SOURCE}}] * 4


def test_no_policy_allows_an_action_by_wildcard() -> None:
    actions = [
        action
        for statement in policy_statements()
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    ]

    assert [action for action in actions if "*" in action] == []


def test_a_line_that_names_every_resource_says_why() -> None:
    lines = PATH.read_text().splitlines()

    assert [
        line for line in lines if 'Resource: "*"' in line and " # " not in line
    ] == []


def test_only_what_aws_cannot_narrow_is_allowed_on_everything() -> None:
    everywhere = {
        (role, action)
        for role in ROLES
        for action, resources in permissions(role).items()
        if "*" in resources
    }

    assert everywhere == {
        ("ProcessorRole", "kinesis:ListStreams"),
        ("QuickSightRole", "athena:ListDataCatalogs"),
        ("SensorHealthRole", "cloudwatch:GetMetricData"),
        ("ShardScalerRole", "cloudwatch:GetMetricData"),
    }


def test_no_principal_but_a_refused_one_is_everybody() -> None:
    effects = {
        statement["Effect"]
        for statement in policy_statements()
        if statement.get("Principal") == "*"
    }

    assert effects == {"Deny"}
