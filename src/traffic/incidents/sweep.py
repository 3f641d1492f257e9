"""One sweep: gather, group, apply. The next sweep repeats what this one fails to do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from ..aws.emf import line
from ..aws.sweeping import fully_sent
from ..errors import Conflict, PublishError, StoreError
from ..profiles.profile_file import UsualNow
from ..segment.alerts import NONE
from .grouping import Regrouped, regroup
from .incident import Incident, OpenAlert
from .ports import IncidentPorts
from .reporting import IncidentChange, IncidentReport, due, reported
from .unusual import (
    UnusualRow,
    doubted,
    first_minute,
    judged,
    to_look_up,
    with_unusual,
)

MOST_ATTEMPTS = 3  # two sweeps at once: the one that was second decides again
PAUSE_S = 0.5  # until the index has what the other one wrote
INCIDENT_FIGURES = ("IncidentsOpen", "UnsentIncidentEvents", "WrongLinks")
_UNSENT_AFTER_MS = 30_000  # until then their writer may still be sending them


class IncidentSweep:
    """Runs one sweep, and records its figures, what failed and why."""

    def __init__(self, ports: IncidentPorts) -> None:
        self._ports = ports
        self.figures: Counter[str] = Counter(dict.fromkeys(INCIDENT_FIGURES, 0))
        self.failed: Counter[str] = Counter()
        self.unreadable: Mapping[str, str] = {}

    def run(self, received_at: Mapping[str, int], is_of_clock: bool = True) -> None:
        """Sweep once; raises StoreError if all fails.

        *received_at* has the alerts that changed just now, each with the time (ms) of
        its reading's receipt: the index of open alerts may not have them yet. A sweep
        of the clock judges again which segments are unusual.
        """
        for attempt in range(MOST_ATTEMPTS):
            self._ports.sleep(attempt * PAUSE_S)
            if self._attempt(received_at, is_of_clock):
                return
        # The alerts of a row that cannot be read are refused until it is repaired.
        if not self.unreadable:
            self._note(Conflict("another sweep was first, or has not sent its events"))

    def _attempt(self, received_at: Mapping[str, int], is_of_clock: bool) -> bool:
        """Sweep; return whether no other sweep was first anywhere."""
        ports, now_ms = self._ports, self._ports.clock()
        usual = ports.usual_at(now_ms)
        unusual = self._unusual(usual, now_ms) if is_of_clock else ports.unusual.row()
        if unusual is None:
            return False
        standing, self.unreadable = ports.incidents.standing()
        alerts = with_unusual(
            self._open_alerts(sorted(received_at)), unusual.since, standing, now_ms
        )
        alerts = [one for one in alerts if one.alert_id not in self.unreadable]
        graph = ports.streets.graph({one.segment_id for one in alerts})
        self.figures["WrongLinks"] = len(graph.faults)
        incidents = regroup(standing, alerts, graph, now_ms)
        self.figures["IncidentsOpen"] = sum(_is_open(one.after) for one in incidents)
        changed, held = _without_held(due(incidents, now_ms), now_ms)
        names = sorted({name for one in changed for name in one.after.segments()})
        report = IncidentReport(
            graph=graph,
            live=ports.streets.live(names),
            now_ms=now_ms,
            words=ports.words,
            received_at=received_at,
            unusual=unusual.since,
            usual=_usual_speeds(usual, names),
        )
        changes = [reported(one, report) for one in changed]
        outcomes = ports.incidents.write(changes, now_ms)
        self._send(_written(changes, outcomes), _left_over(standing, changes, now_ms))
        refusals = [one for one in outcomes if one is not None]
        for one in refusals:
            if not isinstance(one, Conflict):
                self._note(one)
        return not held and not any(isinstance(one, Conflict) for one in refusals)

    def _unusual(self, usual: Optional[UsualNow], now_ms: int) -> Optional[UnusualRow]:
        """Return the unusual segments as they are now, None if another was first.

        If that cannot be seen, they are as they were.
        """
        unusual = self._ports.unusual
        row = unusual.row()
        try:
            since = {} if usual is None else self._judged(row, usual, now_ms)
            if since == row.since:
                return row
            after = UnusualRow(since, row.version + 1)
            unusual.replace(after)
        except Conflict:
            return None
        except StoreError as error:
            self._note(error)
            return row
        return after

    def _judged(
        self, row: UnusualRow, usual: UsualNow, now_ms: int
    ) -> Mapping[str, int]:
        names = doubted(row, self._ports.streets.speeds(), usual, now_ms)
        some = to_look_up(names, now_ms)
        minutes = self._ports.unusual.minutes(some, first_minute(now_ms))
        return judged(row, minutes, usual, now_ms)

    def _open_alerts(self, alert_ids: Sequence[str]) -> list[OpenAlert]:
        by_id = {one.alert_id: one for one in self._ports.alerts.all()}
        for alert_id, alert in self._ports.alerts.look_up(alert_ids).items():
            by_id.pop(alert_id, None)
            if alert is not None:
                by_id[alert_id] = alert
        return list(by_id.values())

    def _send(self, written: Sequence[Incident], waiting: Sequence[Incident]) -> None:
        """Send the events of each outbox, and empty those that were accepted."""
        holders = [one for one in (*written, *waiting) if one.outbox]
        accepted = self._accepted([event for one in holders for event in one.outbox])
        sent = fully_sent(holders, accepted)
        if not sent:
            return
        try:
            self._ports.incidents.mark_sent(sent)
        except StoreError as error:
            self._note(error)

    def _accepted(self, events: Sequence[dict[str, Any]]) -> list[bool]:
        if not events:
            return []
        try:
            accepted = self._ports.bus.send(events)
            if not all(accepted):
                self._note(PublishError("the event bus refused an event"))
        except PublishError as error:
            self._note(error)
            accepted = [False] * len(events)
        self.figures["UnsentIncidentEvents"] += accepted.count(False)
        return accepted

    def _note(self, error: Exception) -> None:
        self.failed[str(error)] += 1


def _is_open(one: Incident) -> bool:
    """Whether it is open, and has an alert or is unusual."""
    is_one = one.peak_level > NONE or one.unusual
    return bool(is_one) and not one.is_over


def _usual_speeds(
    usual: Optional[UsualNow], segment_ids: Sequence[str]
) -> dict[str, int]:
    """Return the usual speed of those segments where it is known."""
    if usual is None:
        return {}
    speeds = {name: usual.usual(name) for name in segment_ids}
    return {name: speed for name, speed in speeds.items() if speed is not None}


def _written(
    changes: Iterable[IncidentChange], outcomes: Iterable[Optional[StoreError]]
) -> list[Incident]:
    return [
        row
        for change, refusal in zip(changes, outcomes)
        if refusal is None
        for row in (change.after, *change.absorbed)
    ]


def _without_held(
    changes: Iterable[Regrouped], now_ms: int
) -> tuple[list[Regrouped], int]:
    """Return the changes of incidents whose events no other sweep sends right now.

    A change would send them a second time. Also returns how many are held.
    """
    free, held = [], 0
    for change in changes:
        rows = (change.before, *change.absorbed)
        is_held = any(one is not None and _is_sending(one, now_ms) for one in rows)
        held += is_held
        if not is_held:
            free.append(change)
    return free, held


def _is_sending(one: Incident, now_ms: int) -> bool:
    """Whether the sweep that wrote an incident may still be sending its events."""
    is_new = now_ms - one.reported.at < _UNSENT_AFTER_MS
    return bool(one.outbox) and is_new


def _left_over(
    standing: Iterable[Incident], changes: Iterable[IncidentChange], now_ms: int
) -> list[Incident]:
    """Return incidents with events that an earlier sweep wrote but failed to send."""
    touched = {row.incident_id for one in changes for row in (one.after, *one.absorbed)}
    return [
        one
        for one in standing
        if one.outbox
        and one.incident_id not in touched
        and not _is_sending(one, now_ms)
    ]


def incident_log_lines(sweep: IncidentSweep, stack: str, now_ms: int) -> list[str]:
    """Return the lines to print: metrics, then each error of the sweep.

    A sweep that failed in part, or could not read a row, does not count as one.
    """
    is_whole = not sweep.failed and not sweep.unreadable
    figures = {**sweep.figures, "IncidentSweeps": int(is_whole)}
    lines = [line(figures, {"Stack": stack}, now_ms)]
    for key, fault in sweep.unreadable.items():
        unreadable = {
            "event": "incidents.unreadable",
            "incident_id": key,
            "fault": fault,
        }
        lines.append(json.dumps(unreadable))
    for fault, times in sweep.failed.items():
        lines.append(
            json.dumps({"event": "incidents.refused", "fault": fault, "times": times})
        )
    return lines
