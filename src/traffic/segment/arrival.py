"""Readings as they arrive: refused, known already, or news of their sensor."""

from __future__ import annotations

from typing import Any, Optional

from ..model import DecodedMessage, Rejection
from ..policy import FORGET_AFTER_MS, MAX_AGE_MS, MAX_CLOCK_LEAD_MS, PLATOON_VEHICLES
from ..timestamps import instant_of
from .fold_result import Work
from .sensor_ids import mark_of, twin_of
from .spans import first_past, is_stale
from .state import Slot
from .validation import (
    MS_PER_VEHICLE,
    SLOW_KMH,
    fault_of,
    is_impossible,
    newcomer_fault,
)


def admit(
    work: Work, message: DecodedMessage, reading: Any, mark: int
) -> Optional[tuple[Slot, int, int]]:
    """Return the sensor, the instant and the interval (ms) of a reading that is new.

    None if it is not: it is counted here.
    """
    received, at, interval = message.reference_ms, reading.timestamp, reading.interval
    if at.__class__ is not int:
        at = instant_of(at)
    span_ms = work.default_interval_ms if interval is None else int(interval * 1000)
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
        _reject(work, message, reading, fault_of(reading, at, received, span_ms))
        return None
    slot = work.state.sensors.get(reading.sensor_id)
    if slot is None or slot.device != mark:
        slot = _slot_of(work, message, reading, slot, at)
    if slot is None:
        return None
    if at <= slot.timestamp and not slot.is_missing(at):
        _pass_over(work, message, reading, slot, at)
        return None
    return slot, at, span_ms


def _slot_of(
    work: Work, message: DecodedMessage, reading: Any, slot: Optional[Slot], at: int
) -> Optional[Slot]:
    """Return the sensor of a reading that is new, or that another device may send.

    None if it can't be taken: it is rejected or counted then.
    """
    sensors, mark = work.state.sensors, mark_of(message.device_id)
    if slot is not None and not (mark and slot.device):
        slot.device = slot.device or mark
        return slot
    name = reading.sensor_id
    twin = twin_of(name, message.device_id)
    if slot is not None or twin in sensors:
        name, slot = twin, sensors.get(twin)
    if slot is not None:
        return slot
    fault = newcomer_fault(reading.sensor_id, len(sensors))
    if fault is not None:
        _reject(work, message, reading, fault)
        return None
    clock = work.state.clock
    if at < clock - FORGET_AFTER_MS:  # it may have been accepted, and forgotten
        _pass_over(work, message, reading, None, at)
        return None
    step_ms, past = first_past(at, clock)
    slot = sensors[name] = Slot(-1, step_ms, past, device=mark)
    slot.is_suspect = name in work.suspects
    return slot


def _pass_over(
    work: Work, message: DecodedMessage, reading: Any, slot: Optional[Slot], at: int
) -> None:
    """Count a reading that is known already."""
    folded, state = work.folded, work.state
    position = int(message.sequence_number), _position_of(message, reading)
    if position <= (state.last_sequence, state.last_position):
        folded.redelivered += 1
    elif slot is None or is_stale(slot.past, at) or _is_corrected(slot, reading, at):
        folded.stale += 1
    else:
        folded.duplicate += 1


def _is_corrected(slot: Slot, reading: Any, at: int) -> bool:
    """Whether a sensor reports its newest instant again with other values."""
    count, speed = reading.vehicle_count, reading.average_speed
    return at == slot.timestamp and (
        (count or 0) != (slot.vehicle_count or 0)
        or round((speed or 0) * 10) != round((slot.speed or 0) * 10)
    )


def _reject(
    work: Work, message: DecodedMessage, reading: Any, fault: Rejection
) -> None:
    rejection = fault._replace(position=_position_of(message, reading), raw=reading)
    work.folded.rejected.append((message, rejection))


def _position_of(message: DecodedMessage, reading: Any) -> int:
    """Return the place of *reading* in its message; asked only of the few."""
    return position_of(
        message, next(i for i, one in enumerate(message.readings) if one is reading)
    )


def position_of(message: DecodedMessage, index: int) -> int:
    """Return the place in its message of the reading at *index*."""
    return index if message.positions is None else message.positions[index]
