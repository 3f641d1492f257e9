"""Every metric that the Lambda code prints, found by letting it print."""

from __future__ import annotations

import contextlib
import functools
import io
import json
from collections.abc import Iterator
from typing import Any

from tests.unit.traffic.notifier.events import jam
from traffic.incidents.sweep import IncidentSweep, incident_log_lines
from traffic.notifier import function as notifier
from traffic.processor import figures as metrics
from traffic.profile_builder import function as profile_builder
from traffic.profile_builder.learn import RunReport
from traffic.provisioning import aws
from traffic.provisioning import function as provisioning
from traffic.sensor_health.sweep import Sweep, log_lines
from traffic.shard_scaler import function as shard_scaler
from traffic.shard_scaler.decide import NEWEST_MINUTES, Hold, Minute, StreamState

STACK = "City-Traffic"


class NobodyThere:
    """A registry without a row."""

    def read(self, device_id: str) -> None:
        """Return no row."""

    def write(self, device_id: str, mark: Any) -> None:
        """Nobody is let in, so nothing is marked."""
        raise AssertionError(device_id, mark)


def _processors() -> Iterator[str]:
    figures = metrics.BatchFigures(freshness_ms=[1])
    figures.reasons["too_old"] = 1
    yield from metrics.lines(figures, STACK, 0)


def _hooks() -> Iterator[str]:
    things = aws.ThingTypes(None)  # nobody is let in, so nothing is looked at
    ports = provisioning.ProvisioningPorts(
        NobodyThere(), things, lambda: 0, STACK, "device"
    )  # type: ignore[arg-type] # it needs no client
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        provisioning.answer({"parameters": {"DeviceId": "unit-1"}}, ports)
    yield from printed.getvalue().splitlines()


class EveryTopic:
    """Topics that take everything."""

    def publish(self, notification: Any) -> None:
        """Publish to nobody."""


def _notifiers() -> Iterator[str]:
    ports = notifier.NotifierPorts(EveryTopic(), lambda: 0, STACK)  # type: ignore[arg-type] # it needs no client
    yield notifier.notify(jam(), ports) or ""


def _scalers() -> Iterator[str]:
    minutes = [Minute(60 * n, 1, 1) for n in range(NEWEST_MINUTES)]
    yield shard_scaler.figures(StreamState(2, minutes), Hold("enough"), STACK, 0)


def _builders() -> Iterator[str]:
    yield from profile_builder.log_lines(RunReport(age_days=1), STACK, 0)


def _sweeps() -> Iterator[str]:
    nothing: Any = None  # it has not begun
    sweep = Sweep(nothing)
    yield from log_lines(sweep, STACK, 0)


def _incidents() -> Iterator[str]:
    nothing: Any = None  # it has not begun
    yield from incident_log_lines(IncidentSweep(nothing), STACK, 0)


PRINTERS = {
    "Incidents": _incidents,
    "Notifier": _notifiers,
    "Processor": _processors,
    "ProvisioningHook": _hooks,
    "ShardScaler": _scalers,
    "ProfileBuilder": _builders,
    "SensorHealth": _sweeps,
}


@functools.cache
def printed_by(function: str) -> dict[str, set[str]]:
    """Return the names that a function prints, each with its sets of dimensions."""
    found: dict[str, set[str]] = {}
    for line in PRINTERS[function]():
        (directive,) = json.loads(line)["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]:
            dimensions = ",".join(sorted(directive["Dimensions"][0]))
            found.setdefault(metric["Name"], set()).add(dimensions)
    return found


def printed() -> dict[str, set[str]]:
    """Return all names, each with its sets of dimensions: "Reason,Stack"."""
    found: dict[str, set[str]] = {}
    for function in PRINTERS:
        for name, dimensions in printed_by(function).items():
            found.setdefault(name, set()).update(dimensions)
    return found
