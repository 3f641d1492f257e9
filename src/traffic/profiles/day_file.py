"""A finished day of the city in one file, which never changes once written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple

import msgspec

from .bins import DayBins
from .day_records import RECORD_BYTES, record_of
from .local_days import LocalDay

_LAYOUT = 1
_Record = Annotated[
    bytes, msgspec.Meta(min_length=RECORD_BYTES, max_length=RECORD_BYTES)
]


class ActiveBottleneck(NamedTuple):
    """A bottleneck in a shift of one day.

    *minutes* it was active; *km_minutes* is the sum of the queue's length over these;
    *vehicle_hours* were lost against free flow.
    """

    head: str
    shift: str
    minutes: int
    km_minutes: float
    vehicle_hours: float


class DayFile(msgspec.Struct, frozen=True, array_like=True, tag=_LAYOUT):
    """The records of all segments with measurements on a date, and its bottlenecks."""

    day: date
    records: dict[str, _Record]
    jams: list[ActiveBottleneck]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(DayFile).decode


def day_file(
    day: LocalDay, bins: Mapping[str, DayBins], jams: Sequence[ActiveBottleneck]
) -> DayFile:
    """Return the file of a day."""
    records = {segment: record_of(bins[segment], day) for segment in sorted(bins)}
    return DayFile(day.date, records, sorted(jams))


def pack(file: DayFile) -> bytes:
    """Return *file* as bytes, the same for the same day."""
    return _encode(file)


def unpack(packed: bytes) -> DayFile:
    """Return what `pack` wrote; raises ValueError for anything else."""
    try:
        return _decode(packed)
    except msgspec.MsgspecError as error:
        raise ValueError(f"day file: {error}") from error
