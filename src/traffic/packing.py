"""The working state of a segment as the few bytes it is stored as.

Packed because the whole item must stay under 1 KB: a write then costs one unit.
Nested maps would also cost the client ten times the time of a binary attribute.
"""

from __future__ import annotations

from typing import Any, Optional

import msgspec

from .alerts import AlertState
from .spans import Past
from .state import Slot, WorkingState
from .windows import Sums, Window, summed, upgraded

_LAYOUT = 2
_FRESH, _COUNTS, _ESTIMATES = 1, 2, 4  # flags of a sensor

# Name, age of the newest reading, interval, count, speed (tenths of km/h), occupancy
# (thousandths), own score (tenths), flags, step (0: one interval), then places in the
# lists of what sensors share: device, begin of what is known, percent, ends of spans.
_Sensor = tuple[
    str,
    int,
    int,
    Optional[int],
    Optional[int],
    Optional[int],
    Optional[int],
    int,
    int,
    int,
    int,
    int,
    list[int],
]


class _Packed(msgspec.Struct, array_like=True):
    """Ages are ms before the clock. Sensors of one device share most instants."""

    layout: int
    clock: int
    last_sequence: bytes
    last_place: int
    sensors: list[_Sensor]
    ages: list[int]
    devices: list[int]
    windows: list[tuple[int, Window]]
    live: Sums
    decay_s: int
    alert: AlertState


class _Shared:
    """A list of values without repeats; place 0 is the value that is absent."""

    def __init__(self, absent: int) -> None:
        self._places = {absent: 0}

    def place(self, value: int) -> int:
        return self._places.setdefault(value, len(self._places))

    def values(self) -> list[int]:
        return list(self._places)[1:]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def pack(state: WorkingState) -> bytes:
    """Return *state* as bytes."""
    clock, ages, devices = state.clock, _Shared(state.clock), _Shared(0)
    sensors = [
        _packed(name, slot, clock, ages, devices)
        for name, slot in state.sensors.items()
    ]
    sequence = state.last_sequence
    return _encode(
        _Packed(
            _LAYOUT,
            clock,
            sequence.to_bytes((sequence.bit_length() + 7) // 8, "big"),
            state.last_place,
            sensors,
            ages.values(),
            devices.values(),
            sorted(state.windows.items()),
            state.live,
            state.decay_s,
            state.alert,
        )
    )


def _packed(
    name: str, slot: Slot, clock: int, ages: _Shared, devices: _Shared
) -> _Sensor:
    count, speed, occupancy, interval_ms, score, _ = slot.said
    step_ms, spans, closed = slot.past
    return (
        name,
        clock - slot.timestamp,
        interval_ms,
        count,
        None if speed is None else int(speed * 10 + 0.5),
        None if occupancy is None else int(occupancy * 1000 + 0.5),
        score,
        slot.is_fresh * _FRESH + slot.counts * _COUNTS + slot.estimates * _ESTIMATES,
        0 if step_ms == interval_ms else step_ms,
        devices.place(slot.device) if slot.device else 0,
        ages.place(clock - closed) if closed else 0,
        ages.place(clock - slot.percent_at) if slot.percent_at else 0,
        [ages.place(clock - end) for span in spans for end in span],
    )


def unpack(packed: Optional[bytes]) -> WorkingState:
    """Return the state that `pack` wrote, or that of a segment never heard of."""
    if packed is None:
        return WorkingState()
    if packed[1] == 1:
        return _upgraded(msgspec.msgpack.decode(packed))
    stored = _decode(packed)
    clock = stored.clock
    instants = [0, *(clock - age for age in stored.ages)]
    devices = [0, *stored.devices]
    sensors = {one[0]: _slot(one, clock, instants, devices) for one in stored.sensors}
    return WorkingState(
        clock=clock,
        last_sequence=int.from_bytes(stored.last_sequence, "big"),
        last_place=stored.last_place,
        fresh=sum(slot.is_fresh for slot in sensors.values()),
        sensors=sensors,
        windows=dict(stored.windows),
        alert=stored.alert,
        live=stored.live,
        decay_s=stored.decay_s,
    )


def _slot(one: _Sensor, clock: int, instants: list[int], devices: list[int]) -> Slot:
    _, age, interval_ms, count, tenths, share, score, flags, step_ms = one[:9]
    device, closed, percent, ends = one[9:]
    speed = None if tenths is None else tenths / 10
    occupancy = None if share is None else share / 1000
    pairs = zip(ends[::2], ends[1::2])
    spans = tuple((instants[begin], instants[end]) for begin, end in pairs)
    return Slot(
        clock - age,
        Past(step_ms or interval_ms, spans, instants[closed]),
        (count, speed, occupancy, interval_ms, score, 0.0),
        bool(flags & _FRESH),
        bool(flags & _COUNTS),
        bool(flags & _ESTIMATES),
        instants[percent],
        devices[device],
    )


def _upgraded(stored: list[Any]) -> WorkingState:
    """Return the state of layout 1, which summed each sensor's latest reading.

    Nothing before a sensor's newest reading is taken any more: what of it was accepted
    is not known.
    """
    _, clock, sequence, slots, windows, alert, place = stored[:7]
    state = WorkingState(clock, int.from_bytes(sequence, "big"), place)
    rows = []
    for name, age, interval_ms, count, tenths, share, score in slots:
        at = clock - age
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        row = (count, speed, occupancy, interval_ms, None, 0.0)
        is_fresh = score is not None
        past = Past(1, (), at)
        state.sensors[name] = Slot(at, past, row, is_fresh, counts=bool(count))
        if is_fresh:
            rows.append(row)
    state.fresh = len(rows)
    state.windows = {minute: upgraded(window) for minute, window in windows}
    state.live = summed(rows).scaled(state.weight_of(clock))
    state.alert = msgspec.convert(alert, AlertState)
    return state
