"""Checks of the account other than quotas: identity, Region, runtime, stack."""

from __future__ import annotations

from typing import Any

from trafficctl.errors import CityError, translate
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
from trafficctl.stack import protection, retained, runtimes
from trafficctl.stack import status as states
from trafficctl.stack.runtimes import RUNTIME
from trafficctl.stack.stack import Account, Stack


def credentials(account: Account) -> CheckResult:
    """The caller's identity; missing if AWS does not accept the credentials."""
    try:
        identity = account.client("sts").get_caller_identity()
    except REFUSALS as exc:
        return CheckResult("credentials", "-", "valid", MISSING, str(translate(exc)))
    return CheckResult("credentials", str(identity["Arn"]), "valid", OK)


def region(name: str | None) -> CheckResult:
    """The Region, what is missing there, and IoT Core's quotas. Pure."""
    if not name:
        return CheckResult(
            "region", "-", "set", MISSING, "set AWS_REGION, or a Region in the profile"
        )
    missing = [
        part for part, where in data("regions")["missing"].items() if name in where
    ]
    if missing:
        step = f"choose another: this Region has no {' and no '.join(missing)}"
        return CheckResult("region", name, "has every part", MISSING, step)
    small = data("quotas")["small_regions"]["regions"]
    step = (
        "IoT Core's default quotas are a tenth in this Region" if name in small else ""
    )
    return CheckResult("region", name, "set", OK, step)


def parameters(request: PreflightRequest) -> CheckResult:
    """The parameters used for all other checks. Pure."""
    source = request.existing.source
    count = len(request.given)
    return CheckResult(
        "parameters", f"{source}, {count} given" if count else source, "-", OK
    )


def runtime(request: PreflightRequest) -> CheckResult:
    """Whether AWS accepts functions of this runtime today. Pure.

    AWS blocks updates of existing functions a month after creation.
    """
    check, need = "Lambda runtime", "supported"
    name, wished = request.settings[RUNTIME], request.unresolved[RUNTIME]
    dates = runtimes.block_dates()[name]
    end = dates.update if request.existing.exists else dates.create
    days_left = (end - request.today).days
    step = f"--parameter {RUNTIME}={runtimes.longest_accepted()}"
    if days_left <= 0:
        return CheckResult(check, f"{name}: blocked since {end}", need, MISSING, step)
    step = f"{days_left} days left: {step}" if days_left <= runtimes.WARN_DAYS else ""
    if name != wished:
        step = runtimes.replaced_text(wished, name)
    return CheckResult(check, f"{name} until {end}", need, OK, step)


def stack(account: Account, request: PreflightRequest) -> CheckResult:
    """Whether a stack of this name can be created or updated."""
    existing = Stack(account, request.stack)
    status = existing.status()
    try:
        step = existing.next_step(status)
        if step is not states.StackStep.CREATE:
            unprotected = protection.is_off(request.existing.parameters)
            have = f"{status}, unprotected" if unprotected else str(status)
            hint = PROTECTS if unprotected else _step_text(step)
            return CheckResult("stack", have, "can be updated", OK, hint)
        estate = retained.find(existing, request.template)
    except CityError as exc:
        return CheckResult("stack", str(status), "can be updated", MISSING, str(exc))
    if not estate.leftovers:
        return CheckResult("stack", "none", "can be created", OK)
    return CheckResult(
        "stack",
        _retained_text(estate),
        "can be created",
        OK,
        _import_hint(request.stack),
    )


PROTECTS = (
    "its tables and users have no deletion protection: `trafficctl deploy` turns it on"
)


def _retained_text(estate: retained.RetainedResources) -> str:
    return f"{len(estate.leftovers)} retained resources of an earlier stack"


def _import_hint(name: str) -> str:
    return (
        f"`trafficctl deploy --stack {name}` imports them; "
        f"`trafficctl destroy --purge --stack {name}` deletes them"
    )


def _step_text(step: states.StackStep) -> str:
    return (
        ""
        if step is states.StackStep.UPDATE
        else f"`trafficctl deploy` will {step.value}"
    )


def quicksight(account: Account) -> CheckResult:
    """Whether the account has a QuickSight subscription."""
    check = "QuickSight subscription"
    if account.region in data("regions")["missing_reports"]:
        step = f"leave QuickSightPrincipalArn empty: {account.region} has no QuickSight"
        return CheckResult(check, "not in this Region", "active", MISSING, step)
    try:
        subscription: Any = account.client("quicksight").describe_account_subscription(
            AwsAccountId=account.number
        )
    except REFUSALS as exc:
        code = getattr(exc, "response", {}).get("Error", {}).get("Code", "")
        if code == "ResourceNotFoundException":
            return CheckResult(check, "none", "active", MISSING, _SUBSCRIBE)
        return CheckResult(
            check, "?", "active", UNKNOWN, f"not checked: {brief(translate(exc))}"
        )
    info = subscription["AccountInfo"]
    status = str(info.get("AccountSubscriptionStatus", "?"))
    fits = status == "ACCOUNT_CREATED" and "ENTERPRISE" in str(info.get("Edition", ""))
    have = f"{status}, {info.get('Edition', '?')}"
    return CheckResult(
        check, have, "active", OK if fits else MISSING, "" if fits else _SUBSCRIBE
    )


_SUBSCRIBE = (
    "subscribe to QuickSight Enterprise in its console "
    "(docs/explanation/quicksight.md), or leave QuickSightPrincipalArn empty"
)
