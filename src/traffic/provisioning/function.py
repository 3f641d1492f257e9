"""The Lambda function that IoT Core calls before it provisions a device."""

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
from .admission import (
    AdmissionDecision,
    CertificateRequest,
    decide,
    refuse_foreign,
    request_of,
)
from .aws import Registry, ThingTypes

_TRIES = 3  # per row, if another writer wins

# IoT Core waits 5 s for the answer, and the device asks again.
_CLIENT = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
    parameter_validation=False,  # the shapes are ours and tested
)


class ProvisioningSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The environment variables of the function."""

    registry_table: str
    stack_name: str
    thing_type: str


class ProvisioningPorts(NamedTuple):
    """The services that the function uses; *clock* returns the time in ms."""

    registry: Registry
    thing_types: ThingTypes
    clock: Callable[[], int]
    stack: str
    thing_type: str


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Answer IoT Core; an error is raised, so that the device tries again."""
    return answer(event, _ports())


def answer(event: Mapping[str, Any], ports: ProvisioningPorts) -> dict[str, Any]:
    """Return the response to *event*, and print the decision.

    The segment comes from the registry: what the device claims is ignored.
    """
    request = request_of(event)
    decision = admit(request, ports)
    print(_log_line(request, decision, ports))
    if not decision.allowed:
        return {"allowProvisioning": False}
    overrides = {"DeviceId": request.device_id, "SegmentId": decision.segment_id}
    return {"allowProvisioning": True, "parameterOverrides": overrides}


def admit(request: CertificateRequest, ports: ProvisioningPorts) -> AdmissionDecision:
    """Decide on *request* and update the row; raises StoreError."""
    for _ in range(_TRIES):
        is_valid = is_id(request.device_id)
        row = ports.registry.read(request.device_id) if is_valid else None
        decision = decide(row, request, ports.clock())
        if decision.allowed:
            thing_type = ports.thing_types.type_of(request.device_id)
            decision = refuse_foreign(decision, thing_type, ports.thing_type)
        if decision.update is None:
            return decision
        try:
            ports.registry.write(request.device_id, decision.update)
        except Conflict:
            continue
        return decision
    raise StoreError(f"the row of {request.device_id} changed during {_TRIES} attempts")


def _log_line(
    request: CertificateRequest, decision: AdmissionDecision, ports: ProvisioningPorts
) -> str:
    """Return the log line with its metrics: neither payload nor certificate."""
    counts = {
        "ProvisioningAllowed": int(decision.allowed),
        "ProvisioningRefused": int(not decision.allowed),
    }
    properties = {"event": "traffic.provisioning"}
    if is_id(request.device_id):
        properties["device_id"] = request.device_id
    if decision.reason:
        properties["reason"] = decision.reason
    return line(counts, {"Stack": ports.stack}, ports.clock(), **properties)


@functools.lru_cache(maxsize=1)
def _ports() -> ProvisioningPorts:
    """Connect once for each execution environment, at its first request."""
    settings, session = load(ProvisioningSettings, os.environ), boto3.session.Session()
    dynamodb = session.client("dynamodb", config=_CLIENT)
    return ProvisioningPorts(
        registry=Registry(dynamodb, settings.registry_table),
        thing_types=ThingTypes(session.client("iot", config=_CLIENT)),
        clock=lambda: time.time_ns() // 1_000_000,
        stack=settings.stack_name,
        thing_type=settings.thing_type,
    )
