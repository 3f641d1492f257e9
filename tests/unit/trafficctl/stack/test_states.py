"""What a stack's status means for a deployment."""

from __future__ import annotations

import pytest

from trafficctl.errors import CityError
from trafficctl.stack.status import FAILED_CREATION, StackStep, is_under_way, next_step


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (None, StackStep.CREATE),
        ("DELETE_COMPLETE", StackStep.CREATE),
        ("REVIEW_IN_PROGRESS", StackStep.CREATE),
        ("CREATE_COMPLETE", StackStep.UPDATE),
        ("UPDATE_COMPLETE", StackStep.UPDATE),
        ("UPDATE_ROLLBACK_COMPLETE", StackStep.UPDATE),
        ("IMPORT_COMPLETE", StackStep.UPDATE),
        ("ROLLBACK_COMPLETE", StackStep.CLEAR),
        ("CREATE_FAILED", StackStep.CLEAR),
        ("ROLLBACK_FAILED", StackStep.CLEAR),
        ("CREATE_IN_PROGRESS", StackStep.FOLLOW),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackStep.FOLLOW),
        ("DELETE_IN_PROGRESS", StackStep.FOLLOW),
    ],
)
def test_the_step_for_a_status(status: str | None, step: StackStep) -> None:
    assert next_step("city", status) is step


def test_only_a_stack_that_was_rolled_back_is_called_empty() -> None:
    called = {one for one, said in FAILED_CREATION.items() if "empty" in said}

    assert called == {"ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}


def test_only_a_failed_import_asks_whether_the_stack_is_empty() -> None:
    failed = "IMPORT_ROLLBACK_COMPLETE"
    assert next_step("city", failed, empty=True) is StackStep.CLEAR
    assert next_step("city", failed, empty=False) is StackStep.UPDATE
    assert next_step("city", "UPDATE_COMPLETE", empty=True) is StackStep.UPDATE


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("DELETE_FAILED", "trafficctl destroy --stack city"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name city"),
        ("UPDATE_FAILED", "rollback-stack --stack-name city"),
        ("IMPORT_ROLLBACK_FAILED", "continue-update-rollback --stack-name city"),
    ],
)
def test_a_stuck_stack_is_an_error_with_the_command_that_frees_it(
    status: str, command: str
) -> None:
    with pytest.raises(CityError, match=f"city is {status} - .*{command}"):
        next_step("city", status)


def test_a_stack_in_review_waits_for_a_person_and_is_not_under_way() -> None:
    assert not is_under_way("REVIEW_IN_PROGRESS")
    assert is_under_way("UPDATE_IN_PROGRESS")
    assert not is_under_way(None)
