"""What an earlier stack of the same name left behind, and how a new one takes it in.

A stack that is destroyed keeps its data: tables, buckets, users, devices and the key.
Their names are the new stack's names too, and one key seals them all, so a new stack
can only be made if it adopts them: it begins as an import of exactly those resources,
and an ordinary update then adds the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trafficctl.errors import CityError
from trafficctl.stack import events as operations
from trafficctl.stack import template as texts
from trafficctl.stack.events import Event
from trafficctl.stack.retained_types import KINDS
from trafficctl.stack.stack import Account, Stack

KEY = "AWS::KMS::Key"
TABLE = "AWS::DynamoDB::Table"
DATA_KEY = "DataKey"
POLICY = "AWS::IoT::Policy"


@dataclass(frozen=True)
class RetainedResource:
    """A resource in no stack; `logical_id` is what the template calls it."""

    logical_id: str
    type: str
    physical_id: str

    def to_import(self) -> dict[str, Any]:
        """An element of ResourcesToImport."""
        return {
            "ResourceType": self.type,
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": {KINDS[self.type].identifier: self.physical_id},
        }

    def by_hand(self) -> str:
        """The command that deletes it."""
        return KINDS[self.type].by_hand.format(id=self.physical_id)


@dataclass(frozen=True)
class RetainedResources:
    """All that is left of a stack, and the deleted stack that lists it, if any."""

    leftovers: tuple[RetainedResource, ...]
    deleted_id: str | None = None

    def ids(self) -> set[str]:
        """The logical ids."""
        return {one.logical_id for one in self.leftovers}


def find(stack: Stack, template: str, *, to_import: bool = True) -> RetainedResources:
    """What is left of earlier stacks of this name. Reads only.

    The last deleted stack says by the events of its deletion what it kept (what an
    update had left behind before was no longer its own). Nothing can be imported of
    one that kept no key: a failed creation leaves what nothing opens any more. Beyond
    the 90 days that CloudFormation remembers it, names still lead to tables, policies
    and log groups, and a table of its key. What another stack has taken in meanwhile
    is that stack's.
    """
    declared = texts.resources(template)
    resources: dict[str, RetainedResource] = {}
    deleted_id = None
    for stack_id in stack.deleted_ids():
        last = operations.of_the_deletion(stack.newest_first(stack_id))
        skipped_by_last = [one for one in skipped(last) if one.logical_id in declared]
        if any(one.type == KEY or not to_import for one in skipped_by_last):
            for one in skipped_by_last:
                resources.setdefault(one.logical_id, one)
            deleted_id = stack_id
            break
    for one in _by_name(stack.name, declared):
        resources.setdefault(one.logical_id, one)
    free = [one for one in resources.values() if _is_free(stack, one)]
    return RetainedResources(tuple(_with_key(stack, free, to_import)), deleted_id)


def of_failed_creations(stack: Stack, *stack_ids: str) -> list[RetainedResource]:
    """What the rollbacks of these stacks left, those that never stood."""
    histories = (stack.newest_first(one) for one in stack_ids)
    resources = [
        one
        for history in histories
        for one in skipped(operations.of_a_failed_creation(history))
    ]
    return [one for one in resources if _is_free(stack, one)]


def skipped(events: Iterable[Event]) -> list[RetainedResource]:
    """What these events say was kept, in their order."""
    return [
        RetainedResource(
            str(event["LogicalResourceId"]),
            str(event["ResourceType"]),
            str(event["PhysicalResourceId"]),
        )
        for event in events
        if event["ResourceStatus"] == "DELETE_SKIPPED"
        and event["ResourceType"] in KINDS
        and event.get("PhysicalResourceId")
    ]


def _by_name(
    stack: str, declared: Mapping[str, texts.Resource]
) -> list[RetainedResource]:
    """The resources whose names the template gives; a user pool's name is no key."""
    return [
        RetainedResource(one.logical_id, one.type, name)
        for one in declared.values()
        if one.type in KINDS and one.type != "AWS::Cognito::UserPool"
        if (name := one.name_in(stack)) is not None
    ]


def _is_there(account: Account, one: RetainedResource) -> bool:
    return KINDS[one.type].found(account, one.physical_id) is not None


def _is_free(stack: Stack, one: RetainedResource) -> bool:
    """Whether it is there and in no stack: AWS imports nothing out of another one."""
    return _is_there(stack.account, one) and not stack.is_in_a_stack(one.physical_id)


def _with_key(
    stack: Stack, resources: Sequence[RetainedResource], needed: bool
) -> list[RetainedResource]:
    """Add the key of the tables where no event named it; CityError if it is gone."""
    tables = [one for one in resources if one.type == TABLE]
    if not tables or any(one.type == KEY for one in resources):
        return list(resources)
    table = KINDS[TABLE].found(stack.account, tables[0].physical_id) or {}
    arn = str(table.get("SSEDescription", {}).get("KMSMasterKeyArn", ""))
    key = RetainedResource(DATA_KEY, KEY, arn.rpartition("/")[2])
    if key.physical_id and _is_free(stack, key):
        return [*resources, key]
    if not needed:
        return list(resources)
    raise CityError(
        f"table {tables[0].physical_id} is there, but the key that opens it is not - "
        "cancel the key's deletion (`aws kms cancel-key-deletion`), "
        f"or delete the tables: `trafficctl destroy --purge --stack {stack.name}`"
    )


def import_template(account: Account, template: str, estate: RetainedResources) -> str:
    """The template that imports the estate: its resources as they are, nothing else.

    A device policy names the ingest rule, which is not there yet: its document is
    written out as it stands.
    """
    instead = {
        one.logical_id: _policy_as_it_is(account, one)
        for one in estate.leftovers
        if one.type == POLICY
    }
    return texts.only(template, estate.ids(), instead)


def _policy_as_it_is(account: Account, one: RetainedResource) -> str:
    policy = KINDS[POLICY].described(account, one.physical_id)
    properties = {
        "PolicyName": one.physical_id,
        "PolicyDocument": json.loads(policy["policyDocument"]),
    }
    return (
        f"  {one.logical_id}:\n    Type: {POLICY}\n"
        "    DeletionPolicy: RetainExceptOnCreate\n"
        "    UpdateReplacePolicy: Retain\n"
        f"    Properties: {json.dumps(properties)}\n"
    )
