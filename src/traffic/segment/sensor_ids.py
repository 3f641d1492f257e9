"""What identifies a sensor: its segment, its device, and the id that it reports.

The first device of a segment that uses a sensor id owns the name. Another device that
uses the same id has a sensor of its own, named `<sensor_id>@<device_id>`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Optional
from zlib import crc32


@lru_cache(maxsize=65_536)
def mark_of(device_id: Optional[str]) -> int:
    """Return a mark of 16 bits, 0 for a device that is not known."""
    return (crc32(device_id.encode()) & 0xFFFF or 1) if device_id else 0


def twin_of(sensor_id: str, device_id: Optional[str]) -> str:
    """Return the name of the sensor of a device that does not own the id."""
    return f"{sensor_id}@{device_id}"
