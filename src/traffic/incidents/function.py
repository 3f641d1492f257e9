"""The Lambda function that groups alerts into incidents.

It runs seconds after an alert changes, and once a minute.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Mapping
from typing import Any

import boto3

from ..aws.event_bus import INCIDENT_DETAIL_TYPE, EventBridgeBus
from ..aws.late_client import LateClient
from ..aws.profile_store import S3Profiles
from ..aws.sweeping import SWEEP_CLIENT, conclude
from .aws import DynamoAlerts, DynamoIncidents, DynamoStreets, DynamoUnusual
from .ports import IncidentPorts
from .settings import IncidentSettings, read
from .sweep import IncidentSweep, incident_log_lines


def handler(event: Mapping[str, Any], _context: Any) -> None:
    """Sweep once; raises SweepError for what failed: the next sweep repeats it."""
    ports, stack = _ports(), _settings().stack
    sweep = IncidentSweep(ports)
    sweep.run(changed_alerts(event), is_of_clock(event))
    conclude(incident_log_lines(sweep, stack, ports.clock()), sweep.failed)


def changed_alerts(event: Mapping[str, Any]) -> dict[str, int]:
    """Return the alerts that queued events name, and when their readings came (ms).

    The messages of the clock name none.
    """
    return {
        detail["alert_id"]: detail["received_at"]
        for detail in _details(event)
        if "alert_id" in detail
    }


def is_of_clock(event: Mapping[str, Any]) -> bool:
    """Whether the clock sent one of the queued events, as it does once a minute."""
    return any("alert_id" not in detail for detail in _details(event))


def _details(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    bodies = (json.loads(record["body"]) for record in event.get("Records", ()))
    return [body.get("detail") or {} for body in bodies]


@functools.lru_cache(maxsize=1)
def _settings() -> IncidentSettings:
    return read(os.environ)


@functools.lru_cache(maxsize=1)
def _ports() -> IncidentPorts:
    """Connect once for each execution environment, at its first sweep."""
    settings, session = _settings(), boto3.session.Session()
    dynamodb = session.client("dynamodb", config=SWEEP_CLIENT)
    events = session.client("events", config=SWEEP_CLIENT)
    days = int(settings.history_retention_days)
    return IncidentPorts(
        alerts=DynamoAlerts(dynamodb, settings.alerts_table, time.sleep),
        streets=DynamoStreets(dynamodb, settings.segments_table, time.sleep, _now_ms),
        incidents=DynamoIncidents(dynamodb, settings.incidents_table, days),
        bus=EventBridgeBus(events, settings.event_bus, INCIDENT_DETAIL_TYPE),
        unusual=DynamoUnusual(
            dynamodb, settings.incidents_table, settings.history_table
        ),
        usual_at=S3Profiles(
            LateClient(lambda: session.client("s3", config=SWEEP_CLIENT)),
            settings.profiles_bucket,
            _now_ms,
            _log,
        ).at,
        clock=_now_ms,
        sleep=time.sleep,
        words=settings.words,
    )


def _log(event: str, text: str) -> None:
    print(json.dumps({"event": event, "fault": text}))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
