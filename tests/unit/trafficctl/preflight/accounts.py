"""An account as the tests of preflight make it, and what is asked about it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.template.template import TEXT
from trafficctl.cost.city_load import city
from trafficctl.preflight.checks import preflight
from trafficctl.preflight.result import CheckResult, PreflightRequest, data
from trafficctl.stack import template as texts

from ..stack import fakes
from ..stack.fakes import FakeSession, refusal

TODAY = dt.date(2026, 11, 23)
SETTINGS = texts.parameters(TEXT)
QUESTION = PreflightRequest("city", TEXT, city(), {}, TODAY)
STREAM = "city-readings"
NOBODY = refusal("ValidationError", "Stack with id city does not exist")
GONE = refusal("ResourceNotFoundException")


def full_account() -> fakes.Answers:
    """An account with the usual quotas, an administrator, and no stack."""
    named = {q["code"]: (q["name"], q["default"]) for q in data("quotas")["quotas"]}
    return {
        ("sts", "get_caller_identity"): {
            "Account": "111122223333",
            "Arn": "arn:aws:sts::111122223333:assumed-role/deployer/me",
        },
        ("cloudformation", "describe_stacks"): NOBODY,
        ("cloudformation", "list_stacks"): {"StackSummaries": []},
        ("cloudformation", "describe_stack_resources"): NOBODY,
        ("dynamodb", "describe_table"): GONE,
        ("iot", "get_policy"): GONE,
        ("iot", "describe_thing_type"): GONE,
        ("logs", "describe_log_groups"): {"logGroups": []},
        ("service-quotas", "get_service_quota"): fakes.quotas(named),
        ("lambda", "get_account_settings"): limits(1000, 1000),
        ("iam", "get_role"): {
            "Role": {"Arn": "arn:aws:iam::111122223333:role/path/deployer"}
        },
        ("iam", "simulate_principal_policy"): simulated(),
    }


def deployed(answers: fakes.Answers, **parameters: str) -> fakes.Answers:
    """The account with a stack, made with these parameters beside the defaults."""
    values = {**SETTINGS, **parameters}
    stack = {
        "StackName": "city",
        "StackStatus": "UPDATE_COMPLETE",
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in values.items()
        ],
        "Outputs": [{"OutputKey": "ReadingsStream", "OutputValue": STREAM}],
    }
    return {**answers, ("cloudformation", "describe_stacks"): {"Stacks": [stack]}}


def shards(limit: int, opened: int, ours: int) -> fakes.Answers:
    """An account's shards, and those of the stack's own stream."""
    summary = {
        "OpenShardCount": ours,
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
    }
    return {
        ("kinesis", "describe_limits"): {"ShardLimit": limit, "OpenShardCount": opened},
        ("kinesis", "describe_stream_summary"): {"StreamDescriptionSummary": summary},
    }


def limits(total: int, unreserved: int) -> Any:
    """What Lambda says of its concurrency."""
    return {
        "AccountLimit": {
            "ConcurrentExecutions": total,
            "UnreservedConcurrentExecutions": unreserved,
        }
    }


def simulated(*denied: str) -> Any:
    """IAM's simulation: all is allowed but what is denied."""

    def simulate(*, ActionNames: list[str], **_asked: Any) -> Any:  # noqa: N803
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": name,
                    "EvalDecision": "implicitDeny" if name in denied else "allowed",
                }
                for name in ActionNames
            ]
        }

    return simulate


def checked(
    answers: fakes.Answers, request: PreflightRequest = QUESTION
) -> dict[str, CheckResult]:
    """The rows of an account, by check."""
    return {row.check: row for row in preflight(FakeSession(answers), request)}
