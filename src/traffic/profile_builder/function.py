"""The Lambda function that learns what is usual, once a day is over."""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import boto3
from botocore.config import Config

from ..aws.emf import line
from ..aws.event_bus import WEEKLY_DETAIL_TYPE as WEEKLY
from ..aws.event_bus import EventBridgeBus
from ..errors import ProfileError, PublishError, SettingsError, TrafficError
from .aws import DynamoHistory, DynamoRoads, S3Files
from .learn import BuilderPorts, RunReport, run
from .settings import ProfileBuilderSettings, read

TIMEOUT_MS = 900_000  # the longest that Lambda runs a function
_CLIENT = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 5},
    parameter_validation=False,  # the shapes are ours and tested
)


def handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Build what is missing; raises ProfileError, and the next run repeats it."""
    settings, end_ms = _settings(), _now_ms() + TIMEOUT_MS
    try:
        report = run(_ports(lambda: end_ms - _now_ms()))
    except TrafficError as error:
        raise ProfileError(f"profiles are not built: {error}") from error
    for text in log_lines(report, settings.stack, _now_ms()):
        print(text)


def log_lines(report: RunReport, stack: str, now_ms: int) -> list[str]:
    """Return the metrics of a run, and the holidays that are no dates."""
    values = {"UnreadableHolidays": len(report.unreadable_holidays)}
    if report.age_days is not None:
        values["ProfileAgeDays"] = report.age_days
    built = ", ".join(day.isoformat() for day in report.built)
    silent = ", ".join(f"{kind}: {days}" for kind, days in report.silent.items())
    lines = [
        line(
            values,
            {"Stack": stack},
            now_ms,
            Built=built,
            DaysMissing=silent,
            Learned=str(report.learned),
        )
    ]
    for text in report.unreadable_holidays:
        lines.append(json.dumps({"event": "profiles.bad_holiday", "date": text}))
    return lines


def _send(bus: EventBridgeBus, report: Mapping[str, Any]) -> None:
    """Send a report; raises PublishError if the bus refuses it."""
    if not all(bus.send([dict(report)])):
        raise PublishError("the event bus refused the report of the week")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@functools.lru_cache(maxsize=1)
def _settings() -> ProfileBuilderSettings:
    return read(os.environ)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"TIME_ZONE: this runtime has no {name}") from error


@functools.lru_cache(maxsize=1)
def _clients() -> tuple[Any, Any, Any]:
    """Connect once for each execution environment."""
    session = boto3.session.Session()
    return (
        session.client("dynamodb", config=_CLIENT),
        session.client("s3", config=_CLIENT),
        session.client("events", config=_CLIENT),
    )


def _ports(left_ms: Callable[[], int]) -> BuilderPorts:
    settings, (dynamodb, s3, events) = _settings(), _clients()
    return BuilderPorts(
        history=DynamoHistory(dynamodb, settings.history_table),
        roads=DynamoRoads(dynamodb, settings.segments_table),
        files=S3Files(s3, settings.profiles_bucket, settings.zone),
        zone=_zone(settings.zone),
        zone_name=settings.zone,
        holidays=settings.holidays,
        send=partial(_send, EventBridgeBus(events, settings.event_bus, WEEKLY)),
        clock=_now_ms,
        left_ms=left_ms,
    )
