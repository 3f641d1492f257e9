"""Readings put back by redrive, after their sensors may have gone on without them.

A reading at or before its sensor's last accepted one is a duplicate. Put back out of
the dead letters, all would be, though nothing of them was ever applied. So a minute
takes them that nothing but redrive has written, and any minute what falls into a gap
of its segment: its row remembers which readings it was given, and takes each once, in
whatever order they come. Otherwise a minute that holds a reading of the ordinary way
may hold any of them already, and takes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

import msgspec

from .model import Parcel
from .policy import (
    FORGET_AFTER_MS,
    MAX_PUT_BACK_PER_MINUTE,
    MINUTE_MS,
    Policy,
)
from .times import instant_of
from .windows import Window, merged

_DAY_MS = 24 * 3_600_000
# A row is gone some time after it expired, never before: clocks may differ by this.
_MARGIN_MS = 3_600_000

Given = dict[str, set[int]]


@dataclass
class Row:
    """The sums of a minute, and which of its readings redrive has put there.

    *given* holds their instants, in ms of the minute, by sensor.
    """

    window: Window = field(default_factory=Window)
    given: Given = field(default_factory=dict)

    def put_back(self) -> int:
        """Return how many of its readings redrive has put there."""
        return sum(map(len, self.given.values()))

    def holds_others(self) -> bool:
        """Whether a reading came to this minute by the ordinary way."""
        return self.window.readings > self.put_back()


Rows = Mapping[int, Row]


def whole(one: Optional[Row], other: Optional[Row]) -> Row:
    """Return the row of the readings of both, each of which may be absent."""
    if one is None or other is None:
        return one or other or Row()
    given = {sensor: set(instants) for sensor, instants in one.given.items()}
    for sensor, instants in other.given.items():
        given.setdefault(sensor, set()).update(instants)
    return Row(merged(one.window, other.window), given)


def pack(given: Given) -> Optional[bytes]:
    """Return the readings put back as bytes, None where there are none."""
    if not given:
        return None
    return msgspec.msgpack.encode({s: sorted(given[s]) for s in sorted(given)})


def unpack(packed: Optional[bytes]) -> Given:
    """Return what `pack` wrote."""
    return {} if packed is None else msgspec.msgpack.decode(packed, type=Given)


def minutes_in_question(
    parcels: Iterable[Parcel], now_ms: int, policy: Policy
) -> Sequence[int]:
    """Return the minutes of readings put back whose rows a decision has to know.

    Minutes whose rows may have expired are none of them: of those nobody can tell
    any more what was applied.
    """
    oldest_ms = now_ms - policy.retention_days * _DAY_MS + _MARGIN_MS
    instants = (at for parcel in parcels if parcel.redriven for at in _of(parcel))
    return sorted({at // MINUTE_MS for at in instants if at >= oldest_ms})


def _of(parcel: Parcel) -> Iterator[int]:
    return (instant_of(reading.timestamp) for reading in parcel.readings)


def is_forgotten(at: int, clock: int) -> bool:
    """Whether a sensor that is not known may have been, when it spoke at *at* (ms)."""
    return at < clock - FORGET_AFTER_MS


class Restored:
    """What a decision puts back, by minute, beside the *stored* rows of those minutes.

    A minute that is not among the stored ones was not looked up, and takes nothing
    that might have been applied before.
    """

    def __init__(self, stored: Rows) -> None:
        self._stored = stored
        self.rows: dict[int, Row] = {}

    def takes(self, minute: int, sensor_id: str, at: int, is_gap: bool) -> bool:
        """Whether redrive has not put this reading there, and nobody else can have.

        That is so in a gap, and in a minute that nothing but redrive has written.
        """
        stored, ours = self._stored.get(minute), self.rows.get(minute) or Row()
        if stored is None:
            return False
        if not is_gap and (stored.holds_others() or ours.holds_others()):
            return False
        instant = at - minute * MINUTE_MS
        return not (
            instant in stored.given.get(sensor_id, ())
            or instant in ours.given.get(sensor_id, ())
            or _room(stored, ours) <= 0
        )

    def give(self, minute: int, sensor_id: str, at: int) -> Window:
        """Return where a reading that is put back is summed, and remember it.

        A minute that is full remembers it no more: it then counts as one of the
        ordinary way, so that nothing that might be in it is taken again.
        """
        ours = self.rows.setdefault(minute, Row())
        if _room(self._stored.get(minute) or Row(), ours) > 0:
            instants = ours.given.setdefault(sensor_id, set())
            instants.add(at - minute * MINUTE_MS)
        return ours.window


def _room(stored: Row, ours: Row) -> int:
    return MAX_PUT_BACK_PER_MINUTE - stored.put_back() - ours.put_back()
