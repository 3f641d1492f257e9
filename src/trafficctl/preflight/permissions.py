"""Simulates whether the deploying identity has the template's permissions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from trafficctl.errors import translate
from trafficctl.preflight.parallel import run_parallel
from trafficctl.preflight.result import (
    MISSING,
    OK,
    REFUSALS,
    UNKNOWN,
    CheckResult,
    PreflightRequest,
    brief,
    data,
)
from trafficctl.stack import template as texts
from trafficctl.stack.stack import Account

CHECK = "permissions to deploy"
NAMED = 6  # missing actions to name; the rest is counted
PARALLEL = 8
PASSED_TO = "iam:PassedToService"
ROOT = re.compile(r"^arn:[a-z-]+:iam::\d{12}:root$")
ASSUMED = re.compile(r"^arn:[a-z-]+:sts::\d{12}:assumed-role/([^/]+)/")


@dataclass(frozen=True)
class PermissionRequest:
    """Actions on a resource; `context` is the request context that AWS would add."""

    arn: str
    actions: tuple[str, ...]
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DeniedAction:
    """An action that was not allowed, and the context keys that IAM was missing.

    With missing keys the result is unknown: a condition could not be evaluated.
    """

    action: str
    missing_context: tuple[str, ...] = ()


def check(account: Account, request: PreflightRequest) -> CheckResult:
    """Simulate every action on the resources to deploy.

    IAM's simulation ignores service control policies; the result is unknown if the
    identity may not simulate.
    """
    arn = str(account.client("sts").get_caller_identity()["Arn"])
    roles = existing_roles(account.client("iam"), request)
    permissions = required_permissions(request, names(account, request.stack), roles)
    total = sum(len(permission.actions) for permission in permissions)
    if ROOT.match(arn):
        return CheckResult(CHECK, "the root user", str(total), OK)
    try:
        source = _principal(account, arn)
        denied = simulated(account.client("iam"), source, permissions)
    except REFUSALS as exc:
        return CheckResult(
            CHECK, "?", str(total), UNKNOWN, f"not checked: {brief(translate(exc))}"
        )
    return judged(total, denied)


def judged(total: int, denied_actions: Collection[DeniedAction]) -> CheckResult:
    """The result for the actions that were not allowed. Pure."""
    denied = sorted({one.action for one in denied_actions if not one.missing_context})
    unclear = sorted({one.action for one in denied_actions} - set(denied))
    allowed = str(total - len(denied) - len(unclear))
    if denied:
        return CheckResult(
            CHECK,
            allowed,
            str(total),
            MISSING,
            f"request these permissions: {_few(denied)}",
        )
    if unclear:
        keys = sorted({key for one in denied_actions for key in one.missing_context})
        text = f"{_few(unclear)}: IAM cannot decide without {', '.join(keys)}"
        return CheckResult(CHECK, allowed, str(total), UNKNOWN, text)
    return CheckResult(CHECK, allowed, str(total), OK)


def _few(actions: Sequence[str]) -> str:
    more = f" and {len(actions) - NAMED} more" if len(actions) > NAMED else ""
    return ", ".join(actions[:NAMED]) + more


def existing_roles(iam: Any, request: PreflightRequest) -> set[str]:
    """The service-linked roles that a deployment would create, and that are there.

    One that may not be read counts as absent.
    """
    return {
        part["unless_role"]
        for part in data("permissions")["also"]
        if "unless_role" in part
        and _is_deployed(part.get("only"), request.settings)
        and _has_role(iam, part["unless_role"])
    }


def _has_role(iam: Any, name: str) -> bool:
    try:
        iam.get_role(RoleName=name)
    except REFUSALS:
        return False
    return True


def required_permissions(
    request: PreflightRequest,
    filled: Mapping[str, str],
    roles: Collection[str] = (),
) -> list[PermissionRequest]:
    """The actions on each type of resource with these settings. Pure.

    *roles* are the service-linked roles that the account has.
    """
    catalog = data("permissions")
    declared = texts.types(request.template)
    parts = [*catalog["always"], *(catalog["types"].get(kind, {}) for kind in declared)]
    parts += [part for part in catalog["also"] if set(part["types"]) & set(declared)]
    return [
        permission
        for part in parts
        if "actions" in part
        and _is_deployed(part.get("only"), request.settings)
        and part.get("unless_role") not in roles
        for permission in _requests_of(part, filled)
    ]


def _requests_of(
    part: Mapping[str, Any], filled: Mapping[str, str]
) -> Iterator[PermissionRequest]:
    """A part of permissions.json; one for each service that a role is passed to."""
    arn, actions = part["arn"].format(**filled), tuple(part["actions"])
    contexts: list[dict[str, str]] = [
        {PASSED_TO: service} for service in part.get("passed_to", [])
    ]
    for context in contexts or [part.get("context", {})]:
        yield PermissionRequest(arn, actions, context)


def names(account: Account, stack: str) -> dict[str, str]:
    """The values to fill into the ARNs."""
    return {
        "stack": stack,
        "region": account.region,
        "account": account.number,
        "partition": str(account.client("iam").meta.partition),
    }


def _is_deployed(only: str | None, settings: Mapping[str, str]) -> bool:
    """Whether a parameter has the value, or any value, that a resource requires."""
    if only is None:
        return True
    name, _, value = only.partition("=")
    return settings.get(name) == value if value else bool(settings.get(name))


def _principal(account: Account, arn: str) -> str:
    """The principal to simulate: a session's role, with its path from IAM."""
    assumed = ASSUMED.match(arn)
    if assumed is None:
        return arn
    role = account.client("iam").get_role(RoleName=assumed.group(1))
    return str(role["Role"]["Arn"])


def simulated(
    iam: Any, source: str, permissions: Iterable[PermissionRequest]
) -> list[DeniedAction]:
    """The actions that the principal `source` may not do."""
    works = [partial(_simulated, iam, source, permission) for permission in permissions]
    return [
        permission for denied in run_parallel(works, PARALLEL) for permission in denied
    ]


def _simulated(
    iam: Any, source: str, permission: PermissionRequest
) -> list[DeniedAction]:
    answer = iam.simulate_principal_policy(
        PolicySourceArn=source,
        ActionNames=list(permission.actions),
        ResourceArns=[permission.arn],
        ContextEntries=[
            {
                "ContextKeyName": key,
                "ContextKeyValues": [value],
                "ContextKeyType": "string",
            }
            for key, value in permission.context.items()
        ],
    )
    return [
        DeniedAction(str(result["EvalActionName"]), _missing_context(result))
        for result in answer["EvaluationResults"]
        if result["EvalDecision"] != "allowed"
    ]


def _missing_context(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The context keys that IAM was missing, for the call or for its resource."""
    parts = [result, *result.get("ResourceSpecificResults", ())]
    keys = {key for one in parts for key in one.get("MissingContextValues", ())}
    return tuple(sorted(keys))
