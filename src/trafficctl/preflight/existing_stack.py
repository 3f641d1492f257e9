"""The existing stack: the parameters that `deploy` keeps, and its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trafficctl.errors import CityError
from trafficctl.stack import retained
from trafficctl.stack import status as states
from trafficctl.stack.stack import Account, Stack
from trafficctl.stack.stream import STREAM_OUTPUT

DEFAULTS = "the template's defaults"


@dataclass(frozen=True)
class ExistingStack:
    """The stack that `deploy` would update or recreate; empty without one.

    `parameters` stay unless others are given; `source` says where they come from.
    `exists` is false for a deleted stack, whose `parameters` return with its data.
    `stream` is the name of the stream, if there is one.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    source: str = DEFAULTS
    exists: bool = False
    stream: str | None = None


def look(account: Account, name: str, template: str) -> ExistingStack:
    """The existing stack of this name, as `deploy` would see it. Reads only."""
    stack = Stack(account, name)
    status = stack.status()
    if status in states.NEVER_BEGUN or status in states.FAILED_CREATION:
        return _deleted(stack, template)
    return ExistingStack(
        stack.parameters(),
        f"those of stack {name}",
        exists=True,
        stream=dict(stack.outputs()).get(STREAM_OUTPUT),
    )


def _deleted(stack: Stack, template: str) -> ExistingStack:
    """A deleted stack whose data the new one would import, with its parameters."""
    try:
        resources = retained.find(stack, template) if stack.deleted_ids() else None
    except CityError:
        return ExistingStack()  # the check of the stack reports the error
    if resources is None or not resources.leftovers or resources.deleted_id is None:
        return ExistingStack()
    return ExistingStack(
        stack.parameters(resources.deleted_id),
        f"those of the deleted stack {stack.name}",
    )
