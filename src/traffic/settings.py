"""What the template tells the Lambda code, read from the environment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .errors import SettingsError
from .policy import Policy

POLICY = (  # what `policy_of` reads
    "CONGESTION_HIGH_THRESHOLD",
    "CONGESTION_SEVERE_THRESHOLD",
    "CONGESTION_CLEAR_THRESHOLD",
    "ALERT_HOLD_SECONDS",
    "ALERT_CLEAR_SECONDS",
    "DEFAULT_INTERVAL_SECONDS",
    "HISTORY_RETENTION_DAYS",
    "SITE_URL",
)


def require(environment: Mapping[str, str], names: Sequence[str]) -> None:
    """Raise SettingsError naming those of *names* that the environment lacks."""
    missing = [name for name in names if name not in environment]
    if missing:
        raise SettingsError(f"set {', '.join(missing)} (template.yaml does)")


def policy_of(environment: Mapping[str, str]) -> Policy:
    """Return the policy; raises SettingsError naming the variable at fault."""
    policy = Policy(
        high_score=number(environment, "CONGESTION_HIGH_THRESHOLD"),
        severe_score=number(environment, "CONGESTION_SEVERE_THRESHOLD"),
        clear_score=number(environment, "CONGESTION_CLEAR_THRESHOLD"),
        hold_s=number(environment, "ALERT_HOLD_SECONDS"),
        clear_hold_s=number(environment, "ALERT_CLEAR_SECONDS"),
        retention_days=int(number(environment, "HISTORY_RETENTION_DAYS")),
        default_interval_s=number(environment, "DEFAULT_INTERVAL_SECONDS"),
        link_format=_link_format(environment),
    )
    if not policy.clear_score < policy.high_score < policy.severe_score:
        raise SettingsError(
            "expected CONGESTION_CLEAR_THRESHOLD < CONGESTION_HIGH_THRESHOLD < "
            f"CONGESTION_SEVERE_THRESHOLD, got {policy.clear_score:g}, "
            f"{policy.high_score:g}, {policy.severe_score:g}"
        )
    return policy


def number(environment: Mapping[str, str], name: str) -> float:
    """Return a setting of 0 or more; raises SettingsError naming it."""
    try:
        value = float(environment[name])
    except ValueError:
        raise SettingsError(
            f"{name}: expected a number, got {environment[name]!r}"
        ) from None
    if not 0 <= value < math.inf:  # nor NaN, which no comparison holds for
        raise SettingsError(f"{name}: expected 0 or more, got {value:g}")
    return value


def _link_format(environment: Mapping[str, str]) -> str:
    """Return where alerts point: the segment on the live map."""
    return environment["SITE_URL"].rstrip("/") + "/#segment={segment_id}"
