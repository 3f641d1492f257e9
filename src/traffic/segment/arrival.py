"""Readings as they arrive: rejected, already known, or new."""

from __future__ import annotations

from typing import Any, Optional

from ..model import DecodedMessage, Rejection
from ..policy import FORGET_AFTER_MS, MAX_AGE_MS, MAX_CLOCK_LEAD_MS, PLATOON_VEHICLES
from ..timestamps import instant_of
from .fold_result import FoldContext
from .sensor_ids import device_hash_of, qualified_id
from .spans import first_missing, is_stale
from .state import SensorState
from .validation import (
    MS_PER_VEHICLE,
    SLOW_KMH,
    fault_of,
    is_impossible,
    newcomer_fault,
)
from .windows import Summand, tenths_of


def accept_if_new(
    context: FoldContext, message: DecodedMessage, reading: Any, device_hash: int
) -> Optional[tuple[SensorState, int, int]]:
    """Return the sensor, instant and interval (ms) of a new reading.

    None if it is rejected or known: it is counted here.
    """
    received, at, interval = message.reference_ms, reading.timestamp, reading.interval
    if at.__class__ is not int:
        at = instant_of(at)
    span_ms = context.default_interval_ms if interval is None else int(interval * 1000)
    count, speed = reading.vehicle_count, reading.average_speed
    if not received - MAX_AGE_MS <= at <= received + MAX_CLOCK_LEAD_MS or (
        (
            count is None
            or (
                count > PLATOON_VEHICLES
                and (
                    count * MS_PER_VEHICLE > span_ms
                    or (speed is not None and speed < SLOW_KMH)
                )
            )
        )
        and is_impossible(reading, span_ms)
    ):
        _reject(context, message, reading, fault_of(reading, at, received, span_ms))
        return None
    sensor = context.state.sensors.get(reading.sensor_id)
    if sensor is None or sensor.device != device_hash:
        sensor = _find_or_add_sensor(context, message, reading, sensor, at)
    if sensor is None:
        return None
    if at <= sensor.timestamp and not sensor.is_missing(at):
        _count_known_reading(context, message, reading, sensor, at)
        return None
    return sensor, at, span_ms


def _find_or_add_sensor(
    context: FoldContext,
    message: DecodedMessage,
    reading: Any,
    sensor: Optional[SensorState],
    at: int,
) -> Optional[SensorState]:
    """Return the sensor of a reading, a new one if this device has none of that id.

    None if the reading is rejected or counted as known.
    """
    sensors, device_hash = context.state.sensors, device_hash_of(message.device_id)
    if sensor is not None and not (device_hash and sensor.device):
        sensor.device = sensor.device or device_hash
        return sensor
    name = reading.sensor_id
    twin = qualified_id(name, message.device_id)
    if sensor is not None or twin in sensors:
        name, sensor = twin, sensors.get(twin)
    if sensor is not None:
        return sensor
    fault = newcomer_fault(reading.sensor_id, len(sensors))
    if fault is not None:
        _reject(context, message, reading, fault)
        return None
    clock = context.state.clock
    if at < clock - FORGET_AFTER_MS:  # its sensor may have been dropped since
        _count_known_reading(context, message, reading, None, at)
        return None
    step_ms, missing = first_missing(at, clock)
    sensor = sensors[name] = SensorState(-1, step_ms, missing, device=device_hash)
    sensor.is_suspect = name in context.suspects
    return sensor


def _count_known_reading(
    context: FoldContext,
    message: DecodedMessage,
    reading: Any,
    sensor: Optional[SensorState],
    at: int,
) -> None:
    """Count a reading that is already known."""
    result, state = context.result, context.state
    position = int(message.sequence_number), position_in(message, reading)
    if position <= (state.last_sequence, state.last_position):
        result.redelivered += 1
    elif (
        sensor is None
        or is_stale(sensor.missing, at)
        or (at == sensor.timestamp and is_corrected(reading, sensor.last_reading))
    ):
        result.stale += 1
    else:
        result.duplicate += 1


def is_corrected(reading: Any, newest: Summand) -> bool:
    """Whether a *reading* differs from its sensor's *newest*, of the same instant.

    Values are compared as they are stored. An occupancy that is not used is not.
    """
    count, speed, occupancy, _, score, _ = newest
    return (
        (reading.vehicle_count or 0) != (count or 0)
        or tenths_of(reading.average_speed or 0) != tenths_of(speed or 0)
        or (tenths_of(reading.congestion_score) or 0) != (score or 0)
        or (
            occupancy is not None
            and int((reading.occupancy or 0) * 1000 + 0.5)
            != int(occupancy * 1000 + 0.5)
        )
    )


def _reject(
    context: FoldContext, message: DecodedMessage, reading: Any, fault: Rejection
) -> None:
    context.result.rejected.append(rejection_of(message, reading, fault))


def rejection_of(
    message: DecodedMessage, reading: Any, fault: Rejection
) -> tuple[DecodedMessage, Rejection]:
    """Return the rejection of a *reading* of *message*, with its position."""
    return message, fault._replace(position=position_in(message, reading), raw=reading)


def position_in(message: DecodedMessage, reading: Any) -> int:
    """Return the position of *reading* in its message."""
    return position_of(
        message, next(i for i, one in enumerate(message.readings) if one is reading)
    )


def place_of_last(message: DecodedMessage) -> tuple[int, int]:
    """Return the place in the stream of a message's last reading: record, position."""
    return int(message.sequence_number), position_of(message, len(message.readings) - 1)


def position_of(message: DecodedMessage, index: int) -> int:
    """Return the position in the sent message of the reading at *index*."""
    return index if message.positions is None else message.positions[index]
