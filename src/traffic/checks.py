"""What is wrong with a reading that its types alone do not tell."""

from __future__ import annotations

from typing import Any, Optional

from .model import Rejection, is_id
from .policy import (
    MAX_AGE_MS,
    MAX_CLOCK_LEAD_MS,
    MAX_ID_LENGTH,
    MAX_SENSORS_PER_SEGMENT,
)
from .times import second_text


def fault_of(reading: Any, at: int, reference_ms: int) -> Rejection:
    """Say why *reading*, of instant *at*, was not taken by the fold.

    *at* is -1 where the timestamp is no instant; *reference_ms* is the receipt time.
    """
    if at < 0:
        return Rejection(
            "bad_timestamp",
            "timestamp",
            "ms since the epoch, or RFC 3339 text with an offset",
            repr(reading.timestamp),
        )
    if at < reference_ms - MAX_AGE_MS:
        hours = MAX_AGE_MS // 3_600_000
        return _clock("too_old", f"at most {hours} h before receipt", at, reference_ms)
    if at > reference_ms + MAX_CLOCK_LEAD_MS:
        seconds = MAX_CLOCK_LEAD_MS // 1000
        return _clock("in_future", f"at most {seconds} s ahead", at, reference_ms)
    return Rejection(
        "speed_missing",
        "average_speed",
        "a speed, since vehicles were counted",
        f"none with vehicle_count {reading.vehicle_count}",
    )


def _clock(reason: str, expected: str, at: int, reference_ms: int) -> Rejection:
    actual = f"{second_text(at)}, {(at - reference_ms) / 1000:+.0f} s from receipt"
    return Rejection(reason, "timestamp", expected, actual)


def newcomer_fault(sensor_id: str, known: int) -> Optional[Rejection]:
    """Say why a sensor can't join the *known* ones of its segment, None if it can."""
    if not is_id(sensor_id):
        return Rejection(
            "bad_sensor_id",
            "sensor_id",
            f"1-{MAX_ID_LENGTH} of letters, digits, _ : . -",
            repr(sensor_id[: 2 * MAX_ID_LENGTH]),
        )
    if known >= MAX_SENSORS_PER_SEGMENT:
        return Rejection(
            "too_many_sensors",
            "sensor_id",
            f"at most {MAX_SENSORS_PER_SEGMENT} sensors in a segment",
            f"{known + 1} with {sensor_id!r}",
        )
    return None
