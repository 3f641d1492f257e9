"""The values that a reading may write in more than one way, all in this place.

A whole number may have a fraction of zero (`12.0`), and an id may be a number instead
of text. Timestamps without seconds are read by `timestamps.ms_of`.
"""

from __future__ import annotations

from typing import Any

_WHOLE = ("vehicle_count", "timestamp")
_MOST_EXACT = 2.0**53  # beyond it, a float may not be the exact whole number


def lenient(item: Any) -> Any:
    """Return a parsed reading with its fields as their types want them."""
    if not isinstance(item, dict):
        return item
    return {name: _meant(name, value) for name, value in item.items()}


def _meant(name: str, value: Any) -> Any:
    if name in _WHOLE and isinstance(value, float) and abs(value) < _MOST_EXACT:
        return int(value) if value.is_integer() else value
    if name == "sensor_id" and type(value) is int:
        return str(value)
    return value
