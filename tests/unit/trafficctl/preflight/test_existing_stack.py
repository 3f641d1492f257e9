"""What is judged is what `deploy` would set: given, then kept, then the defaults."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from trafficctl.preflight.command import can_deploy

from ..stack.fakes import Answers, refusal
from .accounts import GONE, NOBODY, QUESTION, SETTINGS, checked, deployed, full_account

AFTER_3_9 = replace(QUESTION, today=dt.date(2027, 3, 4))
DELETED = "arn:aws:cloudformation:eu-central-1:111122223333:stack/city/1"


def test_the_runtime_that_a_stack_keeps_is_the_one_judged() -> None:
    rows = checked(deployed(full_account(), LambdaRuntime="python3.13"), AFTER_3_9)

    assert rows["Lambda runtime"].have.startswith("python3.13 until")
    assert rows["parameters"].have == "those of stack city"
    assert can_deploy(list(rows.values()))
    older = checked(deployed(full_account()), AFTER_3_9)
    assert not can_deploy(list(older.values()))


def test_what_is_given_wins_over_what_is_kept() -> None:
    answers = deployed(full_account(), LambdaRuntime="python3.13")
    older = replace(AFTER_3_9, given={"LambdaRuntime": "python3.9"})

    rows = checked(answers, older)

    assert rows["Lambda runtime"].verdict == "missing"
    assert rows["parameters"].have == "those of stack city, 1 given"


def test_reports_that_a_stack_has_need_their_subscription() -> None:
    owner = "arn:aws:quicksight:eu-central-1:111122223333:user/default/reports"
    answers = deployed(full_account(), QuickSightPrincipalArn=owner)

    assert "QuickSight subscription" in checked(answers)
    assert "QuickSight subscription" not in checked(full_account())


def test_a_parameter_that_the_template_no_longer_has_is_not_kept() -> None:
    rows = checked(deployed(full_account(), Forgotten="1"))

    assert rows["parameters"].verdict == "ok"


def test_without_a_stack_the_defaults_are_judged() -> None:
    rows = checked(full_account())

    assert rows["parameters"].have == "the template's defaults"
    assert SETTINGS["LambdaRuntime"] in rows["Lambda runtime"].have


def test_a_stack_whose_creation_failed_keeps_nothing() -> None:
    answers = deployed(full_account(), LambdaRuntime="python3.13")
    found = answers["cloudformation", "describe_stacks"]["Stacks"][0]
    found["StackStatus"] = "ROLLBACK_COMPLETE"

    assert checked(answers)["parameters"].have == "the template's defaults"


def test_where_the_stack_cannot_be_read_the_defaults_are_judged_and_said_to_be() -> (
    None
):
    answers = full_account()
    answers["cloudformation", "describe_stacks"] = refusal("AccessDenied")

    row = checked(answers)["parameters"]

    assert (row.have, row.verdict) == ("the template's defaults", "unknown")
    assert "AccessDenied" in row.next_step


# Data that a deleted stack left


def left_behind(tables: Any) -> Answers:
    """An account with a deleted stack, its key, and what has become of its tables."""
    with_stack = deployed(full_account(), LambdaRuntime="python3.13")
    (stack,) = with_stack["cloudformation", "describe_stacks"]["Stacks"]
    stack |= {"StackId": DELETED, "StackStatus": "DELETE_COMPLETE"}

    def described(*, StackName: str) -> Any:  # noqa: N803 - as boto3 has it
        return {"Stacks": [stack]} if StackName == DELETED else NOBODY

    def kept(logical_id: str, kind: str, physical_id: str) -> dict[str, str]:
        return {
            "EventId": logical_id,
            "StackId": DELETED,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "ResourceStatus": "DELETE_SKIPPED",
        }

    events = [
        kept("RoadSegments", "AWS::DynamoDB::Table", "city-road_segments"),
        kept("DataKey", "AWS::KMS::Key", "1234"),
    ]
    summary = {"StackName": "city", "StackId": DELETED, "CreationTime": "2026-11-01"}
    return {
        **with_stack,
        ("cloudformation", "describe_stacks"): described,
        ("cloudformation", "list_stacks"): {"StackSummaries": [summary]},
        ("cloudformation", "describe_stack_events"): {"StackEvents": events},
        ("dynamodb", "describe_table"): tables,
        ("kms", "describe_key"): {"KeyMetadata": {"KeyState": "Enabled"}}
        if tables is not GONE
        else GONE,
    }


def test_data_that_is_taken_in_brings_the_parameters_of_the_deleted_stack() -> None:
    rows = checked(left_behind({"Table": {}}), AFTER_3_9)

    assert rows["parameters"].have == "those of the deleted stack city"
    assert rows["Lambda runtime"].have.startswith("python3.13")
    assert "resources of an earlier stack" in rows["stack"].have


def test_a_deleted_stack_whose_data_is_gone_keeps_nothing() -> None:
    rows = checked(left_behind(GONE))

    assert rows["parameters"].have == "the template's defaults"
    assert rows["stack"].have == "none"


def test_data_of_a_stack_on_a_refused_runtime_comes_with_one_that_is_accepted() -> None:
    answers = left_behind({"Table": {}})
    (stack,) = answers["cloudformation", "describe_stacks"](StackName=DELETED)["Stacks"]
    (kept,) = (p for p in stack["Parameters"] if p["ParameterKey"] == "LambdaRuntime")
    kept["ParameterValue"] = "python3.9"

    row = checked(answers, AFTER_3_9)["Lambda runtime"]

    assert (row.verdict, row.have) == ("ok", "python3.13 until 2029-07-31")


def test_a_production_stack_without_protection_is_said_to_be_so() -> None:
    """Its creation was interrupted before the update that turns protection on."""
    left = deployed(full_account(), Environment="production", ProtectData="false")
    whole = deployed(full_account(), Environment="production")

    row = checked(left)["stack"]

    assert (row.have, row.verdict) == ("UPDATE_COMPLETE, unprotected", "ok")
    assert "`trafficctl deploy` turns it on" in row.next_step
    assert checked(whole)["stack"].have == "UPDATE_COMPLETE"
