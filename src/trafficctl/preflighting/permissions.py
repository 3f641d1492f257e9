"""Whether the deploying identity may do what the template asks, by simulation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from trafficctl.deploying import template as texts
from trafficctl.deploying.stack import Account
from trafficctl.errors import translate
from trafficctl.preflighting.rows import (
    MISSING,
    OK,
    REFUSALS,
    UNKNOWN,
    Question,
    Row,
    brief,
    data,
)

CHECK = "permissions to deploy"
NAMED = 6  # of the missing actions: the rest is counted
PARALLEL = 8
ROOT = re.compile(r"^arn:[a-z-]+:iam::\d{12}:root$")
ASSUMED = re.compile(r"^arn:[a-z-]+:sts::\d{12}:assumed-role/([^/]+)/")

Wanted = tuple[str, tuple[str, ...]]


def check(account: Account, question: Question) -> Row:
    """Every action on a resource such as it would be made, asked of IAM.

    IAM's simulation knows nothing of service control policies and permission
    boundaries of an organization; it is unknown where it may not be asked.
    """
    arn = str(account.client("sts").get_caller_identity()["Arn"])
    asked = wanted(question, names(account, question.stack))
    total = sum(len(actions) for _, actions in asked)
    if ROOT.match(arn):
        return Row(CHECK, "the root user", str(total), OK)
    try:
        source = _principal(account, arn)
        denied = _denied(account.client("iam"), source, asked)
    except REFUSALS as exc:
        return Row(
            CHECK, "?", str(total), UNKNOWN, f"not tried: {brief(translate(exc))}"
        )
    return judged(total, denied)


def judged(total: int, denied: Iterable[str]) -> Row:
    """The row for the actions that were denied. Pure."""
    missing = sorted(set(denied))
    if not missing:
        return Row(CHECK, str(total), str(total), OK)
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return Row(
        CHECK,
        str(total - len(missing)),
        str(total),
        MISSING,
        f"have allowed: {', '.join(missing[:NAMED])}{more}",
    )


def wanted(question: Question, filled: Mapping[str, str]) -> list[Wanted]:
    """The actions on each kind of resource that these settings would make. Pure."""
    known = data("permissions")
    types = [
        known["types"][kind]
        for kind in texts.types(question.template)
        if kind in known["types"]
    ]
    parts = [known["itself"], known["artifacts"], known["packages"], *types]
    return [
        (one["arn"].format(**filled), tuple(one["actions"]))
        for one in parts
        if "same" not in one and _is_made(one.get("only"), question.settings)
    ]


def names(account: Account, stack: str) -> dict[str, str]:
    """What is filled into the ARNs."""
    return {
        "stack": stack,
        "region": account.region,
        "account": account.number,
        "partition": str(account.client("iam").meta.partition),
    }


def _is_made(only: str | None, settings: Mapping[str, str]) -> bool:
    """Whether a parameter has the value, or any value, that a resource waits for."""
    if only is None:
        return True
    name, _, value = only.partition("=")
    return settings.get(name) == value if value else bool(settings.get(name))


def _principal(account: Account, arn: str) -> str:
    """Whom to simulate: a session's role; its path is known to IAM alone."""
    assumed = ASSUMED.match(arn)
    if assumed is None:
        return arn
    role = account.client("iam").get_role(RoleName=assumed.group(1))
    return str(role["Role"]["Arn"])


def _denied(iam: Any, source: str, asked: Iterable[Wanted]) -> list[str]:
    def refused(one: Wanted) -> Iterator[str]:
        resource, actions = one
        found = iam.simulate_principal_policy(
            PolicySourceArn=source,
            ActionNames=list(actions),
            ResourceArns=[resource],
        )
        for result in found["EvaluationResults"]:
            if result["EvalDecision"] != "allowed":
                yield str(result["EvalActionName"])

    with ThreadPoolExecutor(PARALLEL) as pool:
        found = pool.map(lambda one: list(refused(one)), asked)
        return [name for names in found for name in names]
