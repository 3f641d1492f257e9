"""Rows in order of time, sorted by SQLite: on disk what does not fit into memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from traffic.model import Reading
from trafficctl.errors import UserError
from trafficctl.replay.mapping import MEASURED
from trafficctl.replay.rows import BadRow, ReplayRow

TABLE = "CREATE TABLE given (ms INTEGER, segment TEXT, sensor TEXT, reading BLOB)"
INSERT = "INSERT INTO given VALUES (?, ?, ?, ?)"
HELD = "CREATE TABLE held AS SELECT ms, segment, reading FROM given ORDER BY "
BY_TIME, AS_GIVEN = "ms, segment, sensor, rowid", "rowid"


class HeldRows:
    """Rows read once, by time or as given, ready as often as one likes; `bad` apart."""

    def __init__(
        self, rows: Iterable[ReplayRow | BadRow], path: Path, order: str = BY_TIME
    ) -> None:
        self.bad: list[BadRow] = []
        # An empty name is a database of its own, which SQLite removes when it closes.
        self._database = sqlite3.connect("", check_same_thread=False)
        try:
            self._database.execute(TABLE)
            self._database.executemany(INSERT, self._good(rows))
            self._database.execute(HELD + order)
        except sqlite3.Error as exc:
            raise UserError(
                f"sorting {path.name}: {exc} - free some disk space, or name a larger "
                "folder by TMPDIR"
            ) from exc

    def __iter__(self) -> Iterator[ReplayRow]:
        """The good rows in their order."""
        held = self._database.execute("SELECT * FROM held ORDER BY rowid")
        for ms, segment, reading in held:
            yield ReplayRow(ms, segment, msgspec.msgpack.decode(reading, type=Reading))

    def __del__(self) -> None:
        self._database.close()

    def _good(
        self, rows: Iterable[ReplayRow | BadRow]
    ) -> Iterator[tuple[int, str, str, bytes]]:
        for row in rows:
            if isinstance(row, BadRow):
                self.bad.append(row)
            else:
                sensor = row.reading.sensor_id
                content = msgspec.msgpack.encode(row.reading)
                yield row.event_ms, row.segment_id, sensor, content


def merged(
    rows: Iterable[ReplayRow | BadRow], path: Path
) -> Iterator[ReplayRow | BadRow]:
    """The values of a sensor and an instant as one reading, by time.

    A value that is there already begins another reading: the city counts duplicates.
    """
    held = HeldRows(rows, path)
    yield from held.bad
    for _, same in groupby(held, key=_key):
        current, *others = same
        for row in others:
            if _values(current.reading).keys() & _values(row.reading).keys():
                yield current
                current = row
            else:
                both = msgspec.structs.replace(current.reading, **_values(row.reading))
                current = current._replace(reading=both)
        yield current


def _key(row: ReplayRow) -> tuple[int, str, str]:
    return row.event_ms, row.segment_id, row.reading.sensor_id


def _values(reading: Reading) -> dict[str, float]:
    values = {name: getattr(reading, name) for name in MEASURED}
    return {name: value for name, value in values.items() if value is not None}
