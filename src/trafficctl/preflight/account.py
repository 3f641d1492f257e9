"""Checks of the account that are not quotas: who asks, where, runtimes, leftovers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from trafficctl.errors import CityError, translate
from trafficctl.preflight.result import (
    MISSING,
    OK,
    REFUSALS,
    UNKNOWN,
    Question,
    Row,
    brief,
    data,
)
from trafficctl.stack import retained
from trafficctl.stack import status as states
from trafficctl.stack.stack import Account, Stack

WARN_DAYS = 180


def credentials(account: Account) -> Row:
    """Who asks; missing if nobody that AWS knows."""
    try:
        found = account.client("sts").get_caller_identity()
    except REFUSALS as exc:
        return Row("credentials", "-", "valid", MISSING, str(translate(exc)))
    return Row("credentials", str(found["Arn"]), "valid", OK)


def region(name: str | None) -> Row:
    """The Region, and whether IoT Core is small there. Pure."""
    if not name:
        return Row(
            "region", "-", "set", MISSING, "set AWS_REGION, or one in the profile"
        )
    small = data("quotas")["small_regions"]["regions"]
    step = "IoT Core's quotas are a tenth of the usual here" if name in small else ""
    return Row("region", name, "set", OK, step)


def parameters(question: Question) -> Row:
    """With which parameters all else is judged. Pure."""
    whose = question.standing.whose
    count = len(question.given)
    return Row("parameters", f"{whose}, {count} given" if count else whose, "-", OK)


def runtime(question: Question) -> Row:
    """Whether AWS takes functions of this runtime today. Pure.

    A stack that exists is updated: AWS blocks that a month later than creation.
    """
    name = question.settings["LambdaRuntime"]
    blocks = data("runtimes")["runtimes"][name]
    blocked = "update" if question.standing.exists else "create"
    until = dt.date.fromisoformat(blocks[blocked])
    left = (until - question.today).days
    newest = max(data("runtimes")["runtimes"], key=_minor)
    step = f"--parameter LambdaRuntime={newest}"
    if left <= 0:
        return Row(
            "Lambda runtime", f"{name}: refused since {until}", "taken", MISSING, step
        )
    step = f"{left} days left: {step}" if left <= WARN_DAYS else ""
    return Row("Lambda runtime", f"{name} until {until}", "taken", OK, step)


def _minor(name: str) -> int:
    return int(name.partition(".")[2])


def stack(account: Account, question: Question) -> Row:
    """Whether a stack of this name can be made or updated, and on what."""
    found = Stack(account, question.stack)
    status = found.status()
    try:
        step = found.next_step(status)
        if step is not states.Step.CREATE:
            return Row("stack", str(status), "can be changed", OK, _said(step))
        estate = retained.find(found, question.template)
    except CityError as exc:
        return Row("stack", str(status), "can be changed", MISSING, str(exc))
    if not estate.leftovers:
        return Row("stack", "none yet", "can be made", OK)
    return Row("stack", _left(estate), "can be made", OK, _adopting(question.stack))


def _left(estate: retained.Estate) -> str:
    return f"{len(estate.leftovers)} resources of an earlier stack"


def _adopting(name: str) -> str:
    return (
        f"`trafficctl deploy --stack {name}` takes them in; "
        f"`trafficctl destroy --purge --stack {name}` deletes them"
    )


def _said(step: states.Step) -> str:
    return (
        "" if step is states.Step.UPDATE else f"`trafficctl deploy` will {step.value}"
    )


def quicksight(account: Account) -> Row:
    """Whether the account has a QuickSight subscription."""
    check = "QuickSight subscription"
    try:
        found: Any = account.client("quicksight").describe_account_subscription(
            AwsAccountId=account.number
        )
    except REFUSALS as exc:
        code = getattr(exc, "response", {}).get("Error", {}).get("Code", "")
        if code == "ResourceNotFoundException":
            return Row(check, "none", "active", MISSING, _SUBSCRIBE)
        return Row(check, "?", "active", UNKNOWN, f"not read: {brief(translate(exc))}")
    info = found["AccountInfo"]
    status = str(info.get("AccountSubscriptionStatus", "?"))
    fits = status == "ACCOUNT_CREATED" and "ENTERPRISE" in str(info.get("Edition", ""))
    have = f"{status}, {info.get('Edition', '?')}"
    return Row(
        check, have, "active", OK if fits else MISSING, "" if fits else _SUBSCRIBE
    )


_SUBSCRIBE = (
    "subscribe to QuickSight Enterprise in its console "
    "(docs/explanation/quicksight.md), "
    "or leave QuickSightPrincipalArn empty"
)
