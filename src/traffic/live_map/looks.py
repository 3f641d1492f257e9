"""The city as it was last read: each table at most once per time to live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from ..errors import StoreError
from . import changes, views
from .city_view import CityView, Item
from .incidents import readable
from .ports import LiveMapPorts
from .sharing import Sharing
from .summary import city_summary

_AGE_OF = views.COLUMNS.index("updated_at")


class CityLooks:
    """Has the city read for any number of viewers and feeds.

    *high* is the score of a high alert.
    """

    def __init__(self, ports: LiveMapPorts, high: float) -> None:
        self._reader, self._clock, self._log = ports.reader, ports.clock, ports.log
        self._high = high
        self._sharing = Sharing(ports, self._read)
        self._view: Optional[CityView] = None
        self._looked_ms = self._due_ms = 0
        self._is_outdated = False
        self._roads: Sequence[Item] = ()
        self._roads_ms: Optional[int] = None
        self._unreadable: set[str] = set()

    def roads(self) -> Sequence[Item]:
        """Return what does not change of the segments, sorted by id."""
        now_ms = self._clock()
        if changes.is_due(self._roads_ms, now_ms, changes.ROADS_TTL_MS):
            self._roads = views.roads(self._reader.roads())
            self._roads_ms = now_ms
        return self._roads

    def look(self) -> CityView:
        """Return the city, looked at again if the last view is too old.

        If that fails, return the last view: its `updated_at` shows its age.
        """
        now_ms = self._clock()
        if self._view is None or not self._looked_ms <= now_ms < self._due_ms:
            self._looked_ms, self._due_ms = now_ms, now_ms + changes.TTL_MS
            try:
                self._view, self._due_ms = self._sharing.latest(
                    self._view, now_ms, self._is_outdated
                )
                self._is_outdated = False
            except StoreError as fault:
                if self._view is None:
                    raise
                self._log("look_failed", str(fault))
        return self._view

    def forget(self) -> None:
        """Let the next look read the city again: it shows what was written."""
        self._due_ms = 0
        self._is_outdated = True

    def _read(self, last: Optional[CityView], now_ms: int, lineage: str) -> CityView:
        items = self._reader.live()
        snapshot = changes.take_snapshot(
            last.snapshot if last else None,
            map(views.live_row, items),
            _AGE_OF,
            started_ms=now_ms,
            ended_ms=self._clock(),
        )
        return CityView(
            lineage=lineage,
            snapshot=snapshot,
            items=items,
            city=city_summary(items, self._high, now_ms),
            alerts=views.alerts(self._reader.open_alerts()),
            incidents=self._incidents(last),
        )

    def _incidents(self, last: Optional[CityView]) -> Sequence[Item]:
        """Return the stored incidents; where that fails, those of the last view.

        One that cannot be read is left out, and logged when it is first seen.
        """
        try:
            rows, faults = readable(self._reader.open_incidents())
        except StoreError as fault:
            self._log("incidents_failed", str(fault))
            return last.incidents if last else ()
        for key in faults.keys() - self._unreadable:
            self._log("incident_unreadable", f"{key}: {faults[key]}")
        self._unreadable = set(faults)
        return rows
