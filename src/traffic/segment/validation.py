"""Rules for readings beyond the types of their fields."""

from __future__ import annotations

from typing import Any, Optional

from ..model import Rejection
from ..policy import (
    MAX_AGE_MS,
    MAX_CLOCK_LEAD_MS,
    MAX_DENSITY_VEH_KM,
    MAX_FLOW_VEH_H,
    MAX_ID_LENGTH,
    MAX_SENSORS_PER_SEGMENT,
    PLATOON_VEHICLES,
    SLOWEST_PACE_KMH,
    is_id,
)
from ..timestamps import second_text

MS_PER_HOUR = 3_600_000
MS_PER_VEHICLE = MS_PER_HOUR // MAX_FLOW_VEH_H  # at the maximum flow
SLOW_KMH = MAX_FLOW_VEH_H / MAX_DENSITY_VEH_KM  # below it, density limits the flow


def fault_of(reading: Any, at: int, reference_ms: int, span_ms: int) -> Rejection:
    """Return why *reading*, of instant *at* and an interval of *span_ms*, is rejected.

    *at* is -1 if the timestamp is invalid; *reference_ms* is the receipt time.
    """
    if at < 0:
        return Rejection(
            "bad_timestamp",
            "timestamp",
            "ms since the epoch, or RFC 3339 text with an offset",
            repr(reading.timestamp),
        )
    if at < reference_ms - MAX_AGE_MS:
        expected = f"at most {MAX_AGE_MS // 3_600_000} h before receipt"
        if abs(at * 1000 - reference_ms) <= MAX_AGE_MS:
            expected += ", in ms: this looks like seconds"
        return _clock("too_old", expected, at, reference_ms)
    if at > reference_ms + MAX_CLOCK_LEAD_MS:
        seconds = MAX_CLOCK_LEAD_MS // 1000
        return _clock("in_future", f"at most {seconds} s ahead", at, reference_ms)
    if reading.vehicle_count is None:
        expected = "vehicle_count, average_speed, occupancy or congestion_score"
        return Rejection("missing_field", "vehicle_count", expected, "none of them")
    return _impossible_flow(reading, span_ms)


def _impossible_flow(reading: Any, span_ms: int) -> Rejection:
    count, speed = reading.vehicle_count, reading.average_speed
    flow = count * MS_PER_HOUR / span_ms
    at_speed = "" if speed is None else f" at {speed:g} km/h"
    return Rejection(
        "impossible_flow",
        "vehicle_count",
        f"at most {most_flow(speed):,.0f} vehicles an hour{at_speed}",
        f"{count} in {span_ms / 1000:g} s, {flow:,.0f} an hour",
    )


def most_flow(speed: Optional[float]) -> float:
    """Return the maximum flow of any carriageway at that speed, in veh/h."""
    if speed is None:
        return MAX_FLOW_VEH_H
    return min(MAX_FLOW_VEH_H, MAX_DENSITY_VEH_KM * max(speed, SLOWEST_PACE_KMH))


def is_slow(speed: Optional[float]) -> bool:
    """Whether density limits the flow at that speed."""
    return speed is not None and speed < SLOW_KMH


def is_impossible(reading: Any, span_ms: int) -> bool:
    """Whether a reading is empty, or exceeds the flow of any carriageway."""
    count, speed = reading.vehicle_count, reading.average_speed
    if count is None:
        fields = speed, reading.occupancy, reading.congestion_score
        return fields == (None, None, None)
    if count <= PLATOON_VEHICLES:
        return False
    most = most_flow(speed) if is_slow(speed) else MAX_FLOW_VEH_H
    return bool(count * MS_PER_HOUR > span_ms * most)


def _clock(reason: str, expected: str, at: int, reference_ms: int) -> Rejection:
    actual = f"{second_text(at)}, {(at - reference_ms) / 1000:+.0f} s from receipt"
    return Rejection(reason, "timestamp", expected, actual)


def newcomer_fault(sensor_id: str, known: int) -> Optional[Rejection]:
    """Return why a sensor cannot be added to *known* others, None if it can."""
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
