"""What stands already: the parameters that `deploy` would keep, and what is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trafficctl.errors import CityError
from trafficctl.stack import retained
from trafficctl.stack import status as states
from trafficctl.stack.stack import Account, Stack

DEFAULTS = "the template's defaults"
STREAM_OUTPUT = "ReadingsStream"


@dataclass(frozen=True)
class Standing:
    """A stack that `deploy` would update or make again; without one, nothing.

    `kept` are the parameters that stay unless others are given, `whose` says where
    they come from. `exists` is false for a stack that was deleted, whose `kept` come
    back with its data. `stream` is the name of the stream, where there is one.
    """

    kept: Mapping[str, str] = field(default_factory=dict)
    whose: str = DEFAULTS
    exists: bool = False
    stream: str | None = None


def look(account: Account, name: str, template: str) -> Standing:
    """What stands under this name, as `deploy` would meet it. Reads only."""
    stack = Stack(account, name)
    status = stack.status()
    if status in states.NEVER_BEGUN or status in states.FAILED_CREATION:
        return _deleted(stack, template)
    return Standing(
        stack.parameters(),
        f"those of stack {name}",
        exists=True,
        stream=dict(stack.outputs()).get(STREAM_OUTPUT),
    )


def _deleted(stack: Stack, template: str) -> Standing:
    """A deleted stack whose data the new one would take in, with its parameters."""
    try:
        left = retained.find(stack, template) if stack.deleted_ids() else None
    except CityError:
        return Standing()  # the row of the stack says what is wrong with them
    if left is None or not left.leftovers or left.deleted_id is None:
        return Standing()
    return Standing(
        stack.parameters(left.deleted_id), f"those of the deleted stack {stack.name}"
    )
