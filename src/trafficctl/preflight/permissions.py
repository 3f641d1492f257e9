"""Whether the deploying identity may do what the template asks, by simulation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from trafficctl.errors import translate
from trafficctl.preflight.parallel import side_by_side
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
from trafficctl.stack import template as texts
from trafficctl.stack.stack import Account

CHECK = "permissions to deploy"
NAMED = 6  # of the missing actions: the rest is counted
PARALLEL = 8
PASSED_TO = "iam:PassedToService"
ROOT = re.compile(r"^arn:[a-z-]+:iam::\d{12}:root$")
ASSUMED = re.compile(r"^arn:[a-z-]+:sts::\d{12}:assumed-role/([^/]+)/")


@dataclass(frozen=True)
class Wanted:
    """Actions on a resource; `context` is what AWS would tell IAM of the call."""

    arn: str
    actions: tuple[str, ...]
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """An action that was not allowed, and the context that IAM would have needed.

    Without that context its answer is no verdict: a condition could not be weighed.
    """

    action: str
    lacking: tuple[str, ...] = ()


def check(account: Account, question: Question) -> Row:
    """Every action on a resource such as it would be made, asked of IAM.

    IAM's simulation knows nothing of service control policies and permission
    boundaries of an organization; it is unknown where it may not be asked.
    """
    arn = str(account.client("sts").get_caller_identity()["Arn"])
    asked = wanted(question, names(account, question.stack))
    total = sum(len(one.actions) for one in asked)
    if ROOT.match(arn):
        return Row(CHECK, "the root user", str(total), OK)
    try:
        source = _principal(account, arn)
        refused = simulated(account.client("iam"), source, asked)
    except REFUSALS as exc:
        return Row(
            CHECK, "?", str(total), UNKNOWN, f"not tried: {brief(translate(exc))}"
        )
    return judged(total, refused)


def judged(total: int, refused: Collection[Refused]) -> Row:
    """The row for the actions that were not allowed. Pure."""
    denied = sorted({one.action for one in refused if not one.lacking})
    unclear = sorted({one.action for one in refused} - set(denied))
    allowed = str(total - len(denied) - len(unclear))
    if denied:
        return Row(CHECK, allowed, str(total), MISSING, f"have allowed: {_few(denied)}")
    if unclear:
        keys = sorted({key for one in refused for key in one.lacking})
        told = f"{_few(unclear)}: IAM cannot tell without {', '.join(keys)}"
        return Row(CHECK, allowed, str(total), UNKNOWN, told)
    return Row(CHECK, allowed, str(total), OK)


def _few(actions: Sequence[str]) -> str:
    more = f" and {len(actions) - NAMED} more" if len(actions) > NAMED else ""
    return ", ".join(actions[:NAMED]) + more


def wanted(question: Question, filled: Mapping[str, str]) -> list[Wanted]:
    """The actions on each kind of resource that these settings would make. Pure."""
    known = data("permissions")
    declared = texts.types(question.template)
    parts = [*known["always"], *(known["types"].get(kind, {}) for kind in declared)]
    parts += [one for one in known["besides"] if set(one["types"]) & set(declared)]
    return [
        made
        for one in parts
        if "actions" in one and _is_made(one.get("only"), question.settings)
        for made in _filled(one, filled)
    ]


def _filled(part: Mapping[str, Any], filled: Mapping[str, str]) -> Iterator[Wanted]:
    """A part of permissions.json; one for each service that a role is passed to."""
    arn, actions = part["arn"].format(**filled), tuple(part["actions"])
    contexts: list[dict[str, str]] = [
        {PASSED_TO: service} for service in part.get("passed_to", [])
    ]
    for context in contexts or [{}]:
        yield Wanted(arn, actions, context)


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


def simulated(iam: Any, source: str, asked: Iterable[Wanted]) -> list[Refused]:
    """What of `asked` the principal `source` may not do."""
    works = [partial(_simulated, iam, source, one) for one in asked]
    return [one for found in side_by_side(works, PARALLEL) for one in found]


def _simulated(iam: Any, source: str, one: Wanted) -> list[Refused]:
    found = iam.simulate_principal_policy(
        PolicySourceArn=source,
        ActionNames=list(one.actions),
        ResourceArns=[one.arn],
        ContextEntries=[
            {
                "ContextKeyName": key,
                "ContextKeyValues": [value],
                "ContextKeyType": "string",
            }
            for key, value in one.context.items()
        ],
    )
    return [
        Refused(str(result["EvalActionName"]), _lacking(result))
        for result in found["EvaluationResults"]
        if result["EvalDecision"] != "allowed"
    ]


def _lacking(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The context that IAM lacked; of a resource that was named, it says so there."""
    parts = [result, *result.get("ResourceSpecificResults", ())]
    keys = {key for one in parts for key in one.get("MissingContextValues", ())}
    return tuple(sorted(keys))
