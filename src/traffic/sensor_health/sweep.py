"""One sweep: gather, judge, apply. The next sweep repeats what this one fails to do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional, Protocol

from ..aws.emf import line
from ..aws.sweeping import fully_sent
from ..errors import Conflict, MetricsError, PublishError, StoreError
from ..model import StoredSegment
from ..policy import MINUTE_MS, Policy
from ..segment.ports import Bus, Store
from ..segment.silence import close_silent_segment, is_closed
from . import thresholds
from .faults import Fault, with_local_time
from .judge import Judgement, judge
from .last_heard import ScannedSegment
from .left_out import LeftOut
from .mails import limit_mails
from .memory import Memory

FIGURES = (
    "SensorsKnown",
    "SensorsSilent",
    "SensorsSuspect",
    "SegmentsSilent",
    "DistrictsSilent",
    "FleetSilent",
    "ProcessorBehind",
    "AlertsClosedBySilence",
    "UnsentEvents",
    "UnsentHealthEvents",
)
_UNSENT_AFTER_MS = MINUTE_MS  # until then their writer may still be sending them


class ProcessorLag(Protocol):
    """The lag of the processor."""

    def is_behind(self, now_ms: int) -> bool:
        """Return whether the processor is behind; raises MetricsError."""


class Segments(Protocol):
    """All segments that have ever reported."""

    def all(self) -> list[ScannedSegment]:
        """Return them; raises StoreError."""

    def leave_out(self, changes: Sequence[LeftOut]) -> None:
        """Write which sensors are left out of the figures; raises StoreError."""


class Faults(Protocol):
    """Reads and writes faults."""

    def standing(self) -> list[Fault]:
        """Return all that are open, closing or dismissed; raises StoreError."""

    def write(
        self, opened: Sequence[Fault], changed: Sequence[tuple[Fault, Fault]]
    ) -> dict[str, Optional[StoreError]]:
        """Write each, or Conflict if another sweep won; returns errors by fault_id."""

    def mark_sent(self, faults: Sequence[Fault]) -> None:
        """Empty their outboxes, unless events were added; raises StoreError."""


class MemoryStore(Protocol):
    """Stores the memory between two sweeps."""

    def load(self) -> Memory:
        """Return the memory, an empty one if there is none."""

    def save(self, memory: Memory) -> None:
        """Store the memory; raises StoreError."""


@dataclass(frozen=True)
class SweepPorts:
    """The services that a sweep uses; *clock* returns the time in ms."""

    lag: ProcessorLag
    segments: Segments
    faults: Faults
    memory: MemoryStore
    store: Store
    alerts: Bus
    health: Bus
    clock: Callable[[], int]
    policy: Policy
    silent_ms: int


class Sweep:
    """Runs one sweep, and records its figures, what failed and why."""

    def __init__(self, ports: SweepPorts) -> None:
        self._ports = ports
        self.figures: Counter[str] = Counter(dict.fromkeys(FIGURES, 0))
        self.failed: Counter[str] = Counter()

    def run(self) -> None:
        """Sweep once; raises StoreError if the city cannot be read."""
        ports, now_ms = self._ports, self._ports.clock()
        memory, is_held = ports.memory.load(), self._holds_silence(now_ms)
        segments, faults = ports.segments.all(), ports.faults.standing()
        judgement = judge(segments, faults, memory, now_ms, ports.silent_ms, is_held)
        self.figures.update(judgement.figures)
        self._write_faults(judgement, faults)
        self._attempt(lambda: ports.segments.leave_out(judgement.left_out))
        closed = self._close_silent(judgement.silent, now_ms)
        self._send_left_over(segments, closed, now_ms)
        self._attempt(lambda: ports.memory.save(judgement.memory))

    def _holds_silence(self, now_ms: int) -> bool:
        """Whether silence has to be ignored: the processor is behind, or may be.

        Checked before the segments are read: if the processor stops later, their state
        is still current.
        """
        try:
            is_behind = self._ports.lag.is_behind(now_ms)
        except MetricsError as error:
            self._note(error)
            del self.figures["ProcessorBehind"]
            return True
        self.figures["ProcessorBehind"] = int(is_behind)
        return is_behind

    def _write_faults(self, judgement: Judgement, faults: Sequence[Fault]) -> None:
        """Write the decided faults, then send their events and earlier unsent ones."""
        changed = judgement.changed
        outcomes = self._ports.faults.write(judgement.opened, changed)
        for refusal in outcomes.values():
            if refusal is not None and not isinstance(refusal, Conflict):
                self._note(refusal)
        touched = {before.fault_id for before, _ in changed}
        unchanged = [fault for fault in faults if fault.fault_id not in touched]
        new = [*judgement.opened, *(fault for _, fault in changed)]
        new = [fault for fault in new if outcomes.get(fault.fault_id) is None]
        unsent = [fault for fault in (*unchanged, *new) if fault.outbox]
        zone = self._ports.policy.zone
        sent, accepted = self._send_outboxes(
            self._ports.health, unsent, lambda event: with_local_time(event, zone)
        )
        self.figures["UnsentHealthEvents"] += accepted.count(False)
        self._attempt(lambda: self._ports.faults.mark_sent(sent))

    def _close_silent(self, silent: Iterable[ScannedSegment], now_ms: int) -> set[str]:
        """Close silent segments, except those that reported in the meantime."""
        open_segments = [scanned for scanned in silent if not is_closed(scanned.state)]
        to_close = open_segments[: thresholds.MOST_CLOSED_SEGMENTS]
        policy = self._ports.policy
        closing = (close_silent_segment(one.stored, now_ms, policy) for one in to_close)
        decisions = limit_mails([one for one in closing if one is not None])
        outcomes = self._ports.store.write(decisions)
        written = []
        for decision in decisions:
            refusal = outcomes.get(decision.segment.segment_id)
            if refusal is None:
                self.figures["AlertsClosedBySilence"] += len(decision.changes)
                written.append(decision.segment)
            elif not isinstance(refusal, Conflict):
                self._note(refusal)
        self._send_alerts(written)
        return {scanned.stored.segment_id for scanned in to_close}

    def _send_left_over(
        self, segments: Iterable[ScannedSegment], closed: Container[str], now_ms: int
    ) -> None:
        """Send events that the processor or a sweep wrote but failed to send."""
        written_earlier = [
            scanned.stored
            for scanned in segments
            if now_ms - scanned.updated_at > _UNSENT_AFTER_MS
            and scanned.stored.segment_id not in closed
        ]
        self._send_alerts(written_earlier)

    def _send_alerts(self, segments: Iterable[StoredSegment]) -> None:
        unsent = [segment for segment in segments if segment.outbox]
        sent, accepted = self._send_outboxes(self._ports.alerts, unsent)
        self.figures["UnsentEvents"] += accepted.count(False)
        if sent:
            self._attempt(lambda: self._ports.store.mark_sent(sent))

    def _send_outboxes(
        self,
        bus: Bus,
        holders: Sequence[Any],
        worded: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> tuple[list[Any], list[bool]]:
        """Send the events of each outbox; return the holders whose events were all
        accepted, and for each event whether it was."""
        accepted = self._send(bus, [worded(e) for one in holders for e in one.outbox])
        return fully_sent(holders, accepted), accepted

    def _send(self, bus: Bus, events: Sequence[dict[str, Any]]) -> list[bool]:
        if not events:
            return []
        try:
            return bus.send(events)
        except PublishError as error:
            self._note(error)
            return [False] * len(events)

    def _attempt(self, call: Callable[[], object]) -> None:
        try:
            call()
        except StoreError as error:
            self._note(error)

    def _note(self, error: Exception) -> None:
        self.failed[str(error)] += 1


def log_lines(sweep: Sweep, stack: str, now_ms: int) -> list[str]:
    """Return the lines to print: metrics, then each error of the sweep."""
    lines = [line(sweep.figures, {"Stack": stack}, now_ms)]
    for fault, times in sweep.failed.items():
        lines.append(
            json.dumps({"event": "health.refused", "fault": fault, "times": times})
        )
    return lines
