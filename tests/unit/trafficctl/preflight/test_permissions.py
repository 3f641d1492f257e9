"""Who deploys is told what they may not do, of all that deploying asks."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore import xform_name

from tests.template.template import PATH, RESOURCES, of_type
from trafficctl.deploy import change_set, deployment
from trafficctl.preflight import permissions
from trafficctl.preflight.checks import preflight
from trafficctl.preflight.permissions import PARALLEL, PASSED_TO, DeniedAction
from trafficctl.preflight.result import PreflightRequest, data
from trafficctl.stack import artifacts, follow, retained, stack
from trafficctl.stack.retained_types import KINDS

from ..stack.fakes import FakeSession, refusal
from .accounts import QUESTION, checked, full_account, simulated

PATIENCE_S = 120
FILLED = dict.fromkeys(("stack", "region", "account", "partition"), "x")


def asked_for(request: PreflightRequest) -> set[str]:
    """The actions that are tried for a question."""
    wanted = permissions.required_permissions(request, FILLED)
    return {action for one in wanted for action in one.actions}


def test_actions_that_are_denied_are_named() -> None:
    answers = full_account()
    answers["iam", "simulate_principal_policy"] = simulated(
        "kms:CreateKey", "iam:PassRole"
    )

    row = checked(answers)["permissions to deploy"]

    assert row.verdict == "missing"
    assert row.next_step == "request these permissions: iam:PassRole, kms:CreateKey"


def test_simulation_asks_for_the_role_of_the_session_by_its_whole_arn() -> None:
    session = FakeSession(full_account())
    preflight(session, QUESTION)

    sources = {
        request["PolicySourceArn"]
        for service, operation, request in session.asked
        if operation == "simulate_principal_policy"
    }
    assert sources == {"arn:aws:iam::111122223333:role/path/deployer"}


def test_where_simulation_is_refused_permissions_are_unknown() -> None:
    answers = full_account()
    del answers["iam", "simulate_principal_policy"]

    row = checked(answers)["permissions to deploy"]

    assert row.verdict == "unknown"
    assert "AccessDenied" in row.next_step


def test_every_type_of_resource_is_asked_for() -> None:
    known = data("permissions")["types"]

    assert {one["Type"] for one in RESOURCES.values()} - set(known) == set()
    assert {one["same"] for one in known.values() if "same" in one} - set(known) == (
        set()
    )


def test_reports_are_asked_for_only_where_they_are_deployed() -> None:
    owner = "arn:aws:quicksight:eu-central-1:111122223333:user/default/reports"
    with_reports = replace(QUESTION, given={"QuickSightPrincipalArn": owner})

    def services(request: PreflightRequest) -> set[str]:
        return {action.partition(":")[0] for action in asked_for(request)}

    assert services(with_reports) - services(QUESTION) == {
        "athena",
        "glue",
        "quicksight",
    }


# What a condition hides


def denying(action: str, told: dict[str, Any]) -> Any:
    """IAM's simulation: one action is denied, with this beside it."""

    def simulate(*, ActionNames: list[str], **_asked: Any) -> Any:  # noqa: N803
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": name,
                    "EvalDecision": "implicitDeny" if name == action else "allowed",
                    **told,
                }
                for name in ActionNames
            ]
        }

    return simulate


LACKING = {"MissingContextValues": ["aws:RequestTag/owner"]}


@pytest.mark.parametrize("told", [LACKING, {"ResourceSpecificResults": [LACKING]}])
def test_a_condition_that_iam_could_not_weigh_is_no_denial(told: Any) -> None:
    answers = full_account()
    denied = denying("sqs:CreateQueue", told)
    answers["iam", "simulate_principal_policy"] = denied

    row = checked(answers)["permissions to deploy"]

    assert row.verdict == "unknown"
    assert row.next_step == (
        "sqs:CreateQueue: IAM cannot decide without aws:RequestTag/owner"
    )


def test_what_is_denied_outright_is_told_before_what_is_unclear() -> None:
    row = permissions.judged(
        3, [DeniedAction("a:B"), DeniedAction("c:D", ("aws:SourceIp",))]
    )

    assert (row.verdict, row.have, row.next_step) == (
        "missing",
        "1",
        "request these permissions: a:B",
    )


