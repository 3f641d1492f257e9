"""Who deploys, on what is there already, and with what AWS still takes."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from tests.template.template import PARAMETERS
from trafficctl.preflight import account as accounts
from trafficctl.preflight.existing_stack import ExistingStack
from trafficctl.preflight.result import data

from ..stack.fakes import refusal
from .accounts import QUESTION, checked, full_account


@pytest.mark.parametrize(
    ("today", "exists", "verdict"),
    [
        (dt.date(2027, 1, 31), False, "ok"),
        (dt.date(2027, 2, 1), False, "missing"),
        (dt.date(2027, 2, 1), True, "ok"),
        (dt.date(2027, 3, 3), True, "missing"),
    ],
)
def test_a_runtime_is_refused_from_its_date_for_updates_a_month_later(
    today: dt.date, exists: bool, verdict: str
) -> None:
    stands = ExistingStack(exists=exists)

    row = accounts.runtime(replace(QUESTION, today=today, existing=stands))

    assert row.verdict == verdict
    assert "LambdaRuntime=python3.14" in row.next_step


def test_a_runtime_that_will_be_taken_for_long_needs_no_word() -> None:
    newer = {"LambdaRuntime": "python3.13"}

    assert accounts.runtime(replace(QUESTION, given=newer)).next_step == ""


def test_the_dates_of_the_runtimes_are_those_the_linter_knows() -> None:
    path = Path(cfnlint.__file__).parent / "data/AdditionalSpecs"
    known = json.loads((path / "LmbdRuntimeLifecycle.json").read_text())
    ours = data("runtimes")["runtimes"]

    assert set(ours) == set(PARAMETERS["LambdaRuntime"]["AllowedValues"])
    assert ours == {
        name: {
            "create": known[name]["create-block"],
            "update": known[name]["update-block"],
        }
        for name in ours
    }


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
