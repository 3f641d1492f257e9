"""The Lambda function that sends events of the bus to people, through SNS.

EventBridge and Lambda deliver an event at least once: a repeat is published again.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple, Optional

import boto3
import msgspec
from botocore.config import Config

from ..aws.emf import line
from ..settings import SpeedUnit, load
from .aws import Topics
from .notification import CONTROLLERS, ENGINEERS, notification_of

# Lambda's own retry is a minute later, too late for the promise of 30 s.
_CLIENT = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 4},
)


class NotifierSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The environment variables of the function."""

    alert_topic: str
    operations_topic: str
    stack_name: str
    speed_unit: SpeedUnit


class NotifierPorts(NamedTuple):
    """The services that the function uses; *clock* returns the time in ms."""

    topics: Topics
    clock: Callable[[], int]
    stack: str
    unit: SpeedUnit = "km/h"


def handler(event: Mapping[str, Any], _context: Any) -> None:
    """Notify people of *event*; an error is raised, so that Lambda retries."""
    metrics = notify(event, _ports())
    if metrics is not None:
        print(metrics)


def notify(event: Mapping[str, Any], ports: NotifierPorts) -> Optional[str]:
    """Publish the notification of *event*; return the metrics of an alert."""
    notification = notification_of(event, ports.unit)
    ports.topics.publish(notification)
    if notification.received_at is None:
        return None
    now_ms = ports.clock()
    latency = {"AlertLatencyMs": now_ms - notification.received_at}
    return line(latency, {"Stack": ports.stack}, now_ms)


@functools.lru_cache(maxsize=1)
def _ports() -> NotifierPorts:
    """Connect once for each execution environment."""
    settings = load(NotifierSettings, os.environ)
    topics = {
        CONTROLLERS: settings.alert_topic,
        ENGINEERS: settings.operations_topic,
    }
    return NotifierPorts(
        topics=Topics(boto3.session.Session().client("sns", config=_CLIENT), topics),
        clock=lambda: time.time_ns() // 1_000_000,
        stack=settings.stack_name,
        unit=settings.speed_unit,
    )
