"""Pack the working state of a segment into few bytes.

The whole item must stay under 1 KB, so that a write costs one unit. Nested maps would
also take the client ten times as long as a binary attribute.
"""

from __future__ import annotations

from typing import Any, Optional

import msgspec
from msgspec.structs import astuple

from .alerts import AlertState
from .spans import MissingSpans
from .state import UNKNOWN, SensorState, WorkingState, fast_key_of
from .windows import Sums, sum_readings, trimmed, window_fields, window_from_fields

_LAYOUT = 2
_FRESH, _COUNTS, _ESTIMATES, _FLAGS = (
    1,
    2,
    4,
    3,
)  # flags of a sensor, and the number of bits
_ALL_FLAGS = (1 << _FLAGS) - 1
_FLAGGED = [
    (bool(flags & _FRESH), bool(flags & _COUNTS), bool(flags & _ESTIMATES))
    for flags in range(1 << _FLAGS)
]
_NEVER = -1  # the age of instant 0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def pack(state: WorkingState) -> bytes:
    """Return *state* as bytes; instants are stored as ages before its clock."""
    clock, sequence = state.clock, state.last_sequence
    histories: dict[tuple[int, MissingSpans], int] = {}
    devices: dict[int, int] = {}
    return _encode(
        (
            _LAYOUT,
            clock,
            sequence.to_bytes((sequence.bit_length() + 7) // 8, "big"),
            state.last_position,
            _packed_sensors(state, histories, devices),
            [_packed_missing(clock, *missing) for missing in histories],
            list(devices),
            [(m, window_fields(window)) for m, window in sorted(state.windows.items())],
            trimmed(astuple(state.live)),
            state.decay_s,
            _age(clock, state.moved_at),
            _packed_alert(state.alert, clock),
        )
    )


def _packed_sensors(
    state: WorkingState,
    histories: dict[tuple[int, MissingSpans], int],
    devices: dict[int, int],
) -> list[tuple[Any, ...]]:
    """Return the sensors: newest reading, flags, step and missing spans of each.

    A step of one interval is stored as 0. *histories* and *devices* map values that
    sensors share to their index.
    """
    clock, packed = state.clock, list[tuple[Any, ...]]()
    for name, sensor in state.sensors.items():
        count, speed, occupancy, interval_ms, score, _ = sensor.last_reading
        step_ms = sensor.step_ms
        flags = (
            sensor.is_fresh
            + sensor.has_counted * _COUNTS
            + sensor.estimates_speed * _ESTIMATES
        )
        device = devices.setdefault(sensor.device, len(devices))
        packed.append(
            (
                name,
                clock - sensor.timestamp,
                interval_ms,
                count,
                None if speed is None else int(speed * 10 + 0.5),
                None if occupancy is None else int(occupancy * 1000 + 0.5),
                score,
                flags + (device << _FLAGS),
                0 if step_ms == interval_ms else step_ms,
                histories.setdefault(
                    (sensor.percent_at, sensor.missing), len(histories)
                ),
            )
        )
    return packed


def _packed_missing(clock: int, percent_at: int, missing: MissingSpans) -> list[int]:
    """Return when a sensor reported percent, and its missing spans, as ages."""
    ages = [_age(clock, percent_at), _age(clock, missing.known_since)]
    for begin, end in missing.spans:
        ages += (_age(clock, begin), clock - end)
    return ages


def _age(clock: int, instant: int) -> int:
    return clock - instant if instant else _NEVER


def _packed_alert(alert: AlertState, clock: int) -> list[Any]:
    """Return the alert, with ages for its times."""
    times = [alert.opened_at, alert.level_since]
    since = [alert.high_since, alert.severe_since, alert.eased_since, alert.clear_since]
    return [
        alert.level,
        alert.peak_level,
        alert.peak,
        *[_age(clock, at) for at in times],
        *[None if at is None else clock - at for at in since],
        *[clock - at for at in alert.vehicle_times],
    ]


def unpack(packed: Optional[bytes]) -> WorkingState:
    """Return the state that `pack` wrote, or an empty one for a new segment."""
    if packed is None:
        return WorkingState()
    stored = _decode(packed)
    if stored[0] != _LAYOUT:
        return _upgraded(stored)
    _, clock, sequence, position, sensors, histories, devices, *rest = stored
    windows, live, decay_s, moved, alert = rest
    state = WorkingState(
        clock=clock,
        minute=max((minute for minute, _ in windows), default=-1),
        last_sequence=int.from_bytes(sequence, "big"),
        last_position=position,
        windows={minute: window_from_fields(fields) for minute, fields in windows},
        alert=_unpacked_alert(alert, clock),
        live=Sums(*live),
        decay_s=decay_s,
        moved_at=0 if moved == _NEVER else clock - moved,
    )
    _unpack_sensors(
        state,
        sensors,
        [_unpacked_missing(clock, missing) for missing in histories],
        devices,
    )
    return state


def _unpack_sensors(
    state: WorkingState, stored: list[Any], histories: list[Any], devices: list[int]
) -> None:
    """Add the *stored* sensors to *state*: a hot loop, once per batch and segment."""
    clock, sensors = state.clock, state.sensors
    for name, age, span_ms, count, tenths, share, score, flags, step, missing in stored:
        percent_at, spans = histories[missing]
        is_fresh, counts, estimates = _FLAGGED[flags & _ALL_FLAGS]
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        at, step_ms = clock - age, step or span_ms
        device = devices[flags >> _FLAGS]
        is_plain = counts and not (estimates or percent_at)
        is_in_step = is_plain and is_fresh
        sensors[name] = SensorState(
            at,
            step_ms,
            spans,
            (count, speed, occupancy, span_ms, score, 0.0),
            is_fresh,
            counts,
            estimates,
            percent_at,
            device,
            False,
            is_plain,
            fast_key_of(device, score is not None) if is_in_step else UNKNOWN,
        )
        if is_fresh:
            state.fresh += 1


def _unpacked_missing(clock: int, ages: list[int]) -> tuple[int, MissingSpans]:
    """Return when a sensor reported percent, and its missing spans."""
    instants = [0 if age == _NEVER else clock - age for age in ages]
    spans = tuple(zip(instants[2::2], instants[3::2]))
    return instants[0], MissingSpans(spans, instants[1])


def _unpacked_alert(fields: list[Any], clock: int) -> AlertState:
    level, peak_level, peak, *rest = fields
    opened_at, level_since = [0 if age == _NEVER else clock - age for age in rest[:2]]
    alert = AlertState(level, opened_at, level_since, peak_level, peak)
    alert.high_since, alert.severe_since, alert.eased_since, alert.clear_since = (
        None if age is None else clock - age for age in rest[2:6]
    )
    alert.vehicle_times = [clock - age for age in rest[6:]]
    return alert


def _upgraded(stored: list[Any]) -> WorkingState:
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
        at = clock - age
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        row = (count, speed, occupancy, interval_ms, None, 0.0)
        is_fresh, missing = score is not None, MissingSpans((), at)
        state.sensors[name] = SensorState(
            at, 1, missing, row, is_fresh, has_counted=bool(count)
        )
        if is_fresh:
            rows.append(row)
    state.fresh = len(rows)
    state.live.add(sum_readings(rows), state.weight_of(clock))
    state.moved_at = clock if state.live.moving else 0
    return state
