"""A change set: made, read, executed or thrown away."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trafficctl.deploy.changes import Change, changes, is_no_change
from trafficctl.errors import CityError
from trafficctl.stack.stack import Stack

CAPABILITIES = ["CAPABILITY_IAM"]  # the template names no role
PATIENCE_S = 300.0
DRIFT_PATIENCE_S = 1800.0  # every resource is looked at


@dataclass(frozen=True)
class ChangeSet:
    """A change set that can be executed, and what it would do."""

    arn: str
    stack_id: str
    kind: str
    changes: Sequence[Change]


def make(
    stack: Stack,
    kind: str,
    url: str,
    parameters: Sequence[Mapping[str, Any]],
    imports: Sequence[Mapping[str, Any]] = (),
    revert_drift: bool = False,
    hidden: Mapping[str, Collection[str]] | None = None,
) -> ChangeSet | None:
    """Make a change set of a kind (CREATE, UPDATE, IMPORT); None if nothing changes.

    `revert_drift` compares an existing stack with its resources as they are, not with
    its last template: what was changed outside of CloudFormation is put back.
    `hidden` are properties whose values are not shown, by logical id. CityError with
    CloudFormation's reason if it cannot be made.
    """
    options: dict[str, Any] = {"ResourcesToImport": imports} if imports else {}
    if revert_drift:
        options["DeploymentMode"] = "REVERT_DRIFT"
    answer = stack.api.create_change_set(
        StackName=stack.name,
        ChangeSetName=f"trafficctl-{secrets.token_hex(6)}",
        ChangeSetType=kind,
        TemplateURL=url,
        Parameters=list(parameters),
        Capabilities=CAPABILITIES,
        **options,
    )
    patience_s = DRIFT_PATIENCE_S if revert_drift else PATIENCE_S
    outcome = _settled(stack, str(answer["Id"]), patience_s)
    listed = changes(outcome["Changes"], hidden)
    change_set = ChangeSet(str(answer["Id"]), str(answer["StackId"]), kind, listed)
    if outcome["Status"] == "CREATE_COMPLETE":
        return change_set
    drop(stack, change_set)
    reason = outcome.get("StatusReason") or "no reason given"
    if is_no_change(reason):
        return None
    raise CityError(
        f"no change set for stack {stack.name}: {reason} - "
        "correct what it names and repeat the command"
    )


def execute(stack: Stack, change_set: ChangeSet) -> None:
    """Begin what the change set says."""
    stack.api.execute_change_set(ChangeSetName=change_set.arn, StackName=stack.name)


def drop(stack: Stack, change_set: ChangeSet) -> None:
    """Throw it away, and with it the empty stack that a first one has made."""
    stack.api.delete_change_set(ChangeSetName=change_set.arn, StackName=stack.name)
    if stack.status() == "REVIEW_IN_PROGRESS":
        stack.api.delete_stack(StackName=stack.name)


def _settled(stack: Stack, arn: str, patience_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        change_set = _described(stack, arn)
        if change_set["Status"] in ("CREATE_COMPLETE", "FAILED"):
            return change_set
        time.sleep(stack.account.poll_s)
    raise CityError(
        f"CloudFormation has not made the change set after {patience_s:.0f} s - "
        "look at it in the console, then repeat the command"
    )


def _described(stack: Stack, arn: str) -> dict[str, Any]:
    pages = stack.api.get_paginator("describe_change_set")
    last_page: dict[str, Any] = {}
    listed: list[Any] = []
    names = {"ChangeSetName": arn, "StackName": stack.name}
    for page in pages.paginate(**names, IncludePropertyValues=True):
        last_page = page
        listed += page.get("Changes", [])
    return {**last_page, "Changes": listed}
