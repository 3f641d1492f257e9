"""The settings of incidents, which the template passes in the environment."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import field

from ..settings import Number, load
from .events import Words


class IncidentSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The names of the stack's parts, and how long incidents are kept."""

    segments_table: str
    alerts_table: str
    history_table: str
    incidents_table: str
    profiles_bucket: str
    history_retention_days: Number
    site_url: str
    time_zone: str
    event_bus: str = field(name="EVENT_BUS_NAME")
    stack: str = field(name="STACK_NAME")

    @property
    def words(self) -> Words:
        """The words of events: links lead to a segment on the live map."""
        address = self.site_url.rstrip("/") + "/#segment={segment_id}"
        return Words(address, self.time_zone)


def read(environment: Mapping[str, str]) -> IncidentSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    return load(IncidentSettings, environment)
