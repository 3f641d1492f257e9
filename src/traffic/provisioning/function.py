"""The Lambda function that IoT Core asks before it lets a new device in."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

import boto3
import msgspec
from botocore.config import Config

from ..aws.emf import line
from ..errors import Conflict, StoreError
from ..policy import is_id
from ..settings import load
from .admission import Decision, Request, decide, request_of, unless_foreign
from .aws import Registry, Things

_TRIES = 3  # of a row that somebody else writes at the same time

# IoT Core waits 5 s for the answer, and the device asks again.
_CLIENT = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
    parameter_validation=False,  # the shapes are ours and tested
)


class Settings(msgspec.Struct, frozen=True, rename=str.upper):
    """What the template tells the function, read from the environment."""

    registry_table: str
    stack_name: str
    thing_type: str


class Shell(NamedTuple):
    """All that the function has outside of itself; *clock* gives ms."""

    registry: Registry
    things: Things
    clock: Callable[[], int]
    stack: str
    thing_type: str


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Answer IoT Core; a fault is raised, so that the device is told to ask again."""
    return answer(event, _shell())


def answer(event: Mapping[str, Any], shell: Shell) -> dict[str, Any]:
    """Return IoT Core's answer to *event*, and print what was decided.

    The segment comes from the registry: what the device claims never wins.
    """
    request = request_of(event)
    decision = admit(request, shell)
    print(_told(request, decision, shell))
    if not decision.allowed:
        return {"allowProvisioning": False}
    overrides = {"DeviceId": request.device_id, "SegmentId": decision.segment_id}
    return {"allowProvisioning": True, "parameterOverrides": overrides}


def admit(request: Request, shell: Shell) -> Decision:
    """Decide about *request* and mark the row; raises StoreError."""
    for _ in range(_TRIES):
        named = is_id(request.device_id)
        row = shell.registry.read(request.device_id) if named else None
        decision = decide(row, request, shell.clock())
        if decision.allowed:
            its_type = shell.things.type_of(request.device_id)
            decision = unless_foreign(decision, its_type, shell.thing_type)
        if decision.mark is None:
            return decision
        try:
            shell.registry.write(request.device_id, decision.mark)
        except Conflict:
            continue
        return decision
    raise StoreError(f"the row of {request.device_id} changed {_TRIES} times meanwhile")


def _told(request: Request, decision: Decision, shell: Shell) -> str:
    """The line of the log, metrics in it: neither payload nor certificate."""
    counts = {
        "ProvisioningAllowed": int(decision.allowed),
        "ProvisioningRefused": int(not decision.allowed),
    }
    told = {"event": "traffic.provisioning"}
    if is_id(request.device_id):
        told["device_id"] = request.device_id
    if decision.reason:
        told["reason"] = decision.reason
    return line(counts, {"Stack": shell.stack}, shell.clock(), **told)


@functools.lru_cache(maxsize=1)
def _shell() -> Shell:
    """Connect once for each execution environment, at its first request."""
    settings, session = load(Settings, os.environ), boto3.session.Session()
    dynamodb = session.client("dynamodb", config=_CLIENT)
    return Shell(
        registry=Registry(dynamodb, settings.registry_table),
        things=Things(session.client("iot", config=_CLIENT)),
        clock=lambda: time.time_ns() // 1_000_000,
        stack=settings.stack_name,
        thing_type=settings.thing_type,
    )
