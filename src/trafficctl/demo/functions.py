"""Starts functions of the stack before their own triggers do."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from trafficctl.aws import session as aws

WORKERS = 2  # one for each shard


def wake(session: Any, function: str) -> None:
    """Start the processor's workers, which run all the time in a real city."""
    client = aws.client(session, "lambda")
    nothing = json.dumps({"Records": []})

    def invoke(_number: int) -> None:
        client.invoke(FunctionName=function, Payload=nothing)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(invoke, range(WORKERS)))


def sweeper(session: Any, stack: str) -> Callable[[], object]:
    """Return what asks for a sweep of the incidents, as the stack's clock does."""
    sqs = aws.client(session, "sqs")
    queue = sqs.get_queue_url(QueueName=f"{stack}-incidents")
    return lambda: sqs.send_message(QueueUrl=queue["QueueUrl"], MessageBody="{}")
