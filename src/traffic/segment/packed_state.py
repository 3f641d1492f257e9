"""The working state of a segment as it is stored, column by column.

The whole item must stay under 1 KB, so that a write costs one unit. Nested maps would
also take the client ten times as long as a binary attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Union

import msgspec

from ..policy import DECAY_S, HOUR_MS
from .alerts import AlertState
from .windows import Summand, Sums, Window

LAYOUT = 3
FRESH, COUNTS, ESTIMATES, PERCENT = 1, 2, 4, 8  # flags of a sensor

Values = list[Optional[int]]
# A value for each sensor, in their order, or one value that they share.
Column = Union[None, int, Values]
FullColumn = Union[int, list[int]]


class PackedState(msgspec.Struct, array_like=True, gc=False):
    """A `WorkingState` in the units in which it is stored, decoded and encoded in C.

    Of each sensor: its name; the age (ms) of its newest reading before *clock*; that
    reading's interval (ms), vehicles, speed in tenths of km/h, occupancy in thousandths
    and score in tenths; its flags; its latest step (ms), 0 for one of an interval; and
    the index of its device and of its history, which sensors share; and how many whole
    seconds before the clock it counted its last vehicle, None if unknown. The segment's
    last vehicle passed *moved_age* (ms) before the clock, None for never.

    A history is when the sensor reported percent, and its missing spans, as a flat list
    of ages before the hour of the clock: it stays as it is while nothing is missing.
    """

    layout: int = LAYOUT
    clock: int = 0
    last_sequence: bytes = b""
    last_position: int = 0
    names: list[str] = []
    ages: FullColumn = 0
    intervals: FullColumn = 0
    counts: Column = None
    speeds: Column = None
    shares: Column = None
    scores: Column = None
    flags: FullColumn = 0
    steps: FullColumn = 0
    owners: FullColumn = 0
    devices: list[int] = []
    missing: FullColumn = 0
    histories: msgspec.Raw = msgspec.Raw(b"\x90")
    windows: dict[int, Window] = {}
    live: Sums = msgspec.field(default_factory=Sums)
    decay_s: int = DECAY_S
    moved_age: Optional[int] = None
    alert: AlertState = msgspec.field(default_factory=AlertState)
    counted: Column = None

    def instants(self) -> dict[str, int]:
        """Return the instants of the newest readings, by sensor."""
        clock, ages = self.clock, self.ages
        if isinstance(ages, int):
            return dict.fromkeys(self.names, clock - ages)
        return {name: clock - age for name, age in zip(self.names, ages)}

    @property
    def last_place(self) -> tuple[int, int]:
        """The place in the stream of the last processed reading: record, position."""
        return int.from_bytes(self.last_sequence, "big"), self.last_position

    @property
    def moved_at(self) -> int:
        """When the last vehicle passed."""
        return 0 if self.moved_age is None else self.clock - self.moved_age


def column_of(values: list[Any]) -> Any:
    """Return a column of *values*: one value if all are the same."""
    if values and values.count(values[0]) == len(values):
        return values[0]
    return values


def scaled(values: Sequence[Optional[float]], factor: int) -> Values:
    """Return *values* times *factor* as whole numbers, rounded half up."""
    try:
        return list(map(int, [value * factor + 0.5 for value in values]))  # type: ignore[operator]  # None is the exception
    except TypeError:
        return [
            None if value is None else int(value * factor + 0.5) for value in values
        ]


def values_of(column: Any, number: int) -> list[Any]:
    """Return the *number* values of a column."""
    return column if isinstance(column, list) else [column] * number


def summand_of(
    span_ms: int,
    count: Optional[int],
    tenths: Optional[int],
    share: Optional[int],
    score: Optional[int],
) -> Summand:
    """Return the summand of a reading that is stored in these units."""
    speed = None if tenths is None else tenths / 10
    occupancy = None if share is None else share / 1000
    return count, speed, occupancy, span_ms, score, 0.0


def hour_of(clock: int) -> int:
    """Return the instant that histories of that *clock* are relative to."""
    return clock - clock % HOUR_MS


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(PackedState).decode
_HEAD = encode(PackedState())[:4]  # a mark, two bytes of length, and the layout


def is_present(packed: bytes) -> bool:
    """Whether a state has this layout; it may have been stored with fewer columns."""
    return packed[0] == _HEAD[0] and packed[3] == _HEAD[3]
