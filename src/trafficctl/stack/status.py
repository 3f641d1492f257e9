"""What a stack's status means for a deployment. Pure."""

from __future__ import annotations

from enum import Enum

from trafficctl.errors import CityError


class StackStep(Enum):
    """What comes next."""

    CREATE = "create"
    UPDATE = "update"
    FOLLOW = "follow what is under way"
    CLEAR = "delete what a failed creation left, then create"


NEVER_BEGUN = (None, "DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
# Only a stack whose creation failed gets here: it holds nothing, and cannot be updated.
FAILED_CREATION = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
FAILED_IMPORT = "IMPORT_ROLLBACK_COMPLETE"
STUCK = {
    "DELETE_FAILED": (
        "its deletion failed half-way: end it by `trafficctl destroy --stack {stack}`, "
        "then deploy again"
    ),
    "UPDATE_ROLLBACK_FAILED": (
        "neither the update nor the way back succeeded: fix what its events name, "
        "then `aws cloudformation continue-update-rollback --stack-name {stack}`"
    ),
    "UPDATE_FAILED": (
        "an update stopped and was not rolled back: "
        "`aws cloudformation rollback-stack --stack-name {stack}`, then deploy again"
    ),
    "IMPORT_ROLLBACK_FAILED": (
        "an import failed half-way: `aws cloudformation continue-update-rollback "
        "--stack-name {stack}`, then deploy again"
    ),
}
SUCCEEDED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")


def next_step(stack: str, status: str | None, *, empty: bool = False) -> StackStep:
    """What to do with a stack of this status. CityError, saying how on, if nothing.

    `empty` says that it holds no resource. It tells an import that was to make the
    stack from one into a stack that stood: the first leaves nothing to update, and
    what it was to take in would be in the way of the update.
    """
    if status in NEVER_BEGUN:
        return StackStep.CREATE
    if status in FAILED_CREATION or (status == FAILED_IMPORT and empty):
        return StackStep.CLEAR
    if status in STUCK:
        advice = STUCK[status].format(stack=stack)
        raise CityError(f"stack {stack} is {status} - {advice}")
    return StackStep.FOLLOW if is_under_way(status) else StackStep.UPDATE


def is_under_way(status: str | None) -> bool:
    """Whether CloudFormation is at work; a stack in review waits for us instead."""
    return (
        status is not None
        and status.endswith("_IN_PROGRESS")
        and status != "REVIEW_IN_PROGRESS"
    )
