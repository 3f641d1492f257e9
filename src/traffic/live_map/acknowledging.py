"""Writes what controllers do about alerts: about one, or about all of an incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ..errors import Conflict, RequestError, StoreError
from . import incidents, views
from .handling import Overtaken, Wish
from .ports import LiveMapPorts

Item = Mapping[str, Any]
# `acknowledged`, `acknowledged_with_incident` or `undone` of handling.py.
Act = Callable[[Item, Wish, int], Optional[Mapping[str, Any]]]

# API Gateway waits ten seconds: alerts not written in this time are reported as failed.
_MOST_MS = 6_000
CLEARED = 409
_MOST_READS = 3  # of an alert that other controllers change at the same time


class Acknowledging:
    """Each write is conditional on what it read, and decided again if that changed.

    *changed* is called after each write.
    """

    def __init__(self, ports: LiveMapPorts, changed: Callable[[], None]) -> None:
        self._reader, self._clock, self._log = ports.reader, ports.clock, ports.log
        self._changed = changed

    def alert(self, act: Act, alert_id: str, wish: Wish) -> dict[str, Any]:
        """Return the alert afterwards; raises RequestError and StoreError."""
        return self._alert(act, alert_id, wish, self._clock())

    def _alert(
        self, act: Act, alert_id: str, wish: Wish, now_ms: int
    ) -> dict[str, Any]:
        for _ in range(_MOST_READS):
            item = self._open_alert(alert_id)
            change = act(item, wish, now_ms)
            if change is None:
                return views.alert(item)
            try:
                self._reader.record(item, change)
            except Conflict:
                continue
            self._changed()
            return views.alert({**item, **change})
        raise StoreError(f"{alert_id}: changed at each of {_MOST_READS} reads")

    def incident(self, act: Act, incident_id: str, wish: Wish) -> dict[str, Any]:
        """Return what became of its open alerts; raises the error if all failed."""
        now_ms = self._clock()
        rows: list[dict[str, Any]] = []
        failed: dict[str, StoreError] = {}
        kept: dict[str, Overtaken] = {}
        has_cleared = False
        for alert_id in self._alerts_of(incident_id):
            try:
                if self._clock() >= now_ms + _MOST_MS:
                    raise StoreError(f"{alert_id}: no time left")
                rows.append(self._alert(act, alert_id, wish, now_ms))
            except StoreError as fault:
                failed[alert_id] = fault
            except Overtaken as other:
                kept[alert_id] = other
            except RequestError as refused:  # no alert: the segment is only slow
                has_cleared = has_cleared or refused.status == CLEARED
        if failed:
            self._log("incident_failed", "; ".join(map(str, failed.values())))
        for errors in (failed, kept):
            if errors and not rows:
                raise next(iter(errors.values()))
        if has_cleared and not rows:
            raise RequestError(
                CLEARED, f"incident {incident_id} is cleared: expected an open alert"
            )
        return {"alerts": rows, "failed": list(failed), "kept": list(kept)}

    def _alerts_of(self, incident_id: str) -> Sequence[str]:
        items, _ = incidents.readable(self._reader.open_incidents())
        for one in incidents.listed(items, self._clock()):
            if one["incident_id"] == incident_id:
                alert_ids: Sequence[str] = one["alert_ids"]
                return alert_ids
        raise RequestError(
            404, f"no open incident {incident_id}: expected one of /api/now"
        )

    def _open_alert(self, alert_id: str) -> Item:
        item = self._reader.alert(alert_id)
        if item is None:
            raise RequestError(404, f"no alert {alert_id}: expected one of /api/now")
        if item.get("alert_status") != "open":
            raise RequestError(
                CLEARED, f"alert {alert_id} is cleared: expected an open one"
            )
        return item
