"""What the template tells the processor, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..policy import Policy
from ..settings import POLICY, policy_of, require

REQUIRED = (
    "SEGMENTS_TABLE",
    "HISTORY_TABLE",
    "ALERTS_TABLE",
    "EVENT_BUS_NAME",
    "QUARANTINE_BUCKET",
    "STACK_NAME",
    *POLICY,
)


@dataclass(frozen=True)
class ProcessorSettings:
    """The names of the stack's parts, and the policy that its parameters choose."""

    segments_table: str
    history_table: str
    alerts_table: str
    event_bus: str
    quarantine_bucket: str
    stack: str
    policy: Policy


def read(environment: Mapping[str, str]) -> ProcessorSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    require(environment, REQUIRED)
    return ProcessorSettings(
        segments_table=environment["SEGMENTS_TABLE"],
        history_table=environment["HISTORY_TABLE"],
        alerts_table=environment["ALERTS_TABLE"],
        event_bus=environment["EVENT_BUS_NAME"],
        quarantine_bucket=environment["QUARANTINE_BUCKET"],
        stack=environment["STACK_NAME"],
        policy=policy_of(environment),
    )
