"""The working state of a segment, and the few bytes it is stored as.

Packed because the whole item must stay under 1 KB: a write then costs one unit.
Nested maps would also cost the client ten times the time of a binary attribute.
"""

from __future__ import annotations

from typing import Optional

import msgspec

from .alerts import AlertState, forget_pending
from .policy import FORGET_AFTER_MS, MINUTE_MS, STALE_AFTER_INTERVALS, STALE_AFTER_MS
from .windows import Window

_LAYOUT = 1


class Slot(msgspec.Struct, gc=False):
    """The last accepted reading of a sensor.

    *speed* in km/h, *score* in tenths; *score* is None once the reading is too old to
    speak for the present. Stored are tenths of km/h and thousandths of occupancy, and
    measures are made of these, so that being stored in between changes nothing.
    """

    timestamp: int
    interval_ms: int
    vehicle_count: int
    speed: Optional[float]
    occupancy: Optional[float]
    score: Optional[int]


class WorkingState(msgspec.Struct):
    """What the processor remembers of a segment between two batches.

    *clock* is the newest accepted event time (ms); *last_sequence* and *last_place*
    name the last reading taken, by its record and its place in it; *total* is the sum
    of the scores (tenths) of the *fresh* sensors; *windows* holds the two open minutes.
    """

    clock: int = 0
    last_sequence: int = 0
    last_place: int = 0
    total: int = 0
    fresh: int = 0
    sensors: dict[str, Slot] = {}
    windows: dict[int, Window] = {}
    alert: AlertState = msgspec.field(default_factory=AlertState)


class _Packed(msgspec.Struct, array_like=True):
    layout: int
    clock: int
    last_sequence: bytes
    sensors: list[
        tuple[str, int, int, int, Optional[int], Optional[int], Optional[int]]
    ]
    windows: list[tuple[int, Window]]
    alert: AlertState
    last_place: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def pack(state: WorkingState) -> bytes:
    """Return *state* as bytes."""
    sensors = [
        (
            name,
            state.clock - slot.timestamp,
            slot.interval_ms,
            slot.vehicle_count,
            _whole(slot.speed, 10),
            _whole(slot.occupancy, 1000),
            slot.score,
        )
        for name, slot in state.sensors.items()
    ]
    sequence = state.last_sequence
    return _encode(
        _Packed(
            _LAYOUT,
            state.clock,
            sequence.to_bytes((sequence.bit_length() + 7) // 8, "big"),
            sensors,
            sorted(state.windows.items()),
            state.alert,
            state.last_place,
        )
    )


def _whole(value: Optional[float], scale: int) -> Optional[int]:
    return None if value is None else int(value * scale + 0.5)


def _part(value: Optional[int], scale: int) -> Optional[float]:
    return None if value is None else value / scale


def unpack(packed: Optional[bytes]) -> WorkingState:
    """Return the state that `pack` wrote, or that of a segment never heard of."""
    if packed is None:
        return WorkingState()
    stored = _decode(packed)
    sensors = {
        name: Slot(
            stored.clock - age,
            interval_ms,
            count,
            _part(speed, 10),
            _part(occupancy, 1000),
            score,
        )
        for name, age, interval_ms, count, speed, occupancy, score in stored.sensors
    }
    scores = [slot.score for slot in sensors.values() if slot.score is not None]
    return WorkingState(
        clock=stored.clock,
        last_sequence=int.from_bytes(stored.last_sequence, "big"),
        last_place=stored.last_place,
        total=sum(scores),
        fresh=len(scores),
        sensors=sensors,
        windows=dict(stored.windows),
        alert=stored.alert,
    )


def roll(state: WorkingState, minute: int, speaker: Slot) -> list[tuple[int, Window]]:
    """Open *minute*, newer than all; return the windows that closed, oldest first.

    It is also the moment when silent sensors stop to speak for the present, and when
    those silent for days are forgotten, but for the *speaker* that opens the minute.
    """
    closed = _close_before(state, minute - 1)
    state.windows[minute] = Window()
    _drop_silent(state, minute * MINUTE_MS, speaker)
    return closed


def flush(state: WorkingState) -> list[tuple[int, Window]]:
    """Close the open minutes, as a reading two minutes on would; oldest first.

    A reading of theirs that still comes is late from then on, and joins their rows.
    """
    if not state.windows:
        return []
    minute = max(state.windows) + 2
    closed = _close_before(state, minute - 1)
    state.windows[minute] = Window()
    return closed


def _close_before(state: WorkingState, minute: int) -> list[tuple[int, Window]]:
    """Take the windows older than *minute*; one that a flush left empty is nothing."""
    closing = sorted(m for m in state.windows if m < minute)
    closed = [(m, state.windows.pop(m)) for m in closing]
    return [(m, window) for m, window in closed if window.readings]


def _drop_silent(state: WorkingState, now_ms: int, speaker: Slot) -> None:
    for name, slot in list(state.sensors.items()):
        silence(state, slot, now_ms)
        if slot is not speaker and now_ms - slot.timestamp > FORGET_AFTER_MS:
            del state.sensors[name]
    if not state.fresh:
        forget_pending(state.alert)


def silence(state: WorkingState, slot: Slot, now_ms: int) -> None:
    """Let the sensor no longer speak for the present if it last spoke too long ago."""
    patience = max(STALE_AFTER_MS, STALE_AFTER_INTERVALS * slot.interval_ms)
    if slot.score is not None and now_ms - slot.timestamp > patience:
        state.total -= slot.score
        state.fresh -= 1
        slot.score = None


def latest(state: WorkingState) -> Window:
    """Return the sums over the latest reading of each sensor that still reports."""
    window = Window()
    for slot in state.sensors.values():
        if slot.score is not None:
            window.add(
                slot.vehicle_count,
                _part(_whole(slot.speed, 10), 10),
                _part(_whole(slot.occupancy, 1000), 1000),
                slot.interval_ms,
                slot.score,
            )
    return window
