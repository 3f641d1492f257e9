"""What identifies a sensor: its segment, its device, and the id it reports.

The first device of a segment that uses a sensor id owns it. The same id from another
device is a separate sensor, named `<sensor_id>@<device_id>`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Optional
from zlib import crc32


@lru_cache(maxsize=65_536)
def device_hash_of(device_id: Optional[str]) -> int:
    """Return a hash of 16 bits, 0 for an unknown device."""
    return (crc32(device_id.encode()) & 0xFFFF or 1) if device_id else 0


def qualified_id(sensor_id: str, device_id: Optional[str]) -> str:
    """Return the sensor id qualified by a device that does not own it."""
    return f"{sensor_id}@{device_id}"
