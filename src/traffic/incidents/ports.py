"""The services that a sweep uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable, Optional, Protocol

from ..errors import StoreError
from ..network.roads import RoadGraph
from ..profiles.profile_file import UsualNow
from ..segment.ports import Bus
from .events import Words
from .incident import Incident, OpenAlert
from .queue import Live
from .reporting import IncidentChange
from .unusual import HistoryMinute, LiveSpeed, UnusualRow

Looked = Mapping[str, Optional[OpenAlert]]


class OpenAlerts(Protocol):
    """The open alerts of all segments."""

    def all(self) -> list[OpenAlert]:
        """Return them, as the index has them; raises StoreError."""

    def look_up(self, alert_ids: Sequence[str]) -> Looked:
        """Return each alert as it is now, None if it is not open; StoreError."""


class Streets(Protocol):
    """The roads and their traffic."""

    def graph(self, segment_ids: Collection[str]) -> RoadGraph:
        """Return the roads, which may be some minutes old; raises StoreError.

        They are read again if one of these segments is new.
        """

    def live(self, segment_ids: Sequence[str]) -> Live:
        """Return the traffic on these segments; raises StoreError."""

    def speeds(self) -> Mapping[str, LiveSpeed]:
        """Return the speed of every segment that ever reported; raises StoreError."""


class Incidents(Protocol):
    """Reads and writes incidents."""

    def standing(self) -> tuple[Sequence[Incident], Mapping[str, str]]:
        """Return all that are open or closing; raises StoreError.

        Also returns what is wrong with rows that cannot be read, by their id.
        """

    def write(
        self, changes: Sequence[IncidentChange], now_ms: int
    ) -> list[Optional[StoreError]]:
        """Write each atomically; Conflict where another version is stored."""

    def mark_sent(self, incidents: Sequence[Incident]) -> None:
        """Empty the outboxes of these versions; raises StoreError."""


class Unusual(Protocol):
    """Which segments are unusual, and the history that says so."""

    def row(self) -> UnusualRow:
        """Return the stored row; raises StoreError."""

    def replace(self, row: UnusualRow) -> None:
        """Write the row after the version before; raises Conflict, StoreError."""

    def minutes(
        self, segment_ids: Sequence[str], first: int
    ) -> Mapping[str, Sequence[HistoryMinute]]:
        """Return the minutes of each segment from *first* on; raises StoreError."""


@dataclass(frozen=True)
class IncidentPorts:
    """The services that a sweep uses.

    *usual_at* returns what is usual at an instant, None if nothing is known; *clock*
    returns the time in ms.
    """

    alerts: OpenAlerts
    streets: Streets
    incidents: Incidents
    bus: Bus
    unusual: Unusual
    usual_at: Callable[[int], Optional[UsualNow]]
    clock: Callable[[], int]
    sleep: Callable[[float], None]
    words: Words
