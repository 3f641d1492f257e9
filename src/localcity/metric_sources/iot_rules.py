"""AWS's own metrics of IoT rules and their actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import iot

from localcity.cloudwatch.counters import Place, count
from localcity.patching import Patch

_rule: ContextVar[tuple[Place, str] | None] = ContextVar("counted_rule", default=None)
_after_failure: ContextVar[bool] = ContextVar("error_action", default=False)


def _matched(run: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def running(account: str, region: str, rule: Any, *message: Any) -> None:
        if not rule or rule.get("ruleDisabled"):
            return await run(account, region, rule, *message)
        place, name = (account, region), rule["ruleName"]
        count(place, "IoT", "TopicMatch", RuleName=name)
        token = _rule.set((place, name))
        try:
            return await run(account, region, rule, *message)
        finally:
            _rule.reset(token)

    return running


def _decoded(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Count a message that is no JSON, once for each rule that reads it."""

    def decoding(payload: bytes) -> Any:
        message = decode(payload)
        if isinstance(message, str) or message is iot._MISSING:
            rule = _rule.get()
            if rule is not None and not payload.lstrip().startswith(b'"'):
                count(rule[0], "IoT", "ParseError", RuleName=rule[1])
                _rule.set(None)
        return message

    return decoding


def _acted(dispatch: Callable[..., Awaitable[None]]) -> Any:
    async def dispatching(
        account: str, region: str, rule: str, action: dict[str, Any], event: Any
    ) -> None:
        outcome = "Failure"
        try:
            await dispatch(account, region, rule, action, event)
            outcome = "Success"
        finally:
            kind = next(iter(action), "?")
            name = ("ErrorAction" if _after_failure.get() else "") + outcome
            of = {"RuleName": rule, "ActionType": kind[:1].upper() + kind[1:]}
            count((account, region), "IoT", name, 1, **of)

    return dispatching


def _failed(act: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def acting(*args: Any, **options: Any) -> None:
        token = _after_failure.set(True)
        try:
            await act(*args, **options)
        finally:
            _after_failure.reset(token)

    return acting


def _apply_iot() -> None:
    iot._run_rule_actions = _matched(iot._run_rule_actions)
    iot._dispatch_rule_action = _acted(iot._dispatch_rule_action)
    iot._dispatch_rule_error_action = _failed(iot._dispatch_rule_error_action)
    iot._rule_message = _decoded(iot._rule_message)


PATCHES = (
    Patch(
        "rule metrics",
        "nothing is counted of IoT rules",
        [(iot, "_MISSING")],
        [
            (iot, "_run_rule_actions", "d369ff485772"),
            (iot, "_dispatch_rule_action", "2cc290cef1d2"),
            (iot, "_dispatch_rule_error_action", "9a06825b20ab"),
            (iot, "_rule_message", "3dde9f1549e4"),
        ],
        _apply_iot,
    ),
)
