"""What the deployed roles may do, and how to take one permission away for a moment."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from traffic.aws.event_bus import SOURCE

from .stack import Stack

Pairs = list[tuple[str, str]]  # action, ARN
ROLES = json.loads((Path(__file__).parents[2] / "template/roles.json").read_text())


class Permission(NamedTuple):
    """One action of one role on one resource, named as the template names them."""

    role: str
    action: str
    resource: str


# Roles off the way of the data, and where they are held to their tasks.
ELSEWHERE = {
    "IncidentsRole": (
        "tests/integration/traffic/incidents/test_role.py takes each permission away"
    ),
    "SensorHealthRole": (
        "tests/integration/traffic/sensor_health/test_role.py takes each permission "
        "away"
    ),
    "LiveApiRole": (
        "tests/integration/traffic/live_map/test_role.py takes each table action away"
    ),
    "FleetRole": (
        "tests/integration/trafficctl/registry/test_roles.py takes each action away"
    ),
    "ProvisioningHookRole": (
        "tests/integration/trafficctl/registry/test_roles.py takes each action away"
    ),
    "NotifierRole": (
        "tests/integration/security/test_notifier_role.py takes each permission away"
    ),
    "ShardScalerRole": (
        "tests/integration/traffic/test_shard_scaler.py takes each action away"
    ),
    "ProfileBuilderRole": (
        "tests/integration/traffic/test_profile_builder.py takes each action away"
    ),
    "ConnectorRole": "tests/template/reports: the local city has no Athena to use it",
    "QuickSightRole": (
        "tests/template/reports: the local city has no QuickSight to use it"
    ),
}
# The one condition that these roles have; what is written back in a test has none.
FOR_EVENTS = {"StringEqualsIfExists": {"events:source": SOURCE}}


def listed(role: str) -> list[Permission]:
    """The permissions of a role, as the template's tests list them."""
    return [
        Permission(role, action, resource)
        for action, resources in ROLES[role]["may"].items()
        for resource in resources
    ]


LISTED = [one for role in ROLES if role not in ELSEWHERE for one in listed(role)]


def each(permissions: Iterable[Permission]) -> pytest.MarkDecorator:
    """The test for each of these permissions."""
    return pytest.mark.parametrize("lost", permissions, ids=":".join)


class Permissions:
    """The inline policies of a deployed stack's roles."""

    def __init__(self, stack: Stack) -> None:
        self._iam = stack.client("iam")
        self._arns = _arns(stack)
        found = stack.client("cloudformation").describe_stack_resources(
            StackName=stack.city.stack
        )["StackResources"]
        self._names = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}

    def arn_of(self, permission: Permission) -> str:
        """The deployed resource, in the words of a policy."""
        plain = re.sub(r"^(\w+\.Arn)$", r"${\1}", permission.resource)
        return re.sub(r"\$\{(\w+)\.Arn\}", lambda found: self._arns[found[1]], plain)

    def listed(self, role: str) -> Pairs:
        """All that the role is to be allowed."""
        return sorted((one.action, self.arn_of(one)) for one in listed(role))

    def granted(self, role: str) -> Pairs:
        """All that the deployed role is allowed."""
        documents = self._documents(self._names[role]).values()
        return sorted(pair for document in documents for pair in _pairs(document))

    @contextlib.contextmanager
    def without(self, *lost: Permission) -> Iterator[None]:
        """Take these from their roles, and give them back in the end."""
        with contextlib.ExitStack() as stack:
            for permission in lost:
                stack.enter_context(self._without(permission))
            yield

    @contextlib.contextmanager
    def _without(self, permission: Permission) -> Iterator[None]:
        name = self._names[permission.role]
        gone = (permission.action, self.arn_of(permission))
        before = {
            policy: document
            for policy, document in self._documents(name).items()
            if gone in _pairs(document)
        }
        assert before, f"{name} never had {gone}"
        try:
            for policy, document in before.items():
                left = [pair for pair in _pairs(document) if pair != gone]
                self._write(name, policy, left)
            yield
        finally:
            for policy, document in before.items():
                self._put(name, policy, document)

    def _documents(self, name: str) -> dict[str, Any]:
        policies = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        return {
            policy: self._iam.get_role_policy(RoleName=name, PolicyName=policy)[
                "PolicyDocument"
            ]
            for policy in policies
        }

    def _write(self, name: str, policy: str, pairs: Pairs) -> None:
        if not pairs:
            self._iam.delete_role_policy(RoleName=name, PolicyName=policy)
            return
        statements = [
            {"Effect": "Allow", "Action": action, "Resource": arn}
            for action, arn in pairs
        ]
        self._put(name, policy, {"Version": "2012-10-17", "Statement": statements})

    def _put(self, name: str, policy: str, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(
            RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document)
        )


def _pairs(document: dict[str, Any]) -> Pairs:
    """What a policy allows; a statement of another form would need more of us."""
    for statement in document["Statement"]:
        conditions = statement.get("Condition", FOR_EVENTS)
        assert set(statement) - {"Condition"} == {"Effect", "Action", "Resource"}
        assert conditions == FOR_EVENTS, statement
        assert statement["Effect"] == "Allow", statement
    return [
        (action, arn)
        for statement in document["Statement"]
        for action in _listed(statement["Action"])
        for arn in _listed(statement["Resource"])
    ]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _arns(stack: Stack) -> dict[str, str]:
    """ARNs by the logical names that roles.json uses."""
    out = stack.outputs
    queue = stack.client("sqs").get_queue_attributes(
        QueueUrl=out["UndeliveredQueueUrl"], AttributeNames=["QueueArn"]
    )
    return {
        "ReadingsStream": out["ReadingsStreamArn"],
        "DataKey": out["DataKeyArn"],
        "RoadSegments": out["RoadSegmentsTableArn"],
        "SegmentHistory": out["SegmentHistoryTableArn"],
        "CongestionAlerts": out["CongestionAlertsTableArn"],
        "AlertBus": out["AlertBusArn"],
        "QuarantineBucket": f"arn:aws:s3:::{out['QuarantineBucket']}",
        "DeadLetterBucket": f"arn:aws:s3:::{out['DeadLetterBucket']}",
        "ProcessorLogs": logs_of(stack, out["ProcessorFunction"]),
        "UndeliveredKeeperLogs": logs_of(
            stack, f"{stack.city.stack}-undelivered-keeper"
        ),
        "UndeliveredQueue": queue["Attributes"]["QueueArn"],
    }


def logs_of(stack: Stack, function: str) -> str:
    """The ARN of a function's log group."""
    group = f"/aws/lambda/{function}"
    found = stack.client("logs").describe_log_groups(logGroupNamePrefix=group)
    return str(found["logGroups"][0]["arn"])
