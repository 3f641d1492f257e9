"""What the template tells the live API, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..settings import number, require

REQUIRED = (
    "SEGMENTS_TABLE",
    "HISTORY_TABLE",
    "ALERTS_TABLE",
    "STACK_NAME",
    "CONGESTION_HIGH_THRESHOLD",
    "CONGESTION_SEVERE_THRESHOLD",
    "CONGESTION_CLEAR_THRESHOLD",
    "USER_POOL_CLIENT_ID",
    "USER_POOL_DOMAIN",
    "USER_POOL_ISSUER",
    "MAP_STYLE_URL",
)


@dataclass(frozen=True)
class LiveMapSettings:
    """The names of the stack's parts and what the page has to know of them.

    *domain* is the address of the hosted sign-in; scores are 0-100; *style* may be
    empty.
    """

    segments_table: str
    history_table: str
    alerts_table: str
    stack: str
    region: str
    high: float
    severe: float
    clear: float
    client_id: str
    domain: str
    issuer: str
    style: str


def read(environment: Mapping[str, str]) -> LiveMapSettings:
    """Return the settings; raises SettingsError naming the variable at fault."""
    require(environment, REQUIRED)
    return LiveMapSettings(
        segments_table=environment["SEGMENTS_TABLE"],
        history_table=environment["HISTORY_TABLE"],
        alerts_table=environment["ALERTS_TABLE"],
        stack=environment["STACK_NAME"],
        region=environment.get("AWS_REGION", "us-east-1"),
        high=number(environment, "CONGESTION_HIGH_THRESHOLD"),
        severe=number(environment, "CONGESTION_SEVERE_THRESHOLD"),
        clear=number(environment, "CONGESTION_CLEAR_THRESHOLD"),
        client_id=environment["USER_POOL_CLIENT_ID"],
        # Where all of AWS is found elsewhere, so is the hosted sign-in.
        domain=environment.get("AWS_ENDPOINT_URL") or environment["USER_POOL_DOMAIN"],
        issuer=environment["USER_POOL_ISSUER"],
        style=environment["MAP_STYLE_URL"],
    )
