"""Deletion protection of a production stack's tables and users. Pure.

CloudFormation deletes what a failed creation made, and it cannot delete what is
protected: so a creation leaves protection off, and the next update turns it on.
"""

from __future__ import annotations

from collections.abc import Mapping

PROTECT = "ProtectData"
ENVIRONMENT = "Environment"

Values = Mapping[str, str]


def is_off(values: Values) -> bool:
    """Whether a production stack with these parameters has no protection."""
    return values.get(ENVIRONMENT) == "production" and values.get(PROTECT) == "false"


def for_creation(values: Values) -> dict[str, str]:
    """The parameters that create a stack, which leave protection off unless named."""
    if values.get(ENVIRONMENT) != "production" or PROTECT in values:
        return dict(values)
    return {**values, PROTECT: "false"}


def for_update(current: Values, given: Values) -> dict[str, str]:
    """The parameters of an update: what a creation left off is on unless named."""
    values = {**current, **given}
    if PROTECT in current:
        values[PROTECT] = given.get(PROTECT, "true")
    return values
