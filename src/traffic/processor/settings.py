"""Settings of the processor, read from the environment that the template sets."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from ..settings import PolicySettings, load


class ProcessorSettings(PolicySettings, frozen=True, rename=str.upper):
    """The names of the stack's parts, and the policy that its parameters choose."""

    segments_table: str
    history_table: str
    alerts_table: str
    quarantine_bucket: str
    event_bus: str = field(name="EVENT_BUS_NAME")
    stack: str = field(name="STACK_NAME")


def read(environment: Mapping[str, str]) -> ProcessorSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    return load(ProcessorSettings, environment)
