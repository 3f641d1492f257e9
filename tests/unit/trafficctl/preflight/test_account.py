"""Who deploys, on what is there already, and with what AWS still takes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from trafficctl.preflight import account as accounts
from trafficctl.preflight.existing_stack import ExistingStack

from ..stack.fakes import refusal
from .accounts import QUESTION, checked, full_account


@pytest.mark.parametrize(
    ("today", "exists", "verdict"),
    [
        (dt.date(2027, 1, 31), False, "ok"),
        (dt.date(2027, 2, 1), False, "missing"),
        (dt.date(2027, 2, 1), True, "ok"),
        (dt.date(2027, 3, 2), True, "ok"),
        (dt.date(2027, 3, 3), True, "missing"),
    ],
)
def test_a_runtime_is_refused_from_its_date_for_updates_a_month_later(
    today: dt.date, exists: bool, verdict: str
) -> None:
    stands = ExistingStack(exists=exists)
    given = {"LambdaRuntime": "python3.9"}

    row = accounts.runtime(replace(QUESTION, today=today, existing=stands, given=given))

    assert row.verdict == verdict
    assert "LambdaRuntime=python3.13" in row.next_step


def test_a_new_stack_gets_a_runtime_that_aws_accepts_on_the_day() -> None:
    before, after = (
        accounts.runtime(replace(QUESTION, today=today))
        for today in (dt.date(2027, 1, 31), dt.date(2027, 2, 1))
    )

    assert (before.verdict, before.have) == ("ok", "python3.9 until 2027-02-01")
    assert (after.verdict, after.have) == ("ok", "python3.13 until 2029-07-31")
    assert after.next_step == (
        "AWS refuses new python3.9 functions since 2027-02-01: "
        "LambdaRuntime is python3.13"
    )


def test_a_runtime_that_will_be_taken_for_long_needs_no_word() -> None:
    newer = {"LambdaRuntime": "python3.13"}

    assert accounts.runtime(replace(QUESTION, given=newer)).next_step == ""


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (
            {
                "AccountInfo": {
                    "Edition": "ENTERPRISE",
                    "AccountSubscriptionStatus": "ACCOUNT_CREATED",
                }
            },
            "ok",
        ),
        (
            {
                "AccountInfo": {
                    "Edition": "STANDARD",
                    "AccountSubscriptionStatus": "ACCOUNT_CREATED",
                }
            },
            "missing",
        ),
        (refusal("ResourceNotFoundException"), "missing"),
        (refusal("AccessDeniedException"), "unknown"),
    ],
)
def test_quicksight_is_looked_at_when_asked_for(answer: Any, verdict: str) -> None:
    answers = full_account()
    answers["quicksight", "describe_account_subscription"] = answer

    rows = checked(answers, replace(QUESTION, quicksight=True))

    assert rows["QuickSight subscription"].verdict == verdict
    assert "QuickSight subscription" not in checked(answers)


def test_a_stuck_stack_holds_up() -> None:
    answers = full_account()
    answers["cloudformation", "describe_stacks"] = {
        "Stacks": [{"StackName": "city", "StackStatus": "UPDATE_ROLLBACK_FAILED"}]
    }

    row = checked(answers)["stack"]

    assert row.verdict == "missing"
    assert "continue-update-rollback" in row.next_step


def test_tables_whose_key_is_gone_hold_up() -> None:
    answers = full_account()
    answers["dynamodb", "describe_table"] = {"Table": {}}

    row = checked(answers)["stack"]

    assert row.verdict == "missing"
    assert "the key that opens it is not" in row.next_step
