"""AWS's own metrics of HTTP APIs: requests, refusals, faults, latency."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import apigateway

from localcity.cloudwatch.counters import count, here, last
from localcity.patching import Patch

Answer = tuple[int, Any, Any]


def _counted(execute: Callable[..., Awaitable[Answer]]) -> Any:
    async def executing(api_id: str, *request: Any, **options: Any) -> Answer:
        if apigateway._apis.get(api_id) is None:
            return await execute(api_id, *request, **options)
        place, begun, status = here(), time.monotonic(), 500
        try:
            answer = await execute(api_id, *request, **options)
            status = int(answer[0])
            return answer
        finally:
            count(place, "ApiGateway", "Count", ApiId=api_id)
            count(place, "ApiGateway", "4xx", int(400 <= status < 500), ApiId=api_id)
            count(place, "ApiGateway", "5xx", int(status >= 500), ApiId=api_id)
            took_ms = (time.monotonic() - begun) * 1000
            last(place, "ApiGateway", "Latency", took_ms, ApiId=api_id)

    return executing


def _apply() -> None:
    execute = apigateway._handle_execute_in_scope
    apigateway._handle_execute_in_scope = _counted(execute)


PATCHES = (
    Patch(
        "api metrics",
        "nothing is counted of HTTP APIs",
        [(apigateway, "_apis")],
        [(apigateway, "_handle_execute_in_scope", "aa60b8b0dfaa")],
        _apply,
    ),
)
