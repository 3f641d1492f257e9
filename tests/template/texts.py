"""The text that EventBridge makes of an event for a target."""

from __future__ import annotations

import json
from typing import Any

# What a road may be called: any text of 200 characters passes `trafficctl roads load`.
AWKWARD = (
    'Rue "du 8 Mai"',
    "C:\\Ring\\",
    "Tab\there",
    "Line\nbreak",
    "Bell\x07\x9f",
)


def told(target: dict[str, Any], detail: dict[str, Any]) -> str:
    """Put the values into the template as they are, as EventBridge does, then read it.

    "EventBridge doesn't escape values extracted by Input Path" (its user guide, input
    transformation); what is no JSON then is not delivered.
    """
    transformer = target["InputTransformer"]
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value = detail[path.removeprefix("$.detail.")]
        text = text.replace(f"<{name}>", str(value))
    made: str = json.loads(text)
    return made
