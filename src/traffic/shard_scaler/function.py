"""The Lambda function that scales the shards of the stream with its load."""

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
from .decide import Hold, Scale, ScalingDecision, StreamState, decide, share
from .settings import ShardScalerSettings, read

_CLIENT = Config(
    connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}
)  # the next run is in a minute


def handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Check the stream once, and change its shards if needed."""
    run_once(_clients(), read(os.environ), time.time_ns() // 1_000_000)


def run_once(clients: Clients, settings: ShardScalerSettings, now_ms: int) -> None:
    """Read the stream at *now_ms*, decide, apply, and print the metrics."""
    now_s = now_ms // 1_000
    state = read_stream(clients, settings, now_s)
    history = update_history(clients.kinesis, settings.stream, state, now_s)
    decision = decide(state, history, now_s, settings.bounds)
    if isinstance(decision, Scale):
        decision = apply(clients.kinesis, settings.stream, decision)
    print(figures(state, decision, settings.stack, now_ms))


def figures(
    state: StreamState, decision: ScalingDecision, stack: str, now_ms: int
) -> str:
    """Return the line of metrics for the stream and the decision."""
    held = decision if isinstance(decision, Hold) else Hold("")
    values: dict[str, Any] = {
        "Shards": state.shards,
        "ShardChanges": int(isinstance(decision, Scale)),
        "ScalerHeldBack": int(held.held_back),
        "HotShard": int(held.hot),
    }
    in_use = share(state)
    if in_use is not None:
        values["ShardUtilizationPercent"] = round(100 * in_use, 1)
    text = {"Decision": decision.reason}
    if isinstance(decision, Scale):
        text["Decision"] = f"{state.shards} to {decision.target}: {decision.reason}"
    return line(values, {"Stack": stack}, now_ms, **text)


@functools.lru_cache(maxsize=1)
def _clients() -> Clients:
    """Connect once per execution environment."""
    session = boto3.session.Session()
    return Clients(
        kinesis=session.client("kinesis", config=_CLIENT),
        cloudwatch=session.client("cloudwatch", config=_CLIENT),
    )
