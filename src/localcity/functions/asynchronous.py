"""Events that EventBridge gives a function: in turn, retried, then kept by its role.

MiniStack runs such an event once and forgets it. Its own retries follow the function's
EventInvokeConfig, after seconds where AWS waits for minutes; what still fails is put
into the on-failure queue, which MiniStack does whatever the role allows.

It also starts a process for each event at once: a hundred alerts would be a hundred
processes on a machine of two cores.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable
from contextvars import ContextVar
from threading import BoundedSemaphore
from typing import Any

from ministack.core.lambda_runtime import _account_region_from_function_config
from ministack.services import eventbridge, lambda_svc, sqs

from localcity.cloudwatch.counters import count
from localcity.iam import roles
from localcity.patching import Patch
from localcity.sqs_delivery import require_queue

AT_ONCE = 2  # events of a function, each in a process of its own; the others wait

log = logging.getLogger("city.functions")

_is_event: ContextVar[bool] = ContextVar("is_event", default=False)


def _dispatched(arn: str, payload: str) -> None:
    function, config, _name = lambda_svc._get_func_record_for_ref(arn)
    record = lambda_svc._execution_record_for_config(function, config)
    token = _is_event.set(True)
    try:
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))
    finally:
        _is_event.reset(token)


def in_turn(execute: Callable[..., Any], at_once: int) -> Callable[..., Any]:
    """Execute at most so many events of a function at once."""
    turns: dict[str, BoundedSemaphore] = defaultdict(lambda: BoundedSemaphore(at_once))

    def executing(function: dict[str, Any], event: Any, *more: Any) -> Any:
        if not _is_event.get():
            return execute(function, event, *more)
        config = function.get("config") or function
        with turns[config["FunctionArn"]]:
            return execute(function, event, *more)

    return executing


def _kept(route: Callable[..., None]) -> Callable[..., None]:
    def keeping(destination: str, name: str, event: Any, result: Any) -> None:
        config = lambda_svc._functions[name]["config"]
        account, region = _account_region_from_function_config(config)
        place = account, region
        count(place, "Lambda", "AsyncEventsDropped", FunctionName=name)
        actor = roles.Actor(account, region, config["Role"], roles.LAMBDA, name)
        try:
            require_queue(actor, destination)
        except roles.RefusedError as exc:
            log.warning("%s keeps no event in %s: %s", name, destination, exc)
            count(place, "Lambda", "DestinationDeliveryFailures", FunctionName=name)
            return
        route(destination, name, event, result)

    return keeping


def _apply() -> None:
    eventbridge._dispatch_to_lambda = _dispatched
    lambda_svc._execute_function = in_turn(lambda_svc._execute_function, AT_ONCE)
    lambda_svc._route_async_failure = _kept(lambda_svc._route_async_failure)


PATCHES = (
    Patch(
        "asynchronous calls",
        "an event for a function is a process at once, is never retried, and is kept "
        "whatever its role allows",
        [
            (sqs, "_queue_by_arn"),
            (lambda_svc, "_functions"),
            (lambda_svc, "_get_func_record_for_ref"),
            (lambda_svc, "_execution_record_for_config"),
            *roles.NEEDS,
        ],
        [
            (eventbridge, "_dispatch_to_lambda", "1f95adbaed3a"),
            (lambda_svc, "invoke_async_with_retry", "289fe4d3cbd4"),
            (lambda_svc, "_execute_function", "3ceb16d6480a"),
            (lambda_svc, "_route_async_failure", "c023331e333f"),
        ],
        _apply,
    ),
)
