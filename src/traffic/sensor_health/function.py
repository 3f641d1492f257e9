"""The Lambda function that checks the sensors once a minute."""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Mapping
from typing import Any

import boto3

from ..aws.dynamodb import Tables
from ..aws.event_bus import HEALTH_DETAIL_TYPE, EventBridgeBus
from ..aws.segment_store import DynamoStore
from ..aws.sweeping import SWEEP_CLIENT, conclude
from .aws import CloudWatchLag, DynamoFaults, DynamoSegments, S3MemoryStore
from .settings import SensorHealthSettings, read
from .sweep import Sweep, SweepPorts, log_lines


def handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Sweep once; raises SweepError for what failed: the next sweep repeats it."""
    ports, stack = _ports(), _settings().stack
    sweep = Sweep(ports)
    sweep.run()
    conclude(log_lines(sweep, stack, ports.clock()), sweep.failed)


@functools.lru_cache(maxsize=1)
def _settings() -> SensorHealthSettings:
    return read(os.environ)


@functools.lru_cache(maxsize=1)
def _ports() -> SweepPorts:
    """Connect once for each execution environment, at its first sweep."""
    settings, session = _settings(), boto3.session.Session()

    def client(service: str) -> Any:
        return session.client(service, config=SWEEP_CLIENT)

    dynamodb, events, policy = client("dynamodb"), client("events"), settings.policy
    tables = Tables(
        settings.segments_table, settings.history_table, settings.alerts_table
    )
    return SweepPorts(
        lag=CloudWatchLag(client("cloudwatch"), settings.stream, settings.processor),
        segments=DynamoSegments(dynamodb, settings.segments_table),
        faults=DynamoFaults(dynamodb, settings.faults_table, policy.retention_days),
        memory=S3MemoryStore(client("s3"), settings.memory_bucket),
        store=DynamoStore(
            dynamodb, tables, policy.retention_days, time.sleep, random.random
        ),
        alerts=EventBridgeBus(events, settings.event_bus),
        health=EventBridgeBus(events, settings.event_bus, HEALTH_DETAIL_TYPE),
        clock=lambda: time.time_ns() // 1_000_000,
        policy=policy,
        silent_ms=settings.silent_ms,
    )
