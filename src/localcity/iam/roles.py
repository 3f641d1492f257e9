"""May a role do this? Asked where MiniStack acts for a service and asks nobody.

With AUTH=true MiniStack checks every API call, but not what rules and event source
mappings do inside it. Their roles are held here to what IAM would hold them
to: the trust policy, the role's policies and boundary, the resource's own policy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import iam, kms

from localcity.memo import Memo

IOT = "iot.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"

_refusals: Memo[str | None] = Memo()
_keys: Memo[str | None] = Memo()


class RefusedError(Exception):
    """A role does not have a permission; the message is worded as IAM words it."""


@dataclass(frozen=True)
class Actor:
    """A role as one AWS service uses it, in one account and region.

    `source` is the ARN that the service acts for, where it names one to IAM.
    """

    account: str
    region: str
    role_arn: str
    service: str
    session: str
    source: str = ""


def require(
    actor: Actor, action: str, resource: str, context: dict[str, str] | None = None
) -> None:
    """Raise RefusedError unless the role may do `action` on the ARN `resource`."""
    keys = context or {}
    question = (actor, action, resource, *keys.items())
    refusal = _refusals.get(question, lambda: _refusal(actor, action, resource, keys))
    if refusal is not None:
        raise RefusedError(refusal)


def require_any(actor: Actor, actions: tuple[str, ...], resource: str) -> None:
    """Raise the last refusal unless the role may do one of `actions`."""
    for action in actions[:-1]:
        try:
            return require(actor, action, resource)
        except RefusedError:
            continue
    return require(actor, actions[-1], resource)


def require_key(actor: Actor, action: str, key_id: str, via: str) -> None:
    """Raise RefusedError unless the role may use the KMS key `via` a service.

    `key_id` is an id, an ARN or an alias; `via` is the service's name, e.g. kinesis.
    """
    place = (actor.account, actor.region, key_id)
    arn = _keys.get(place, lambda: _key_arn(*place))
    if arn is None:
        raise RefusedError(f"KMS key {key_id} does not exist")
    context = {
        "kms:viaservice": f"{via}.{actor.region}.amazonaws.com",
        "kms:calleraccount": actor.account,
    }
    require(actor, action, arn, context)


def _key_arn(account: str, region: str, key_id: str) -> str | None:
    with request_scope(account, region):
        key = kms._resolve_key(key_id)
    return key["Arn"] if key else None


def _refusal(
    actor: Actor, action: str, resource: str, context: dict[str, str]
) -> str | None:
    role = _role(actor)
    if role is None:
        return f"role {actor.role_arn} does not exist"
    if not _may_assume(role, actor):
        return f"{actor.service} is not authorized to assume role {actor.role_arn}"
    name = actor.role_arn.rsplit("/", 1)[-1]
    principal = f"arn:aws:sts::{actor.account}:assumed-role/{name}/{actor.session}"
    question = _question(actor, principal, action, resource, context)
    with request_scope(actor.account, actor.region):
        if _allowed(name, question, action.partition(":")[0]):
            return None
    return (
        f"User: {principal} is not authorized to perform: {action} "
        f"on resource: {resource}"
    )


def _question(
    actor: Actor, principal: str, action: str, resource: str, context: dict[str, str]
) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=actor.account,
        action=action,
        resource_arn=resource,
        region=actor.region,
        secure_transport=True,  # services speak TLS to each other
        service_context=context,
    )


def _allowed(role_name: str, request: Any, service: str) -> bool:
    account = request.principal_account
    policies = iam_evaluator._gather_role_policies(role_name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, role_name, account)
    result = iam_evaluator.evaluate(request, policies, *limits)
    own = iam_evaluator._resource_policy(service, request.resource_arn)
    if own is not None:
        required = service in iam_evaluator._POLICY_REQUIRED
        result = iam_evaluator.combine_resource_policy(
            result, request, *own, required=required, limits=limits
        )
    return bool(result.decision == "Allow")


def _role(actor: Actor) -> Any:
    name = actor.role_arn.rsplit("/", 1)[-1]
    return iam._roles.get_scoped(actor.account, None, name)


def _may_assume(role: Any, actor: Actor) -> bool:
    """Whether the trust policy lets the service take the role."""
    trust = role.get("AssumeRolePolicyDocument") or {}
    document = trust if isinstance(trust, dict) else json.loads(trust)
    statements = document.get("Statement", [])
    named = statements if isinstance(statements, list) else [statements]
    here = {"Statement": [{"Resource": actor.role_arn, **one} for one in named]}
    source = {"aws:sourceaccount": actor.account, "aws:sourcearn": actor.source}
    question = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="sts:AssumeRole",
        resource_arn=actor.role_arn,
        region=actor.region,
        secure_transport=True,
        service_context={key: value for key, value in source.items() if value},
    )
    result = iam_evaluator.evaluate_resource_policy(
        here, question, service=actor.service
    )
    return bool(result.decision == "Allow")


NEEDS = (
    (iam_evaluator, "EvalContext"),
    (iam_evaluator, "evaluate"),
    (iam_evaluator, "combine_resource_policy"),
    (iam_evaluator, "_gather_role_policies"),
    (iam_evaluator, "_permissions_boundary"),
    (iam_evaluator, "_resource_policy"),
    (iam_evaluator, "evaluate_resource_policy"),
    (iam, "_roles"),
    (kms, "_resolve_key"),
)
