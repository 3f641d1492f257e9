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
from .state import Slot, WorkingState
from .windows import Sums, fields_of, summed, trimmed, window_of

_LAYOUT = 2
_FRESH, _COUNTS, _ESTIMATES, _FLAGS = 1, 2, 4, 3  # flags of a sensor, and their bits
_NEVER = -1  # the age of instant 0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class _Shared:
    """A list of values without repeats: sensors of one device share most of them."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, value: Any) -> int:
        return self._places.setdefault(value, len(self._places))

    def values(self) -> list[Any]:
        return list(self._places)


def pack(state: WorkingState) -> bytes:
    """Return *state* as bytes; instants are stored as ages before its clock."""
    clock, pasts, devices = state.clock, _Shared(), _Shared()
    sensors = [
        _packed(name, slot, clock, pasts, devices)
        for name, slot in state.sensors.items()
    ]
    sequence = state.last_sequence
    return _encode(
        (
            _LAYOUT,
            clock,
            sequence.to_bytes((sequence.bit_length() + 7) // 8, "big"),
            state.last_place,
            sensors,
            pasts.values(),
            devices.values(),
            [(m, fields_of(window)) for m, window in sorted(state.windows.items())],
            trimmed(astuple(state.live)),
            state.decay_s,
            _age(clock, state.moved_at),
            _packed_alert(state.alert, clock),
        )
    )


def _packed(
    name: str, slot: Slot, clock: int, pasts: _Shared, devices: _Shared
) -> tuple[Any, ...]:
    """Return a sensor: its newest reading, its flags and device, its step, its past.

    A step of one interval is stored as 0.
    """
    count, speed, occupancy, interval_ms, score, _ = slot.said
    step_ms, spans, closed = slot.past
    ages = [_age(clock, slot.percent_at), _age(clock, closed)]
    for begin, end in spans:
        ages += (_age(clock, begin), clock - end)
    flags = slot.is_fresh * _FRESH + slot.counts * _COUNTS + slot.estimates * _ESTIMATES
    return (
        name,
        clock - slot.timestamp,
        interval_ms,
        count,
        None if speed is None else int(speed * 10 + 0.5),
        None if occupancy is None else int(occupancy * 1000 + 0.5),
        score,
        flags + (devices.place(slot.device) << _FLAGS),
        0 if step_ms == interval_ms else step_ms,
        pasts.place(tuple(ages)),
    )


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
        *(_age(clock, at) for at in times),
        *(None if at is None else clock - at for at in since),
        *(clock - at for at in alert.seen),
    ]


def unpack(packed: Optional[bytes]) -> WorkingState:
    """Return the state that `pack` wrote, or that of a segment never heard of."""
    if packed is None:
        return WorkingState()
    stored = _decode(packed)
    if stored[0] != _LAYOUT:
        return _upgraded(stored)
    _, clock, sequence, place, slots, pasts, devices, *rest = stored
    windows, live, decay_s, moved, alert = rest
    spans = [_unpacked_past(clock, ages) for ages in pasts]
    state = WorkingState(
        clock=clock,
        last_sequence=int.from_bytes(sequence, "big"),
        last_place=place,
        windows={minute: window_of(fields) for minute, fields in windows},
        alert=_unpacked_alert(alert, clock),
        live=Sums(*live),
        decay_s=decay_s,
        moved_at=0 if moved == _NEVER else clock - moved,
    )
    for (
        name,
        age,
        interval_ms,
        count,
        tenths,
        share,
        score,
        flags,
        step_ms,
        past,
    ) in slots:
        percent_at, closed, missing = spans[past]
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        state.sensors[name] = Slot(
            clock - age,
            Past(step_ms or interval_ms, missing, closed),
            (count, speed, occupancy, interval_ms, score, 0.0),
            bool(flags & _FRESH),
            bool(flags & _COUNTS),
            bool(flags & _ESTIMATES),
            percent_at,
            devices[flags >> _FLAGS],
        )
        if flags & _FRESH:
            state.fresh += 1
            if score is not None:
                state.scored += 1
                state.scores += score
    return state


def _unpacked_past(
    clock: int, ages: list[int]
) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """Return when a sensor reported percent, since when it is known, and its spans."""
    instants = [0 if age == _NEVER else clock - age for age in ages]
    return instants[0], instants[1], tuple(zip(instants[2::2], instants[3::2]))


def _unpacked_alert(fields: list[Any], clock: int) -> AlertState:
    level, peak_level, peak, *rest = fields
    opened_at, level_since = (0 if age == _NEVER else clock - age for age in rest[:2])
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
    _, clock, sequence, slots, windows, alert, place = stored[:7]
    state = WorkingState(clock, int.from_bytes(sequence, "big"), place)
    state.windows = {minute: window_of(window) for minute, window in windows}
    state.alert = msgspec.convert(alert, AlertState)
    rows = []
    for name, age, interval_ms, count, tenths, share, score in slots:
        at = clock - age
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        row = (count, speed, occupancy, interval_ms, None, 0.0)
        is_fresh, past = score is not None, Past(1, (), at)
        state.sensors[name] = Slot(at, past, row, is_fresh, counts=bool(count))
        if is_fresh:
            rows.append(row)
    state.fresh = len(rows)
    state.live.add(summed(rows), state.weight_of(clock))
    state.moved_at = clock if state.live.moving else 0
    return state
