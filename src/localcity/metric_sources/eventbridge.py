"""Targets of EventBridge's rules: asked whether they may be called, and counted.

MiniStack calls any target, and has no dead-letter queues. What may not be called, or
is gone, is counted as failed and laid into the target's queue, as on AWS; a retry
would not help.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import eventbridge, lambda_svc, sns, sqs

from localcity.cloudwatch.counters import count, here
from localcity.iam import resource_policies
from localcity.patching import Patch

_ACTIONS = {
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
    "lambda": "lambda:InvokeFunction",
}
_OWNER = "rule "  # how MiniStack names a rule to its matcher: "rule bus|name"

log = logging.getLogger("city.events")


def _of(bus: str, rule: str) -> dict[str, str]:
    """The dimensions: the default bus is not named."""
    of = {"RuleName": rule}
    return of if bus == "default" else {"EventBusName": bus, **of}


def _count(rule: dict[str, Any], name: str) -> None:
    count(here(), "Events", name, 1, **_of(rule["EventBusName"], rule["Name"]))


def _matched(matches: Callable[..., bool]) -> Callable[..., bool]:
    def matching(pattern: str, view: Any, owner: str = "rule") -> bool:
        is_match = matches(pattern, view, owner)
        if is_match and owner.startswith(_OWNER):
            bus, _, rule = owner.removeprefix(_OWNER).partition("|")
            count(here(), "Events", "MatchedEvents", 1, **_of(bus, rule))
        return is_match

    return matching


def refusal(target: dict[str, Any], rule_arn: str) -> str | None:
    """Why EventBridge cannot call this target for this rule; None if it can."""
    arn = target.get("Arn", "")
    try:
        service = parse_arn(arn).service
    except ArnParseError:
        return f"{arn} is no ARN"
    action = _ACTIONS.get(service)
    if action is None:
        return None  # of a kind that is not held to anything here
    if not _exists(service, arn):
        return f"{arn} does not exist"
    if resource_policies.may(resource_policies.EVENTS, action, arn, rule_arn):
        return None
    return f"{resource_policies.EVENTS} is not authorized to perform {action} on {arn}"


def _exists(service: str, arn: str) -> bool:
    if service == "sns":
        return sns._topic_by_arn_any_scope(arn) is not None
    if service == "sqs":
        return sqs._queue_by_arn(arn) is not None
    return lambda_svc._get_func_record_for_ref(arn)[0] is not None


def _invoked(invoke: Callable[..., None]) -> Callable[..., None]:
    def invoking(target: Any, event: Any, rule: Any, view: Any = None) -> None:
        _count(rule, "Invocations")
        why = refusal(target, rule["Arn"])
        if why is None:
            return invoke(target, event, rule, view)
        log.warning("rule %s: %s", rule["Name"], why)
        _count(rule, "FailedInvocations")
        whole = view or eventbridge._pattern_event_view(event)
        return _bury(target, json.dumps(whole.event_with_detail()), rule, why)

    return invoking


def _bury(target: dict[str, Any], event: str, rule: dict[str, Any], why: str) -> None:
    grave = (target.get("DeadLetterConfig") or {}).get("Arn")
    if grave is None:
        return
    queue = sqs._queue_by_arn(grave)
    action = _ACTIONS["sqs"]
    if queue is None or not resource_policies.may(
        resource_policies.EVENTS, action, grave, rule["Arn"]
    ):
        _count(rule, "InvocationsFailedToBeSentToDlq")
        return
    reasons = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
        "ERROR_MESSAGE": why,
    }
    attributes = {
        k: {"DataType": "String", "StringValue": text} for k, text in reasons.items()
    }
    letter = {"MessageBody": event, "MessageAttributes": attributes}
    sqs._act_send_message(letter, queue["url"])
    _count(rule, "InvocationsSentToDlq")


def _apply() -> None:
    eventbridge._matches_pattern_view = _matched(eventbridge._matches_pattern_view)
    eventbridge._invoke_target = _invoked(eventbridge._invoke_target)


PATCHES = (
    Patch(
        "event targets",
        "a rule calls any target whatever its policy, and has no dead-letter queue",
        [
            (eventbridge, "_pattern_event_view"),
            (sns, "_topic_by_arn_any_scope"),
            (sqs, "_queue_by_arn"),
            (sqs, "_act_send_message"),
            (lambda_svc, "_get_func_record_for_ref"),
            *resource_policies.NEEDS,
        ],
        [
            (eventbridge, "_invoke_target", "550e304af080"),
            (eventbridge, "_matches_pattern_view", "10e78a261268"),
            (eventbridge, "_dispatch_event", "d1bfe064f602"),
        ],
        _apply,
    ),
)
