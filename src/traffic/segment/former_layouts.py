"""Read the working state as earlier versions of the processor stored it."""

from __future__ import annotations

from typing import Any

import msgspec

from .alerts import AlertState
from .packed_state import COUNTS, ESTIMATES, FRESH, summand_of
from .spans import MissingSpans
from .state import SensorState, WorkingState
from .windows import Sums, sum_readings, window_from_fields

_FLAGS = 3  # bits of flags in layout 2, below the index of the device

_NEVER = -1  # the age of instant 0

decode = msgspec.msgpack.Decoder().decode


def unpack_former(packed: bytes) -> WorkingState:
    """Return the state of layout 1 or 2, as far as the present layout stores it."""
    stored = decode(packed)
    return _layout_1(stored) if stored[0] == 1 else _layout_2(stored)


def _layout_2(stored: list[Any]) -> WorkingState:
    """Return the state of layout 2, which had a list for each sensor."""
    _, clock, sequence, position, sensors, histories, devices, *rest = stored
    windows, live, decay_s, moved, alert = rest
    state = WorkingState(
        clock=clock,
        last_sequence=int.from_bytes(sequence, "big"),
        last_position=position,
        windows={minute: window_from_fields(fields) for minute, fields in windows},
        alert=_alert_of(alert, clock),
        live=Sums(*live),
        decay_s=decay_s,
        moved_at=0 if moved == _NEVER else clock - moved,
    )
    known = [_history_of(clock, ages) for ages in histories]
    for stored_sensor in sensors:
        _add_sensor(state, stored_sensor, known, devices)
    return state


def _add_sensor(
    state: WorkingState, stored: list[Any], histories: list[Any], devices: list[int]
) -> None:
    name, age, span_ms, count, tenths, share, score, flags, step, missing = stored
    percent_at, spans = histories[missing]
    state.sensors[name] = SensorState(
        state.clock - age,
        step or span_ms,
        spans,
        summand_of(span_ms, count, tenths, share, score),
        bool(flags & FRESH),
        bool(flags & COUNTS),
        bool(flags & ESTIMATES),
        percent_at,
        devices[flags >> _FLAGS],
    )


def _history_of(clock: int, ages: list[int]) -> tuple[int, MissingSpans]:
    """Return when a sensor reported percent, and its missing spans."""
    instants = [0 if age == _NEVER else clock - age for age in ages]
    spans = tuple(zip(instants[2::2], instants[3::2]))
    return instants[0], MissingSpans(spans, instants[1])


def _alert_of(fields: list[Any], clock: int) -> AlertState:
    level, peak_level, peak, *rest = fields
    opened_at, level_since = [0 if age == _NEVER else clock - age for age in rest[:2]]
    alert = AlertState(level, opened_at, level_since, peak_level, peak)
    alert.high_since, alert.severe_since, alert.eased_since, alert.clear_since = (
        None if age is None else clock - age for age in rest[2:6]
    )
    alert.vehicle_times = [clock - age for age in rest[6:]]
    return alert


def _layout_1(stored: list[Any]) -> WorkingState:
    """Return the state of layout 1, which summed each sensor's latest reading.

    Readings older than a sensor's newest one are stale: layout 1 does not record which
    of them were accepted.
    """
    _, clock, sequence, sensors, windows, alert, position = stored[:7]
    state = WorkingState(clock, -1, int.from_bytes(sequence, "big"), position)
    state.windows = {minute: window_from_fields(window) for minute, window in windows}
    state.minute = max(state.windows, default=-1)
    state.alert = msgspec.convert(alert, AlertState)
    rows = []
    for name, age, interval_ms, count, tenths, share, score in sensors:
        at, row = clock - age, summand_of(interval_ms, count, tenths, share, None)
        is_fresh, missing = score is not None, MissingSpans((), at)
        state.sensors[name] = SensorState(
            at, 1, missing, row, is_fresh, has_counted=bool(count)
        )
        if is_fresh:
            rows.append(row)
    state.live.add(sum_readings(rows), state.weight_of(clock))
    state.moved_at = clock if state.live.moving else 0
    return state
