"""The city as one read found it, and as environments hand it on: pure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

import msgspec

from .changes import Row, Scan, Snapshot
from .views import COLUMNS

Item = Mapping[str, Any]
_LEVEL = 1  # 60 ms for 20,000 segments; the next one saves little


class CityView(NamedTuple):
    """The city when it was last read; *items* and *incidents* are as stored.

    *lineage* names the views that were made one after the other, each of the one
    before: their scans are numbered on.
    """

    lineage: str
    snapshot: Snapshot
    items: Sequence[Item]
    city: Item
    alerts: Sequence[Item]
    incidents: Sequence[Item]

    @property
    def version(self) -> str:
        """The version that a viewer of it sends next."""
        return self.snapshot.version(self.lineage)


class _PackedView(msgspec.Struct, array_like=True):
    """A view; *seen* holds for each row the index of its scan in *scans*."""

    columns: tuple[str, ...]
    lineage: str
    scan: Scan
    shrunk: Optional[Scan]
    scans: list[Scan]
    rows: list[tuple[Any, ...]]
    seen: list[int]
    items: Sequence[Item]
    city: Item
    alerts: Sequence[Item]
    incidents: Sequence[Item]


_decode = msgspec.msgpack.Decoder(_PackedView).decode


def pack(view: CityView) -> bytes:
    """Return a view as bytes."""
    rows, seen = view.snapshot.rows, view.snapshot.seen
    places = {scan: place for place, scan in enumerate(dict.fromkeys(seen.values()))}
    packed = _PackedView(
        COLUMNS,
        view.lineage,
        view.snapshot.scan,
        view.snapshot.shrunk,
        list(places),
        list(rows.values()),
        [places[seen[key]] for key in rows],
        *(view.items, view.city, view.alerts, view.incidents),
    )
    return zlib.compress(msgspec.msgpack.encode(packed), _LEVEL)


def unpack(packed: bytes) -> Optional[CityView]:
    """Return the view of *packed*, None if another version of this code packed it."""
    try:
        one = _decode(zlib.decompress(packed))
    except (msgspec.MsgspecError, zlib.error):
        return None
    if one.columns != COLUMNS:
        return None
    rows: dict[str, Row] = {row[0]: row for row in one.rows}
    seen = {key: one.scans[place] for key, place in zip(rows, one.seen)}
    snapshot = Snapshot(one.scan, rows, seen, one.shrunk)
    return CityView(
        one.lineage, snapshot, one.items, one.city, one.alerts, one.incidents
    )
