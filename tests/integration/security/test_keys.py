"""A key opens for the services that hold something under it, and does what they ask.

What they ask is listed here; through which services follows from the resources of the
template, and the deployed policies are asked for each action through each of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.template import RESOURCES, listed, properties, shown, walk

from .policies import REGION, Deployed, Request, decision

USE = {
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}
ENVELOPE = {"kms:Decrypt", "kms:GenerateDataKey"}
ADMINISTER = {
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
}
ACTIONS = {
    "DataKey": {
        "AccountAdministersKey": ADMINISTER,
        "AccountUsesKeyThroughServices": USE,
        "ServicesHoldGrants": {"kms:CreateGrant"},
        "LogsUseKey": USE,
    },
    "AlertKey": {
        "AccountAdministersKey": ADMINISTER,
        "AccountUsesKeyThroughServices": ENVELOPE,
        "EventBridgeKeepsUntold": ENVELOPE,
        "AlarmsTellEngineers": ENVELOPE,
    },
}
# CloudWatch Logs asks in its own name, and has a statement of its own.
IN_ITS_OWN_NAME = {"logs"}
BY_GRANT = {"dynamodb", "lambda"}  # each works on after its caller is gone
# What names a key and holds nothing under it: roles may use it, and the results of
# Athena lie in a bucket.
HOLDS_NOTHING = ("AWS::IAM::", "AWS::Athena::")
KEYS = sorted(ACTIONS)


def statement(key: str, sid: str) -> dict[str, Any]:
    (found,) = (
        one for one in properties(key)["KeyPolicy"]["Statement"] if one["Sid"] == sid
    )
    return dict(found)


def holders(key: str) -> set[str]:
    """The services with a resource of the template under that key."""
    arn = {"Fn::GetAtt": [key, "Arn"]}
    return {
        one["Type"].split("::")[1].lower()
        for one in RESOURCES.values()
        if not one["Type"].startswith(HOLDS_NOTHING)
        and any(node == arn for node in walk(one))
    } - IN_ITS_OWN_NAME


def through(key: str, sid: str) -> set[str]:
    """The services that a statement names, without Region and domain."""
    via = statement(key, sid)["Condition"]["StringEquals"]["kms:ViaService"]
    suffix = ".${AWS::Region}.${AWS::URLSuffix}"
    assert all(shown(one).endswith(suffix) for one in via)
    return {shown(one).removesuffix(suffix) for one in via}


@pytest.fixture(scope="module")
def deployed(local_city: Any) -> Deployed:
    return Deployed(local_city)


def test_the_holders_are_those_that_one_thinks_of() -> None:
    """The derivation itself, held to what the template is known to have."""
    assert holders("DataKey") == {"dynamodb", "kinesis", "lambda", "s3"}
    assert holders("AlertKey") == {"sns", "sqs"}


@pytest.mark.parametrize("key", KEYS)
def test_each_statement_allows_what_is_listed_and_nothing_else(key: str) -> None:
    found = {
        one["Sid"]: sorted(listed(one["Action"]))
        for one in properties(key)["KeyPolicy"]["Statement"]
    }

    assert found == {sid: sorted(actions) for sid, actions in ACTIONS[key].items()}


@pytest.mark.parametrize("key", KEYS)
def test_who_administers_a_key_does_not_use_it(key: str) -> None:
    assert set(ACTIONS[key]["AccountAdministersKey"]) & USE == {"kms:DescribeKey"}


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_used_through_its_holders_and_through_no_other(key: str) -> None:
    assert through(key, "AccountUsesKeyThroughServices") == holders(key)


def test_grants_are_held_by_the_holders_that_work_by_them() -> None:
    assert through("DataKey", "ServicesHoldGrants") == holders("DataKey") & BY_GRANT


@pytest.mark.parametrize("key", KEYS)
def test_the_deployed_key_does_each_action_through_each_holder(
    deployed: Deployed, key: str
) -> None:
    document, arn = deployed.policy_of(key)
    asked = {
        (action, service): Request(action).but(
            kms__ViaService=f"{service}.{REGION}.amazonaws.com"
        )
        for action in USE - {"kms:DescribeKey"}
        for service in ("ec2", "logs", *sorted(holders(key)))
    }
    answers = {one: decision(document, request, arn) for one, request in asked.items()}

    assert {one for one, answer in answers.items() if answer == "Allow"} == {
        (action, service)
        for action in ACTIONS[key]["AccountUsesKeyThroughServices"]
        - {"kms:DescribeKey"}
        for service in holders(key)
    }
