"""One CloudFormation stack, as its API describes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.aws import session as aws
from trafficctl.aws.session import is_loopback
from trafficctl.stack import events
from trafficctl.stack import status as states
from trafficctl.stack.events import Event

LOCAL_POLL_S = 0.3
AWS_POLL_S = 2.0
# Statuses of a resource that a stack lists, and has no longer.
OUT_OF_THE_STACK = {"DELETE_COMPLETE", "DELETE_SKIPPED", "IMPORT_ROLLBACK_COMPLETE"}


class Account:
    """An account in a Region: its clients, made once, and who asks.

    `patience` is passed on to `aws.client`.
    """

    def __init__(self, session: Any, **patience: Any) -> None:
        self.session = session
        self._patience = patience
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service: str) -> Any:
        """The client of `service`; boto3 makes clients safely one at a time only."""
        with self._making:
            if service not in self._clients:
                new_client = aws.client(self.session, service, **self._patience)
                self._clients[service] = new_client
            return self._clients[service]

    @property
    def region(self) -> str:
        """The Region's name."""
        return str(self.client("cloudformation").meta.region_name)

    @property
    def is_local(self) -> bool:
        """Whether it is a city on this machine rather than AWS."""
        return is_loopback(self.client("cloudformation").meta.endpoint_url)

    @cached_property
    def number(self) -> str:
        """The account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def poll_s(self) -> float:
        """Seconds between two looks at something under way."""
        return LOCAL_POLL_S if self.is_local else AWS_POLL_S


class Stack:
    """A stack by name; None and empty values where it does not exist."""

    def __init__(self, account: Account, name: str) -> None:
        self.account = account
        self.name = name
        self.api = account.client("cloudformation")

    def described(self, stack_id: str | None = None) -> dict[str, Any] | None:
        """One element of DescribeStacks; deleted stacks answer by their id alone."""
        try:
            answer = self.api.describe_stacks(StackName=stack_id or self.name)
        except ClientError as exc:
            if "does not exist" in str(exc):
                return None
            raise
        return dict(answer["Stacks"][0])

    def status(self, stack_id: str | None = None) -> str | None:
        """The stack's status, None if there is none."""
        stack = self.described(stack_id)
        return str(stack["StackStatus"]) if stack else None

    def outputs(self) -> dict[str, str]:
        """The outputs by key."""
        return aws.outputs_of(self.described() or {})

    def parameters(self, stack_id: str | None = None) -> dict[str, str]:
        """The parameters it was deployed with."""
        stack = self.described(stack_id) or {}
        return {
            p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])
        }

    def template(self, stack_id: str | None = None) -> str:
        """The text of its template; empty for a stack that nothing was made of yet."""
        answer = self.api.get_template(
            StackName=stack_id or self.name, TemplateStage="Original"
        )
        return str(answer.get("TemplateBody") or "")

    def resources(self) -> list[dict[str, Any]]:
        """Its resources, as ListStackResources has them."""
        pages = self.api.get_paginator("list_stack_resources")
        return [
            one
            for page in pages.paginate(StackName=self.name)
            for one in page["StackResourceSummaries"]
        ]

    def is_empty(self) -> bool:
        """Whether it holds no resource."""
        statuses = {str(one["ResourceStatus"]) for one in self.resources()}
        return statuses <= OUT_OF_THE_STACK

    def next_step(self, status: str | None) -> states.StackStep:
        """What to do with it, of this status; CityError, saying how on, if nothing."""
        empty = status == states.FAILED_IMPORT and self.is_empty()
        return states.next_step(self.name, status, empty=empty)

    def is_in_a_stack(self, physical_id: str) -> bool:
        """Whether any stack has a resource of that id now."""
        try:
            answer = self.api.describe_stack_resources(PhysicalResourceId=physical_id)
        except ClientError as exc:
            if "does not exist" in str(exc):
                return False
            raise
        # It also describes a deleted stack, whose resources are gone or were kept.
        statuses = {str(one["ResourceStatus"]) for one in answer["StackResources"]}
        return bool(statuses - OUT_OF_THE_STACK)

    def newest_first(self, stack_id: str | None = None) -> Iterator[Event]:
        """Its events, the newest first, read page by page."""
        pages = self.api.get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=stack_id or self.name):
            yield from page["StackEvents"]

    def events_after(self, event_id: str | None, stack_id: str) -> list[Event]:
        """The events younger than that one, oldest first; all if it is None."""
        events = []
        for event in self.newest_first(stack_id):
            if event["EventId"] == event_id:
                break
            events.append(event)
        return events[::-1]

    def last_event(self, stack_id: str) -> str | None:
        """The id of the newest event, None if there is none."""
        newest = next(self.newest_first(stack_id), None)
        return str(newest["EventId"]) if newest else None

    def before_operation(self, stack_id: str) -> str | None:
        """The id of the event before the last operation, None if there is none."""
        return events.before_the_last(self.newest_first(stack_id))

    def deleted_ids(self) -> list[str]:
        """Ids of deleted stacks of this name, the last deleted first.

        CloudFormation remembers a deleted stack for 90 days.
        """
        pages = self.api.get_paginator("list_stacks")
        stacks = [
            one
            for page in pages.paginate(StackStatusFilter=["DELETE_COMPLETE"])
            for one in page["StackSummaries"]
            if one["StackName"] == self.name
        ]
        stacks.sort(
            key=lambda one: str(one.get("DeletionTime") or one["CreationTime"]),
            reverse=True,
        )
        return [str(one["StackId"]) for one in stacks]
