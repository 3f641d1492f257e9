"""The Lambda function that gives the stream as many shards as its traffic needs."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from ..aws.emf import line
from .aws import Clients, apply, read_stream, update_history
from .decide import Decision, Hold, Scale, Seen, decide, share
from .settings import Settings, read

_CLIENT = Config(
    connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}
)  # the next try comes in a minute anyway


def handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Look at the stream once, and change its shards if that is due."""
    look(_clients(), read(os.environ), time.time_ns() // 1_000_000)


def look(clients: Clients, chosen: Settings, now_ms: int) -> None:
    """Look at the stream at *now_ms*, decide, apply, and print the figures."""
    now_s = now_ms // 1_000
    seen = read_stream(clients, chosen, now_s)
    history = update_history(clients.kinesis, chosen.stream, seen, now_s)
    decision = decide(seen, history, now_s, chosen.bounds)
    if isinstance(decision, Scale):
        decision = apply(clients.kinesis, chosen.stream, decision)
    print(figures(seen, decision, chosen.stack, now_ms))


def figures(seen: Seen, decision: Decision, stack: str, now_ms: int) -> str:
    """Return the line of metrics that tells what was seen and done."""
    held = decision if isinstance(decision, Hold) else Hold("")
    values: dict[str, Any] = {
        "Shards": seen.shards,
        "ShardChanges": int(isinstance(decision, Scale)),
        "ScalerHeldBack": int(held.held_back),
        "HotShard": int(held.hot),
    }
    in_use = share(seen)
    if in_use is not None:
        values["ShardUtilizationPercent"] = round(100 * in_use, 1)
    told = {"Decision": decision.reason}
    if isinstance(decision, Scale):
        told["Decision"] = f"{seen.shards} to {decision.target}: {decision.reason}"
    return line(values, {"Stack": stack}, now_ms, **told)


@functools.lru_cache(maxsize=1)
def _clients() -> Clients:
    """Connect once for each execution environment, at its first look."""
    session = boto3.session.Session()
    return Clients(
        kinesis=session.client("kinesis", config=_CLIENT),
        cloudwatch=session.client("cloudwatch", config=_CLIENT),
    )
