"""The working state of a segment as the few bytes it is stored as.

Packed because the whole item must stay under 1 KB: a write then costs one unit.
Nested maps would also cost the client ten times the time of a binary attribute.
"""

from __future__ import annotations

from typing import Any, Optional

import msgspec
from msgspec.structs import astuple

from .alerts import AlertState
from .spans import Past
from .state import NEVER, Slot, WorkingState, gait_of
from .windows import Sums, fields_of, summed, trimmed, window_of

_LAYOUT = 2
_FRESH, _COUNTS, _ESTIMATES, _FLAGS = 1, 2, 4, 3  # flags of a sensor, and their bits
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
    pasts: dict[tuple[int, Past], int] = {}
    devices: dict[int, int] = {}
    return _encode(
        (
            _LAYOUT,
            clock,
            sequence.to_bytes((sequence.bit_length() + 7) // 8, "big"),
            state.last_position,
            _packed_sensors(state, pasts, devices),
            [_packed_past(clock, *past) for past in pasts],
            list(devices),
            [(m, fields_of(window)) for m, window in sorted(state.windows.items())],
            trimmed(astuple(state.live)),
            state.decay_s,
            _age(clock, state.moved_at),
            _packed_alert(state.alert, clock),
        )
    )


def _packed_sensors(
    state: WorkingState, pasts: dict[tuple[int, Past], int], devices: dict[int, int]
) -> list[tuple[Any, ...]]:
    """Return the sensors, each with its newest reading, its flags, step and past.

    A step of one interval is stored as 0. Sensors of one device share most of *pasts*
    and *devices*, which are values by place.
    """
    clock, packed = state.clock, list[tuple[Any, ...]]()
    for name, slot in state.sensors.items():
        count, speed, occupancy, interval_ms, score, _ = slot.said
        step_ms = slot.step_ms
        flags = slot.is_fresh + slot.counts * _COUNTS + slot.estimates * _ESTIMATES
        device = devices.setdefault(slot.device, len(devices))
        packed.append(
            (
                name,
                clock - slot.timestamp,
                interval_ms,
                count,
                None if speed is None else int(speed * 10 + 0.5),
                None if occupancy is None else int(occupancy * 1000 + 0.5),
                score,
                flags + (device << _FLAGS),
                0 if step_ms == interval_ms else step_ms,
                pasts.setdefault((slot.percent_at, slot.past), len(pasts)),
            )
        )
    return packed


def _packed_past(clock: int, percent_at: int, past: Past) -> list[int]:
    """Return when a sensor reported percent, since when it is known, and its spans."""
    ages = [_age(clock, percent_at), _age(clock, past.closed)]
    for begin, end in past.spans:
        ages += (_age(clock, begin), clock - end)
    return ages


def _age(clock: int, instant: int) -> int:
    return clock - instant if instant else _NEVER


def _packed_alert(alert: AlertState, clock: int) -> list[Any]:
    """Return the alert with ages for its times."""
    times = [alert.opened_at, alert.level_since]
    since = [alert.high_since, alert.severe_since, alert.eased_since, alert.clear_since]
    return [
        alert.level,
        alert.peak_level,
        alert.peak,
        *[_age(clock, at) for at in times],
        *[None if at is None else clock - at for at in since],
        *[clock - at for at in alert.seen],
    ]


def unpack(packed: Optional[bytes]) -> WorkingState:
    """Return the state that `pack` wrote, or an empty one for a new segment."""
    if packed is None:
        return WorkingState()
    stored = _decode(packed)
    if stored[0] != _LAYOUT:
        return _upgraded(stored)
    _, clock, sequence, position, slots, pasts, devices, *rest = stored
    windows, live, decay_s, moved, alert = rest
    state = WorkingState(
        clock=clock,
        minute=max((minute for minute, _ in windows), default=-1),
        last_sequence=int.from_bytes(sequence, "big"),
        last_position=position,
        windows={minute: window_of(fields) for minute, fields in windows},
        alert=_unpacked_alert(alert, clock),
        live=Sums(*live),
        decay_s=decay_s,
        moved_at=0 if moved == _NEVER else clock - moved,
    )
    _unpack_sensors(
        state, slots, [_unpacked_past(clock, past) for past in pasts], devices
    )
    return state


def _unpack_sensors(
    state: WorkingState, stored: list[Any], pasts: list[Any], devices: list[int]
) -> None:
    """Take the *stored* sensors into *state*: the loop that each batch goes through."""
    clock, sensors = state.clock, state.sensors
    for name, age, span_ms, count, tenths, share, score, flags, step, past in stored:
        percent_at, spans = pasts[past]
        is_fresh, counts, estimates = _FLAGGED[flags & _ALL_FLAGS]
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        at, step_ms = clock - age, step or span_ms
        device = devices[flags >> _FLAGS]
        is_plain = counts and not (estimates or percent_at)
        is_in_step = is_plain and is_fresh
        sensors[name] = Slot(
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
            gait_of(device, score is not None) if is_in_step else NEVER,
        )
        if is_fresh:
            state.fresh += 1


def _unpacked_past(clock: int, ages: list[int]) -> tuple[int, Past]:
    """Return when a sensor reported percent, and its past."""
    instants = [0 if age == _NEVER else clock - age for age in ages]
    spans = tuple(zip(instants[2::2], instants[3::2]))
    return instants[0], Past(spans, instants[1])


def _unpacked_alert(fields: list[Any], clock: int) -> AlertState:
    level, peak_level, peak, *rest = fields
    opened_at, level_since = [0 if age == _NEVER else clock - age for age in rest[:2]]
    alert = AlertState(level, opened_at, level_since, peak_level, peak)
    alert.high_since, alert.severe_since, alert.eased_since, alert.clear_since = (
        None if age is None else clock - age for age in rest[2:6]
    )
    alert.seen = [clock - age for age in rest[6:]]
    return alert


def _upgraded(stored: list[Any]) -> WorkingState:
    """Return the state of layout 1, which summed each sensor's latest reading.

    Nothing before a sensor's newest reading is taken any more: what of it was accepted
    is not known.
    """
    _, clock, sequence, slots, windows, alert, position = stored[:7]
    state = WorkingState(clock, -1, int.from_bytes(sequence, "big"), position)
    state.windows = {minute: window_of(window) for minute, window in windows}
    state.minute = max(state.windows, default=-1)
    state.alert = msgspec.convert(alert, AlertState)
    rows = []
    for name, age, interval_ms, count, tenths, share, score in slots:
        at = clock - age
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        row = (count, speed, occupancy, interval_ms, None, 0.0)
        is_fresh, past = score is not None, Past((), at)
        state.sensors[name] = Slot(at, 1, past, row, is_fresh, counts=bool(count))
        if is_fresh:
            rows.append(row)
    state.fresh = len(rows)
    state.live.add(summed(rows), state.weight_of(clock))
    state.moved_at = clock if state.live.moving else 0
    return state
