"""The settings of the live API, which the template passes in the environment."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import field

from ..settings import Number, SpeedUnit, load


class LiveMapSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The names of the stack's parts and what the page has to know of them.

    *domain* is the address of the hosted sign-in; scores are 0-100; *style* may be
    empty.
    """

    segments_table: str
    history_table: str
    alerts_table: str
    profiles_bucket: str
    incidents_table: str
    stack: str = field(name="STACK_NAME")
    high: Number = field(name="CONGESTION_HIGH_THRESHOLD")
    severe: Number = field(name="CONGESTION_SEVERE_THRESHOLD")
    clear: Number = field(name="CONGESTION_CLEAR_THRESHOLD")
    client_id: str = field(name="USER_POOL_CLIENT_ID")
    domain: str = field(name="USER_POOL_DOMAIN")
    issuer: str = field(name="USER_POOL_ISSUER")
    style: str = field(name="MAP_STYLE_URL")
    time_zone: str
    speed_unit: SpeedUnit
    region: str = field(name="AWS_REGION", default="us-east-1")


def read(environment: Mapping[str, str]) -> LiveMapSettings:
    """Return the settings; raises SettingsError naming the variable at fault.

    With `AWS_ENDPOINT_URL`, as in a local city, the sign-in is at that address too.
    """
    settings = load(LiveMapSettings, environment)
    endpoint = environment.get("AWS_ENDPOINT_URL")
    return msgspec.structs.replace(settings, domain=endpoint) if endpoint else settings
