"""What the template tells the sensor health function, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..policy import Policy
from ..settings import POLICY, number, policy_of, require

REQUIRED = (
    "SEGMENTS_TABLE",
    "HISTORY_TABLE",
    "ALERTS_TABLE",
    "FAULTS_TABLE",
    "STREAM_NAME",
    "PROCESSOR_NAME",
    "EVENT_BUS_NAME",
    "MEMORY_BUCKET",
    "STACK_NAME",
    "SENSOR_SILENT_SECONDS",
    *POLICY,
)


@dataclass(frozen=True)
class SensorHealthSettings:
    """The names of the stack's parts, its policy, and its patience with silence."""

    segments_table: str
    history_table: str
    alerts_table: str
    faults_table: str
    stream: str
    processor: str
    event_bus: str
    memory_bucket: str
    stack: str
    silent_ms: int
    policy: Policy


def read(environment: Mapping[str, str]) -> SensorHealthSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    require(environment, REQUIRED)
    return SensorHealthSettings(
        segments_table=environment["SEGMENTS_TABLE"],
        history_table=environment["HISTORY_TABLE"],
        alerts_table=environment["ALERTS_TABLE"],
        faults_table=environment["FAULTS_TABLE"],
        stream=environment["STREAM_NAME"],
        processor=environment["PROCESSOR_NAME"],
        event_bus=environment["EVENT_BUS_NAME"],
        memory_bucket=environment["MEMORY_BUCKET"],
        stack=environment["STACK_NAME"],
        silent_ms=int(number(environment, "SENSOR_SILENT_SECONDS") * 1000),
        policy=policy_of(environment),
    )
