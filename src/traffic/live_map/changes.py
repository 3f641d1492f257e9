"""What changed since a viewer last looked: snapshots of the table, and versions.

A viewer's polls may reach different execution environments, and each scans the table
at its own times. A version therefore names the environment, the number of its scan and
when that scan began. For each row, a snapshot holds the scan that first saw its values.

- For a version of its own, an environment returns the rows first seen by later scans.
  No row is sent twice, and rows of equal `updated_at` are not confused.
- For a version of another environment, it returns the rows first seen by a scan that
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
    """The number of a scan in its environment, from 1, and when it ran (ms)."""

    number: int
    started_ms: int
    ended_ms: int


class Version(NamedTuple):
    """The last scan that a viewer has seen, and its execution environment."""

    environment: str
    number: int
    started_ms: int

    def __str__(self) -> str:
        return f"{self.started_ms}-{self.environment}-{self.number}"


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

    def version(self, environment: str) -> str:
        """Return the version that a viewer of this snapshot sends next."""
        return str(Version(environment, self.scan.number, self.scan.started_ms))


def version_of(text: Optional[str]) -> Optional[Version]:
    """Return the version in *text*, None if there is none."""
    match = _VERSION.fullmatch(text or "")
    if match is None:
        return None
    started_ms, environment, number = match.groups()
    return Version(environment, int(number), int(started_ms))


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
    snapshot: Snapshot, environment: str, since: Optional[Version]
) -> tuple[list[Row], bool]:
    """Return the rows that changed after *since*, and whether these are all rows.

    *environment* is the one that took *snapshot*. All rows are returned if *since* is
    None or too old, or if a row was deleted after it.
    """
    if since is None or _is_too_old(snapshot, environment, since):
        return list(snapshot.rows.values()), True
    if snapshot.shrunk and _is_later(snapshot.shrunk, environment, since):
        return list(snapshot.rows.values()), True
    return [
        row
        for key, row in snapshot.rows.items()
        if _is_later(snapshot.seen[key], environment, since)
    ], False


def _is_too_old(snapshot: Snapshot, environment: str, since: Version) -> bool:
    if since.environment == environment and since.number > snapshot.scan.number:
        return True  # no scan of this environment: the version is invented
    return not -FORGET_MS < snapshot.scan.started_ms - since.started_ms < FORGET_MS


def _is_later(scan: Scan, environment: str, since: Version) -> bool:
    if since.environment == environment:
        return scan.number > since.number
    return scan.ended_ms > since.started_ms - MARGIN_MS
