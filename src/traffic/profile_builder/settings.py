"""The settings of the profile builder, which the template passes in the environment."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import field

from ..settings import load


class ProfileBuilderSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The names of the stack's parts, the city's time zone and its holidays."""

    segments_table: str
    history_table: str
    profiles_bucket: str
    holidays: str
    zone: str = field(name="TIME_ZONE")
    stack: str = field(name="STACK_NAME")
    event_bus: str = field(name="EVENT_BUS_NAME")


def read(environment: Mapping[str, str]) -> ProfileBuilderSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    return load(ProfileBuilderSettings, environment)
