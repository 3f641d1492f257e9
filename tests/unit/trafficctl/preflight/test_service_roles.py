"""A role that AWS makes once in an account has to be made by the first deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trafficctl.preflight import permissions
from trafficctl.preflight.result import PreflightRequest

from ..stack.fakes import refusal
from .accounts import QUESTION, checked, full_account, simulated
from .test_permissions import FILLED

LINKED = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
PROVISIONED = replace(QUESTION, given={"DynamoDBBillingMode": "PROVISIONED"})


@pytest.mark.parametrize(
    ("request_", "roles", "is_asked"),
    [
        (QUESTION, set(), False),
        (PROVISIONED, set(), True),
        (PROVISIONED, {LINKED}, False),
    ],
)
def test_the_role_that_scales_tables_is_made_once_in_an_account(
    request_: PreflightRequest, roles: set[str], is_asked: bool
) -> None:
    wanted = permissions.required_permissions(request_, FILLED, roles)
    linking = [one for one in wanted if "iam:CreateServiceLinkedRole" in one.actions]

    assert [one.context for one in linking] == [
        {"iam:AWSServiceName": "dynamodb.application-autoscaling.amazonaws.com"}
    ] * is_asked


def test_an_account_that_never_scaled_a_table_needs_to_make_its_role() -> None:
    answers = full_account()
    own = answers["iam", "get_role"]

    def role(*, RoleName: str) -> Any:  # noqa: N803
        if RoleName == LINKED:
            raise refusal("NoSuchEntity")
        return own

    answers["iam", "get_role"] = role
    answers["iam", "simulate_principal_policy"] = simulated(
        "iam:CreateServiceLinkedRole"
    )

    row = checked(answers, PROVISIONED)["permissions to deploy"]

    assert row.verdict == "missing"
    assert row.next_step == "request these permissions: iam:CreateServiceLinkedRole"
