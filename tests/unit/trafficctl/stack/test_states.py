"""What a stack's status means for a deployment."""

from __future__ import annotations

import pytest

from trafficctl.errors import CityError
from trafficctl.stack.status import Step, is_under_way, next_step


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (None, Step.CREATE),
        ("DELETE_COMPLETE", Step.CREATE),
        ("REVIEW_IN_PROGRESS", Step.CREATE),
        ("CREATE_COMPLETE", Step.UPDATE),
        ("UPDATE_COMPLETE", Step.UPDATE),
        ("UPDATE_ROLLBACK_COMPLETE", Step.UPDATE),
        ("IMPORT_COMPLETE", Step.UPDATE),
        ("ROLLBACK_COMPLETE", Step.CLEAR),
        ("CREATE_FAILED", Step.CLEAR),
        ("CREATE_IN_PROGRESS", Step.FOLLOW),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Step.FOLLOW),
        ("DELETE_IN_PROGRESS", Step.FOLLOW),
    ],
)
def test_the_step_for_a_status(status: str | None, step: Step) -> None:
    assert next_step("city", status) is step


def test_only_a_failed_import_asks_whether_the_stack_is_empty() -> None:
    failed = "IMPORT_ROLLBACK_COMPLETE"
    assert next_step("city", failed, empty=True) is Step.CLEAR
    assert next_step("city", failed, empty=False) is Step.UPDATE
    assert next_step("city", "UPDATE_COMPLETE", empty=True) is Step.UPDATE


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
