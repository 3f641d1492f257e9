"""What changed since a viewer last looked: snapshots of the table, and versions.

A viewer's polls may be answered by different execution environments, each with a cache
of its own age. A version therefore names the environment, the number of its scan and
when that scan began, and each row remembers the scan that first saw it as it is.

- Asked again, the same environment answers the rows first seen by later scans: none
  twice, and equal `updated_at` do not matter.
- Asked with another's version, it answers the rows it first saw by a scan that ended
  later than the other's began, less a margin. No change is lost: a row it leaves out
  was in the table MARGIN_MS before the other's scan began, so that scan saw it, or
  something newer. The margin covers what two hosts' clocks differ by (milliseconds)
  and how far a replica lags behind (DynamoDB: usually within a second). How late a
  row was written after its own `updated_at` does not enter.

What is answered too often is harmless: a row carries its `updated_at`, and the page
keeps the newer one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

TTL_MS = 1_900  # under the page's 2 s, or a lone viewer would see each other look
ROADS_TTL_MS = 300_000
MARGIN_MS = 3_000
# Versions older than this are answered in full: it is the shorter answer by then.
FORGET_MS = 600_000

Row = tuple[Any, ...]
_VERSION = re.compile(r"(\d{1,15})-([0-9a-f]{1,16})-(\d{1,12})")


class Scan(NamedTuple):
    """The number of a scan in its environment, from 1, and when it ran (ms)."""

    number: int
    started_ms: int
    ended_ms: int


class Version(NamedTuple):
    """What a viewer has seen: a scan of an execution environment."""

    environment: str
    number: int
    started_ms: int

    def __str__(self) -> str:
        return f"{self.started_ms}-{self.environment}-{self.number}"


@dataclass(frozen=True)
class Snapshot:
    """The rows of the table as a scan found them, by id.

    *seen* tells the scan that first saw each row as it is now, *shrunk* the last one
    that missed a row which was there before.
    """

    scan: Scan
    rows: Mapping[str, Row]
    seen: Mapping[str, Scan]
    shrunk: Optional[Scan] = None

    def version(self, environment: str) -> str:
        """Return the version that a viewer holds who was given this snapshot."""
        return str(Version(environment, self.scan.number, self.scan.started_ms))


def version_of(text: Optional[str]) -> Optional[Version]:
    """Return the version that *text* stands for, None if it is none."""
    match = _VERSION.fullmatch(text or "")
    if match is None:
        return None
    started_ms, environment, number = match.groups()
    return Version(environment, int(number), int(started_ms))


def is_due(last_ms: Optional[int], now_ms: int, ttl_ms: int) -> bool:
    """Whether what was read at *last_ms* is too old; a clock set back makes it so."""
    return last_ms is None or not 0 <= now_ms - last_ms < ttl_ms


def take_snapshot(
    previous: Optional[Snapshot],
    scanned: Iterable[Row],
    age_of: int,
    started_ms: int,
    ended_ms: int,
) -> Snapshot:
    """Return the snapshot that a scan made of the *scanned* rows, after *previous*.

    A row begins with its id and holds its `updated_at` (ms) at place *age_of*. A
    replica that lags may show a row older than the one already seen: it is ignored.
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
    """Return the rows that are news to who holds *since*, and whether they are all.

    *environment* is the one that took *snapshot*. All rows are given to who holds no
    version, one too old, or one whose rows include some that are gone.
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
        return True  # no scan of ours: somebody made it up
    return not -FORGET_MS < snapshot.scan.started_ms - since.started_ms < FORGET_MS


def _is_later(scan: Scan, environment: str, since: Version) -> bool:
    if since.environment == environment:
        return scan.number > since.number
    return scan.ended_ms > since.started_ms - MARGIN_MS
