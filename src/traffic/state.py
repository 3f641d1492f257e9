"""The working state of a segment, and the few bytes it is stored as.

Packed because the whole item must stay under 1 KB: a write then costs one unit.
Nested maps would also cost the client ten times the time of a binary attribute.
"""

from __future__ import annotations

from typing import Optional

import msgspec

from .alerts import AlertState, forget_pending
from .policy import (
    FORGET_AFTER_MS,
    GAP_INTERVALS,
    GAP_MS,
    MINUTE_MS,
    MOST_GAPS,
    STALE_AFTER_INTERVALS,
    STALE_AFTER_MS,
)
from .windows import Summand, Window

_LAYOUT = 1
NOTHING: Summand = (0, None, None, 0, 0)  # what a sensor said that has not spoken yet


class Slot(msgspec.Struct, gc=False):
    """The last accepted reading of a sensor: when it was, and what it said.

    *score* (tenths) is None once the reading is too old to speak for the present.
    Stored are tenths of km/h and thousandths of occupancy, and measures are made of
    these, so that being stored in between changes nothing. *counts* says that it ever
    counted a vehicle, *percent* that it once told an occupancy over 1.
    """

    timestamp: int
    said: Summand
    score: Optional[int]
    counts: bool = True
    percent: bool = False

    @property
    def vehicle_count(self) -> Optional[int]:
        """Vehicles in the interval, None from a probe."""
        return self.said[0]

    @property
    def speed(self) -> Optional[float]:
        """Average speed in km/h."""
        return self.said[1]

    @property
    def occupancy(self) -> Optional[float]:
        """Occupancy, 0-1."""
        return self.said[2]

    @property
    def interval_ms(self) -> int:
        """The time it speaks of."""
        return self.said[3]


class WorkingState(msgspec.Struct):
    """What the processor remembers of a segment between two batches.

    *clock* is the newest accepted event time (ms); *last_sequence* and *last_place*
    name the last reading taken, by its record and its place in it; *total* is the sum
    of the scores (tenths) of the *fresh* sensors; *windows* holds the two open minutes.
    *gaps* are the last spans, without their ends, of which no reading was accepted but
    those that redrive put there.
    """

    clock: int = 0
    last_sequence: int = 0
    last_place: int = 0
    total: int = 0
    fresh: int = 0
    sensors: dict[str, Slot] = {}
    windows: dict[int, Window] = {}
    alert: AlertState = msgspec.field(default_factory=AlertState)
    gaps: list[tuple[int, int]] = []


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
    gaps: list[tuple[int, int]] = []  # as ages, in ms before the clock


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def pack(state: WorkingState) -> bytes:
    """Return *state* as bytes."""
    clock, sensors = state.clock, []
    for name, slot in state.sensors.items():
        count, speed, occupancy, interval_ms, _ = slot.said
        tenths = None if speed is None else int(speed * 10 + 0.5)
        share = None if occupancy is None else int(occupancy * 1000 + 0.5)
        age = clock - slot.timestamp
        sensors.append((name, age, interval_ms, count, tenths, share, slot.score))
    sequence = state.last_sequence
    return _encode(
        _Packed(
            _LAYOUT,
            clock,
            sequence.to_bytes((sequence.bit_length() + 7) // 8, "big"),
            sensors,
            sorted(state.windows.items()),
            state.alert,
            state.last_place,
            [(clock - start, clock - end) for start, end in state.gaps],
        )
    )


def unpack(packed: Optional[bytes]) -> WorkingState:
    """Return the state that `pack` wrote, or that of a segment never heard of."""
    if packed is None:
        return WorkingState()
    stored, total, fresh = _decode(packed), 0, 0
    sensors = {}
    for name, age, interval_ms, count, tenths, share, score in stored.sensors:
        speed = None if tenths is None else tenths / 10
        occupancy = None if share is None else share / 1000
        said = (count, speed, occupancy, interval_ms, score or 0)
        sensors[name] = Slot(stored.clock - age, said, score)
        if score is not None:
            total, fresh = total + score, fresh + 1
    return WorkingState(
        clock=stored.clock,
        last_sequence=int.from_bytes(stored.last_sequence, "big"),
        last_place=stored.last_place,
        total=total,
        fresh=fresh,
        sensors=sensors,
        windows=dict(stored.windows),
        alert=stored.alert,
        gaps=[(stored.clock - one, stored.clock - other) for one, other in stored.gaps],
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
        if now_ms - slot.timestamp <= STALE_AFTER_MS:
            continue
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


def note_gap(state: WorkingState, before: int, at: int, interval_ms: int) -> None:
    """Remember that nothing came between *before* and *at*, if it should have."""
    if before and at - before > max(GAP_MS, GAP_INTERVALS * interval_ms):
        state.gaps = [*state.gaps, (before, at)][-MOST_GAPS:]


def narrow_gaps(state: WorkingState, at: int) -> None:
    """Take out of a gap what a reading of *at* has filled, and all before it."""
    state.gaps = [(at if start < at < end else start, end) for start, end in state.gaps]


def is_in_gap(state: WorkingState, at: int) -> bool:
    """Whether no reading of *at* can have been accepted by the ordinary way."""
    return any(start < at < end for start, end in state.gaps)


def latest(state: WorkingState) -> Window:
    """Return the sums over the latest reading of each sensor that still reports."""
    rows = []
    for slot in state.sensors.values():
        if slot.score is not None:
            count, speed, occupancy, interval_ms, score = slot.said
            if speed is not None:
                speed = int(speed * 10 + 0.5) / 10  # as it is stored
            if occupancy is not None:
                occupancy = int(occupancy * 1000 + 0.5) / 1000
            rows.append((count, speed, occupancy, interval_ms, score))
    window = Window()
    window.add_all(rows)
    return window
