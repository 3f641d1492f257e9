"""Convert the working state of a segment to and from the form in which it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Optional

import msgspec

from .former_layouts import unpack_former
from .packed_state import (
    COUNTS,
    ESTIMATES,
    FRESH,
    PERCENT,
    PackedState,
    column_of,
    decode,
    encode,
    hour_of,
    is_present,
    scaled,
    summand_of,
    values_of,
)
from .spans import MissingSpans
from .state import UNKNOWN, SensorState, WorkingState, fast_key_of

History = tuple[int, MissingSpans]  # when a sensor reported percent, and its spans

_decode_histories = msgspec.msgpack.Decoder(list[list[Optional[int]]]).decode


def load(packed: Optional[bytes]) -> PackedState:
    """Return the stored state, that of a new segment, or one of a former layout."""
    if packed is None:
        return PackedState()
    return decode(packed) if is_present(packed) else packed_of(unpack_former(packed))


def pack(state: WorkingState) -> bytes:
    """Return *state* as bytes."""
    return encode(packed_of(state))


def unpack(packed: Optional[bytes]) -> WorkingState:
    """Return the state that `pack` wrote, or an empty one for a new segment."""
    return state_of(load(packed))


def packed_of(state: WorkingState) -> PackedState:
    """Return *state* in the form in which it is stored."""
    clock, sequence, sensors = state.clock, state.last_sequence, state.sensors.values()
    histories: dict[History, int] = {}
    devices: dict[int, int] = {}
    readings = [sensor.last_reading for sensor in sensors]
    return PackedState(
        clock=clock,
        last_sequence=bytes_of(sequence),
        last_position=state.last_position,
        names=list(state.sensors),
        ages=column_of([clock - sensor.timestamp for sensor in sensors]),
        intervals=column_of([one[3] for one in readings]),
        counts=column_of([one[0] for one in readings]),
        speeds=column_of(scaled([one[1] for one in readings], 10)),
        shares=column_of(scaled([one[2] for one in readings], 1000)),
        scores=column_of([one[4] for one in readings]),
        flags=column_of([_flags(sensor) for sensor in sensors]),
        steps=column_of([_step(sensor) for sensor in sensors]),
        owners=column_of(
            [devices.setdefault(sensor.device, len(devices)) for sensor in sensors]
        ),
        devices=list(devices),
        missing=column_of(
            [
                histories.setdefault(
                    (sensor.percent_at, sensor.missing), len(histories)
                )
                for sensor in sensors
            ]
        ),
        counted=column_of([_counted_age(sensor, clock) for sensor in sensors]),
        histories=packed_histories(histories, clock),
        windows=dict(sorted(state.windows.items())),
        live=state.live,
        decay_s=state.decay_s,
        moved_age=clock - state.moved_at if state.moved_at else None,
        alert=state.alert,
    )


def bytes_of(sequence: int) -> bytes:
    """Return a sequence number as bytes."""
    return sequence.to_bytes((sequence.bit_length() + 7) // 8, "big")


def _flags(sensor: SensorState) -> int:
    return (
        sensor.is_fresh * FRESH
        + sensor.has_counted * COUNTS
        + sensor.estimates_speed * ESTIMATES
        + bool(sensor.percent_at) * PERCENT
    )


def _counted_age(sensor: SensorState, clock: int) -> Optional[int]:
    at = sensor.counted_at
    return clock // 1000 - at // 1000 if at else None


def _step(sensor: SensorState) -> int:
    return 0 if sensor.step_ms == sensor.interval_ms else sensor.step_ms


def packed_histories(histories: Iterable[History], clock: int) -> msgspec.Raw:
    """Return *histories* as they are stored with that *clock*."""
    hour = hour_of(clock)
    return msgspec.Raw(encode([_ages(hour, *history) for history in histories]))


def _ages(hour: int, percent_at: int, missing: MissingSpans) -> list[Optional[int]]:
    instants = [percent_at, missing.known_since]
    for span in missing.spans:
        instants += span
    return [hour - at if at else None for at in instants]


def histories_of(packed: PackedState) -> Sequence[History]:
    """Return the histories of a packed state."""
    hour = hour_of(packed.clock)
    return [_history_of(hour, ages) for ages in _decode_histories(packed.histories)]


def _history_of(hour: int, ages: list[Optional[int]]) -> History:
    percent_at, known_since, *instants = [
        0 if age is None else hour - age for age in ages
    ]
    spans = tuple(zip(instants[::2], instants[1::2]))
    return percent_at, MissingSpans(spans, known_since)


def state_of(packed: PackedState) -> WorkingState:
    """Return the state of such a form; both share windows, sums and alert."""
    sequence, position = packed.last_place
    state = WorkingState(
        clock=packed.clock,
        minute=max(packed.windows, default=-1),
        last_sequence=sequence,
        last_position=position,
        windows=packed.windows,
        alert=packed.alert,
        live=packed.live,
        decay_s=packed.decay_s,
        moved_at=packed.moved_at,
    )
    _unpack_sensors(state, packed)
    return state


def _unpack_sensors(state: WorkingState, packed: PackedState) -> None:
    """Add the sensors of *packed* to *state*."""
    histories, devices = histories_of(packed), packed.devices
    clock_s = packed.clock // 1000
    for row in _rows_of(packed):
        name, age, span_ms, *values, flags, step, owner, missing, counted = row
        percent_at, spans = histories[missing]
        device, is_fresh = devices[owner], bool(flags & FRESH)
        is_plain, is_scored = flags & ~FRESH == COUNTS, values[-1] is not None
        state.sensors[name] = SensorState(
            packed.clock - age,
            step or span_ms,
            spans,
            summand_of(span_ms, *values),
            is_fresh,
            bool(flags & COUNTS),
            bool(flags & ESTIMATES),
            percent_at,
            device,
            0 if counted is None else (clock_s - counted) * 1000,
            False,
            is_plain,
            fast_key_of(device, is_scored) if is_plain and is_fresh else UNKNOWN,
        )
        state.fresh += is_fresh


def _rows_of(packed: PackedState) -> Iterable[tuple[Any, ...]]:
    """Return a row for each sensor: its name, and its value of each column."""
    columns = (
        packed.ages,
        packed.intervals,
        packed.counts,
        packed.speeds,
        packed.shares,
        packed.scores,
        packed.flags,
        packed.steps,
        packed.owners,
        packed.missing,
        packed.counted,
    )
    number = len(packed.names)
    return zip(packed.names, *(values_of(column, number) for column in columns))
