"""Of an alert the live map writes what controllers do, and nothing else.

The deployed statement is judged by MiniStack's evaluator, which is told what DynamoDB
tells IAM of a request; its own tables tell it nothing of updates.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.core import iam_evaluator

from tests.integration.traffic.live_map.test_role import role_name
from traffic.live_map.handling import OWNER

from .policies import ACCOUNT, REGION

OWN = ["alert_id", *OWNER, "closed_level", "handled"]


@pytest.fixture(scope="module")
def statement(local_city: Any) -> dict[str, Any]:
    """The policy by which the deployed role writes."""
    found = local_city.client("iam").get_role_policy(
        RoleName=role_name(local_city), PolicyName="acknowledge-alerts"
    )["PolicyDocument"]
    return dict(found if isinstance(found, dict) else json.loads(found))


def allowed(document: dict[str, Any], table: str, **told: Any) -> bool:
    """Whether an update that DynamoDB describes so is allowed."""
    asked = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/live/x",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action="dynamodb:UpdateItem",
        resource_arn=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}",
        region=REGION,
        service_context={f"dynamodb:{key}": value for key, value in told.items()},
    )
    policies = [iam_evaluator.parse_policy_document(document)]
    return bool(iam_evaluator.evaluate(asked, policies).decision == "Allow")


@pytest.mark.parametrize(
    ("told", "is_allowed"),
    [
        ({"attributes": OWN}, True),
        ({"attributes": OWN, "returnvalues": "NONE"}, True),
        ({"attributes": OWN[:2]}, True),
        ({"attributes": OWN, "returnvalues": "ALL_OLD"}, False),
        ({"attributes": OWN, "returnvalues": "UPDATED_NEW"}, False),
        ({"attributes": [*OWN, "alert_status"]}, False),
        ({"attributes": [*OWN, "level"]}, False),
        ({"attributes": ["open_flag"]}, False),
    ],
)
def test_only_what_controllers_do_can_be_written_and_nothing_read(
    local_city: Any, statement: dict[str, Any], told: dict[str, Any], is_allowed: bool
) -> None:
    alerts = local_city.outputs["CongestionAlertsTable"]

    assert allowed(statement, alerts, **told) is is_allowed
    assert not allowed(statement, local_city.outputs["RoadSegmentsTable"], **told)


@pytest.mark.parametrize(
    ("operator", "told"),
    [
        ("ForAllValues:StringEquals", {"attributes": [*OWN, "level"]}),
        ("StringEqualsIfExists", {"attributes": OWN, "returnvalues": "ALL_OLD"}),
    ],
)
def test_each_condition_is_what_refuses_it(
    local_city: Any, statement: dict[str, Any], operator: str, told: dict[str, Any]
) -> None:
    (one,) = statement["Statement"]
    left = {k: v for k, v in one["Condition"].items() if k != operator}
    alerts = local_city.outputs["CongestionAlertsTable"]

    assert len(left) == len(one["Condition"]) - 1
    assert allowed({"Statement": [{**one, "Condition": left}]}, alerts, **told)
