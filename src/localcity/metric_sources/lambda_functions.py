"""AWS's own metrics of functions, for every caller."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from localcity.cloudwatch.counters import count, here, last
from localcity.patching import Patch


def _measured(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    def run(
        function: Any, config: Any, event: Any, request_id: str, started: float
    ) -> Any:
        place, name = here(), config["FunctionName"]
        running = lambda_svc._inflight.get(lambda_svc._inflight_key(config), 1)
        begun = time.monotonic()
        result = dispatch(function, config, event, request_id, started)
        failed = isinstance(result, dict) and bool(result.get("error"))
        took_ms = (time.monotonic() - begun) * 1000
        count(place, "Lambda", "Invocations", FunctionName=name)
        count(place, "Lambda", "Errors", int(failed), FunctionName=name)
        count(place, "Lambda", "Throttles", 0, FunctionName=name)
        count(place, "Lambda", "ConcurrentExecutions", running, FunctionName=name)
        last(place, "Lambda", "Duration", took_ms, FunctionName=name)
        return result

    return run


def _throttled(acquire: Callable[..., Any]) -> Callable[..., Any]:
    def acquiring(function: Any, config: Any) -> Any:
        slot, limit = acquire(function, config)
        if slot is None:
            count(here(), "Lambda", "Throttles", FunctionName=config["FunctionName"])
        return slot, limit

    return acquiring


def _apply_functions() -> None:
    dispatch = lambda_svc._execute_function_dispatch
    lambda_svc._execute_function_dispatch = _measured(dispatch)
    acquire = lambda_svc._acquire_execution_slot
    lambda_svc._acquire_execution_slot = _throttled(acquire)
    lambda_svc._emit_lambda_metrics = lambda *_args, **_options: None


PATCHES = (
    Patch(
        "function metrics",
        "counted only for calls of the Invoke API, and throttles twice",
        [(lambda_svc, "_inflight"), (lambda_svc, "_inflight_key")],
        [
            (lambda_svc, "_execute_function_dispatch", "f62cd259213e"),
            (lambda_svc, "_acquire_execution_slot", "ed3b38149e2e"),
            (lambda_svc, "_emit_lambda_metrics", "3b6689d77cf6"),
        ],
        _apply_functions,
    ),
)