def test_a_role_is_tried_for_each_service_it_is_passed_to() -> None:
    session = FakeSession(full_account())
    preflight(session, QUESTION)

    passed = {
        entry["ContextKeyValues"][0]
        for _, operation, request in session.asked
        if operation == "simulate_principal_policy"
        and request["ActionNames"] == ["iam:PassRole"]
        for entry in request["ContextEntries"]
        if entry["ContextKeyName"] == PASSED_TO
    }
    assert passed == trusted() - {"quicksight.amazonaws.com"}


def test_every_service_that_a_role_trusts_is_tried() -> None:
    tried = {s for one in data("permissions")["also"] for s in one.get("passed_to", ())}

    assert tried == trusted()


def trusted() -> set[str]:
    """The services that the template's roles are made for."""
    return {
        statement["Principal"]["Service"]
        for role in of_type("AWS::IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    }


# All that deploying calls

# Operations whose action in IAM has another name.
NAMED_OTHERWISE = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "sts:GetCallerIdentity": None,  # nobody can be denied it
}
OF_DEPLOY = (deployment, stack, change_set, follow, artifacts, retained)
PREFIXES = {"cognito-idp", "cloudformation", "dynamodb", "iot", "kms", "logs", "s3"}


def test_every_call_of_the_deployment_is_tried() -> None:
    described = [kind.described for kind in KINDS.values()]
    called = {
        action
        for source in (*OF_DEPLOY, *described)
        for action in actions_called(source)
    }

    assert called - asked_for(QUESTION) == set()
    assert {
        "cloudformation:ListStacks",
        "logs:DescribeLogGroups",
        "s3:ListBucket",
        "kms:DescribeKey",
    } <= called


def actions_called(source: ModuleType | Any) -> Iterator[str]:
    """IAM's actions for the operations of AWS that some code names."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(source)))):
        name = getattr(node, "attr", None) or getattr(node, "value", None)
        for operation in OPERATIONS.get(name, ()) if isinstance(name, str) else ():
            action = NAMED_OTHERWISE.get(operation, operation)
            if action is not None:
                yield action


def operations() -> dict[str, list[str]]:
    """Operations by their name in boto3, as "service:Operation"."""
    session = boto3.session.Session(region_name="eu-central-1")
    found: dict[str, list[str]] = {}
    for service in sorted(PREFIXES | {"sts"}):
        model = session.client(service).meta.service_model
        for name in model.operation_names:
            found.setdefault(xform_name(name), []).append(f"{service}:{name}")
    return found


OPERATIONS = operations()


def test_what_keys_seal_can_be_sealed_by_who_deploys() -> None:
    sealing = {
        kind
        for one in data("permissions")["also"]
        if "kms:GenerateDataKey" in one["actions"]
        for kind in one["types"]
    }
    sealed = {
        one["Type"]
        for one in RESOURCES.values()
        if {"KmsKeyArn", "KmsKeyIdentifier", "SSESpecification"}
        & set(one.get("Properties", {}))
    }

    assert sealed - sealing == set()
    assert {"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"} <= asked_for(QUESTION)


# A service that does not answer


def test_the_first_refusal_ends_the_trying() -> None:
    answers = full_account()
    answers["iam", "simulate_principal_policy"] = refusal("AccessDenied")
    session = FakeSession(answers)

    preflight(session, QUESTION)

    tried = [one for _, one, _ in session.asked if one == "simulate_principal_policy"]
    assert (
        len(tried) <= PARALLEL < len(permissions.required_permissions(QUESTION, FILLED))
    )


HANGING = """
import threading
from tests.unit.trafficctl.preflight.accounts import QUESTION, full_account
from tests.unit.trafficctl.stack.fakes import FakeSession
from trafficctl.stack.stack import Account
from trafficctl.preflight import permissions
from trafficctl.preflight.checks import gather

answers = full_account()
answers["iam", "simulate_principal_policy"] = lambda **_: threading.Event().wait()
account = Account(FakeSession(answers))
(row,) = gather([("permissions", lambda: permissions.check(account, QUESTION))], 0.2)
print(row.verdict)
"""


def test_the_command_ends_while_iam_has_still_not_answered() -> None:
    """It would never end if it waited for the threads that ask."""
    done = subprocess.run(
        [sys.executable, "-c", HANGING],
        cwd=PATH.parent,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert done.stdout == "unknown\n"
