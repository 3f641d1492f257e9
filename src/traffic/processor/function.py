"""The Lambda function between the stream of readings and the tables."""

from __future__ import annotations

import functools
import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from botocore.config import Config

from ..aws.dynamodb import Tables
from ..aws.event_bus import EventBridgeBus
from ..aws.late_client import LateClient
from ..aws.plain_calls import skip_model
from ..aws.segment_store import DynamoStore
from .aws import S3Quarantine
from .batch import BatchProcessor
from .figures import lines
from .ports import ProcessorPorts
from .settings import ProcessorSettings, read

# A call that hangs must not hold up its shard: the mapping's own retry comes sooner.
CLIENT = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # the shapes are ours and tested; it costs a third
    max_pool_connections=8,
    user_agent="city-traffic",  # boto3 builds its own for each call
)


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, list[dict[str, Any]]]:
    """Process a batch of readings; returns what Lambda has to send again."""
    settings = _settings()
    return process(event["Records"], _ports(), settings.stack)


def process(
    records: Sequence[Mapping[str, Any]], ports: ProcessorPorts, stack: str
) -> dict[str, list[dict[str, Any]]]:
    """Process *records* of one shard by *ports*; prints figures and faults."""
    batch = BatchProcessor(ports, records)
    batch.run(_shard_of(records))
    for line in lines(batch.figures, stack, ports.clock()):
        print(line)
    for fault, count in batch.faults.items():
        print(json.dumps({"event": "traffic.refused", "fault": fault, "times": count}))
    return response(batch.failed)


def response(failed: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the partial batch response: the lowest sequence number that *failed*.

    Lambda takes the lowest as its checkpoint and sends all from there again.
    """
    if not failed:
        return {"batchItemFailures": []}
    return {"batchItemFailures": [{"itemIdentifier": min(failed, key=int)}]}


def _shard_of(records: Sequence[Mapping[str, Any]]) -> str:
    """Return the shard of a batch: `shardId-000000000000:<sequence number>`."""
    return str(records[0].get("eventID", "shard")).partition(":")[0] if records else ""


@functools.lru_cache(maxsize=1)
def _settings() -> ProcessorSettings:
    return read(os.environ)


@functools.lru_cache(maxsize=1)
def _ports() -> ProcessorPorts:
    """Connect once for each execution environment, at its first batch."""
    settings, session = _settings(), boto3.session.Session()

    def client(service: str) -> Any:
        return session.client(service, config=CLIENT)

    dynamodb = client("dynamodb")
    skip_model(dynamodb)
    return ProcessorPorts(
        store=DynamoStore(
            dynamodb,
            Tables(
                settings.segments_table, settings.history_table, settings.alerts_table
            ),
            settings.policy.retention_days,
            time.sleep,
            random.random,
        ),
        bus=EventBridgeBus(LateClient(lambda: client("events")), settings.event_bus),
        quarantine=S3Quarantine(
            LateClient(lambda: client("s3")), settings.quarantine_bucket
        ),
        clock=lambda: time.time_ns() // 1_000_000,
        policy=settings.policy,
    )
