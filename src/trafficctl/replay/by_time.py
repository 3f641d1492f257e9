"""Rows in order of time, sorted by SQLite: on disk what does not fit into memory."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from traffic.model import Reading
from trafficctl.errors import UserError
from trafficctl.replay.mapping import MEASURED
from trafficctl.replay.rows import BadRow, Row

TABLE = "CREATE TABLE rows (ms INTEGER, segment TEXT, sensor TEXT, reading BLOB)"
SORTED = "SELECT ms, segment, reading FROM rows ORDER BY ms, segment, sensor, rowid"


def by_time(rows: Iterable[Row | BadRow], path: Path) -> Iterator[Row | BadRow]:
    """The bad rows first, then the others by time, segment and sensor."""
    try:
        # An empty name is a database of its own, which SQLite removes when it closes.
        with contextlib.closing(sqlite3.connect("")) as database:
            database.execute(TABLE)
            for row in rows:
                if isinstance(row, BadRow):
                    yield row
                else:
                    database.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", _kept(row))
            for ms, segment, reading in database.execute(SORTED):
                yield Row(ms, segment, msgspec.msgpack.decode(reading, type=Reading))
    except sqlite3.Error as exc:
        raise UserError(
            f"sorting {path.name}: {exc} - free some disk space, or name a larger "
            "folder by TMPDIR"
        ) from exc


def _kept(row: Row) -> tuple[int, str, str, bytes]:
    content = msgspec.msgpack.encode(row.reading)
    return row.event_ms, row.segment_id, row.reading.sensor_id, content


def merged(rows: Iterable[Row | BadRow], path: Path) -> Iterator[Row | BadRow]:
    """The values of a sensor and an instant as one reading, by time.

    A value that is there already begins another reading: the city counts duplicates.
    """
    for _, same in groupby(by_time(rows, path), key=_key):
        made: Row | None = None
        for row in same:
            if isinstance(row, BadRow):
                yield row
            elif made is None:
                made = row
            elif _clash(made.reading, row.reading):
                yield made
                made = row
            else:
                made = made._replace(reading=_both(made.reading, row.reading))
        if made is not None:
            yield made


def _key(row: Row | BadRow) -> tuple[object, ...]:
    if isinstance(row, BadRow):
        return ()
    return row.event_ms, row.segment_id, row.reading.sensor_id


def _values(reading: Reading) -> dict[str, float]:
    values = {name: getattr(reading, name) for name in MEASURED}
    return {name: value for name, value in values.items() if value is not None}


def _clash(one: Reading, other: Reading) -> bool:
    return bool(_values(one).keys() & _values(other).keys())


def _both(one: Reading, other: Reading) -> Reading:
    return msgspec.structs.replace(one, **_values(other))
