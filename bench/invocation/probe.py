"""The handler of BENCH_HANDLER inside AWS's runtime client, and what it spends.

Prints a line of JSON for each invocation: seconds of CPU by stage, peak memory. The
first includes the cold start.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
from botocore.client import BaseClient

from bench.invocation.stages import PARSE, PEAK, SPENT, stages

Handler = Callable[[Any, Any], Any]
_spent: list[tuple[str, float]] = []  # appended to by several threads


def _watch(owner: Any, name: str, stage: Callable[[Any], str]) -> None:
    """Note the CPU of each call of a method, by the *stage* of its first argument."""
    method = getattr(owner, name)

    def watched(self: Any, first: Any, *more: Any) -> Any:
        begun = time.thread_time()
        try:
            return method(self, first, *more)
        finally:
            _spent.append((stage(first), time.thread_time() - begun))

    setattr(owner, name, watched)


def _telling(handle: Handler) -> Handler:
    told_at = 0.0

    def told(event: Any, context: Any) -> Any:
        nonlocal told_at
        begun = time.process_time()
        answer = handle(event, context)
        ended = time.process_time()
        spent = stages(_spent, ended - begun, ended - told_at)
        print(json.dumps({SPENT: spent, PEAK: _peak_kb()}))
        _spent.clear()
        told_at = time.process_time()
        return answer

    return told


def _peak_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _ours() -> Handler:
    from traffic.processor.function import handler  # noqa: PLC0415 - only of ours

    return handler


def _peers() -> Handler:
    from bench.peer import powertools  # noqa: PLC0415 - only of the peer

    client, is_bare = boto3.client("dynamodb"), os.environ["BENCH_BARE"] == "1"

    def handler(event: Any, _context: Any) -> Any:
        powertools.handle(event, is_bare, client)
        return {"batchItemFailures": []}

    return handler


if "BENCH_HANDLER" in os.environ:
    _watch(LambdaMarshaller, "unmarshal_request", lambda _: PARSE)
    _watch(BaseClient, "_make_api_call", str)
    handler = _telling(_peers() if os.environ["BENCH_HANDLER"] == "peer" else _ours())
