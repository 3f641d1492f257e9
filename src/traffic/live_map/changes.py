"""What changed since a viewer last looked: snapshots of the table, and versions.

Execution environments share their scans, as one lineage, or have to scan for
themselves. A version therefore names the lineage, the number of the scan in it and when
that scan began. For each row, a snapshot holds the scan that first saw its values.

- For a version of the same lineage, the rows first seen by later scans are returned.
  No row is sent twice, and rows of equal `updated_at` are not confused.
- For a version of another lineage, it is the rows first seen by a scan that
  ended after the other scan began, less MARGIN_MS. No change is lost: any other row was
  in the table MARGIN_MS before the other scan began, so that scan saw it or a newer
  one. The margin covers the difference of two hosts' clocks (milliseconds) and the lag
  of a replica (DynamoDB: usually within a second). It does not depend on how long after
  its `updated_at` a row was written.

A row that is sent twice does no harm: it has its `updated_at`, and the page keeps the
newer one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

TTL_MS = 1_900  # under the page's 2 s: else every second poll of one viewer is cached
ROADS_TTL_MS = 300_000
MARGIN_MS = 3_000
# For older versions all rows are sent: by then most have changed.
FORGET_MS = 600_000

Row = tuple[Any, ...]
_VERSION = re.compile(r"(\d{1,15})-([0-9a-f]{1,16})-(\d{1,12})")


class Scan(NamedTuple):
    """The number of a scan in its lineage, from 1, and when it ran (ms)."""

    number: int
    started_ms: int
    ended_ms: int


class Version(NamedTuple):
    """The last scan that a viewer has seen, and its lineage."""

    lineage: str
    number: int
    started_ms: int

    def __str__(self) -> str:
        return f"{self.started_ms}-{self.lineage}-{self.number}"


@dataclass(frozen=True)
class Snapshot:
    """The rows of the table as a scan found them, by id.

    *seen* holds for each row the scan that first saw its present values; *shrunk* is
    the last scan in which a row of the scan before was missing.
    """

    scan: Scan
    rows: Mapping[str, Row]
    seen: Mapping[str, Scan]
    shrunk: Optional[Scan] = None

    def version(self, lineage: str) -> str:
        """Return the version that a viewer of this snapshot sends next."""
        return str(Version(lineage, self.scan.number, self.scan.started_ms))


def version_of(text: Optional[str]) -> Optional[Version]:
    """Return the version in *text*, None if there is none."""
    match = _VERSION.fullmatch(text or "")
    if match is None:
        return None
    started_ms, lineage, number = match.groups()
    return Version(lineage, int(number), int(started_ms))


def is_due(last_ms: Optional[int], now_ms: int, ttl_ms: int) -> bool:
    """Whether the last read is too old, or ahead of a clock that was set back."""
    return last_ms is None or not 0 <= now_ms - last_ms < ttl_ms


def take_snapshot(
    previous: Optional[Snapshot],
    scanned: Iterable[Row],
    age_of: int,
    started_ms: int,
    ended_ms: int,
) -> Snapshot:
    """Return the snapshot that a scan made of the *scanned* rows, after *previous*.

    A row begins with its id and has its `updated_at` (ms) at index *age_of*. A replica
    that lags may return an older row than the last scan did: it is ignored.
    """
    number = previous.scan.number + 1 if previous else 1
    scan = Scan(number, started_ms, ended_ms)
    before: Mapping[str, Row] = previous.rows if previous else {}
    rows = {row[0]: _newer(before.get(row[0]), row, age_of) for row in scanned}
    seen = {
        key: previous.seen[key] if previous and before.get(key) == row else scan
        for key, row in rows.items()
    }
    has_shrunk = any(key not in rows for key in before)
    shrunk = scan if has_shrunk else previous.shrunk if previous else None
    return Snapshot(scan, rows, seen, shrunk)


def _newer(before: Optional[Row], row: Row, age_of: int) -> Row:
    if before is None or before[age_of] is None or row[age_of] is None:
        return row
    return before if before[age_of] > row[age_of] else row


def changed_since(
    snapshot: Snapshot, lineage: str, since: Optional[Version]
) -> tuple[list[Row], bool]:
    """Return the rows that changed after *since*, and whether these are all rows.

    *lineage* is the one of *snapshot*. All rows are returned if *since* is None or too
    old, or if a row was deleted after it.
    """
    held = held_by(snapshot, lineage, since)
    if held is None:
        return list(snapshot.rows.values()), True
    seen = snapshot.seen
    return [r for key, r in snapshot.rows.items() if seen[key].number > held], False


def held_by(
    snapshot: Snapshot, lineage: str, since: Optional[Version]
) -> Optional[int]:
    """Return the number of the last scan of which a viewer holds every row.

    None if all rows have to be sent. Viewers of equal numbers are sent the same rows.
    """
    if since is None or _is_too_old(snapshot, lineage, since):
        return None
    held = since.number
    if since.lineage != lineage:
        ended_ms = since.started_ms - MARGIN_MS
        later = {s.number for s in set(snapshot.seen.values()) if s.ended_ms > ended_ms}
        held = min(later, default=snapshot.scan.number + 1) - 1
    shrunk = snapshot.shrunk
    return None if shrunk and shrunk.number > held else held


def _is_too_old(snapshot: Snapshot, lineage: str, since: Version) -> bool:
    if since.lineage == lineage and since.number > snapshot.scan.number:
        return True  # no scan of this lineage: the version is invented
    return not -FORGET_MS < snapshot.scan.started_ms - since.started_ms < FORGET_MS
