"""The settings of the Lambda code, which the template passes in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from .errors import SettingsError
from .policy import Policy

Number = Annotated[float, Meta(ge=0, le=1e9)]  # neither NaN nor infinity
SpeedUnit = Literal["km/h", "mph"]
KM_PER_MILE = 1.609344
Struct = TypeVar("Struct", bound=msgspec.Struct)


class PolicySettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The variables that make a policy; `congestion_...` are scores of 0-100."""

    congestion_high_threshold: Number
    congestion_severe_threshold: Number
    congestion_clear_threshold: Number
    alert_hold_seconds: Number
    alert_clear_seconds: Number
    default_interval_seconds: Number
    history_retention_days: Number
    site_url: str
    time_zone: str

    def __post_init__(self) -> None:
        """Raise ValueError if the thresholds are out of order."""
        clear, high, severe = (
            self.congestion_clear_threshold,
            self.congestion_high_threshold,
            self.congestion_severe_threshold,
        )
        if not clear < high < severe:
            raise ValueError(
                "expected CONGESTION_CLEAR_THRESHOLD < CONGESTION_HIGH_THRESHOLD < "
                f"CONGESTION_SEVERE_THRESHOLD, got {clear:g}, {high:g}, {severe:g}"
            )

    @property
    def policy(self) -> Policy:
        """The policy; alerts link to their segment on the live map."""
        return Policy(
            high_score=self.congestion_high_threshold,
            severe_score=self.congestion_severe_threshold,
            clear_score=self.congestion_clear_threshold,
            hold_s=self.alert_hold_seconds,
            clear_hold_s=self.alert_clear_seconds,
            retention_days=int(self.history_retention_days),
            default_interval_s=self.default_interval_seconds,
            link_format=self.site_url.rstrip("/") + "/#segment={segment_id}",
            zone=self.time_zone,
        )


def load(struct: type[Struct], environment: Mapping[str, str]) -> Struct:
    """Return *struct* filled from the variables that its fields are named after.

    Raises SettingsError with the variable, the expected and the actual value.
    """
    missing = [name for name in required(struct) if name not in environment]
    if missing:
        raise SettingsError(f"set {', '.join(missing)} (template.yaml does)")
    names = [one.encode_name for one in msgspec.structs.fields(struct)]
    values = {name: environment[name] for name in names if name in environment}
    try:
        return msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_explained(str(error), environment)) from None


def required(struct: type[msgspec.Struct]) -> list[str]:
    """Return the variables that *struct* requires."""
    return [f.encode_name for f in msgspec.structs.fields(struct) if f.required]


def _explained(message: str, environment: Mapping[str, str]) -> str:
    """Return msgspec's message in our order: variable, expected value, actual value."""
    text, _, name = message.rstrip("`").partition(" - at `$.")
    if not name:
        return text
    expected = text.partition(", got ")[0]
    return f"{name}: {expected[0].lower()}{expected[1:]}, got {environment[name]!r}"
