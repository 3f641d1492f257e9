"""One sweep: gather, judge, apply. What it leaves undone, the next one finds again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional, Protocol

from ..aws.emf import line, spread
from ..errors import Conflict, MetricsError, PublishError, StoreError
from ..model import StoredSegment
from ..policy import MINUTE_MS, Policy
from ..segment.ports import Bus, Store
from ..segment.silence import close_silent_segment, is_closed
from . import thresholds
from .faults import Fault
from .judge import Judgement, judge
from .last_heard import Seen
from .left_out import LeftOut
from .mails import hushed
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
_UNSENT_AFTER_MS = MINUTE_MS  # until then whoever wrote the events may be sending them


class Stream(Protocol):
    """The readings on their way to the segments."""

    def is_behind(self, now_ms: int) -> bool:
        """Return whether the processor is behind with them; raises MetricsError."""


class Segments(Protocol):
    """Every segment that was ever heard."""

    def all(self) -> list[Seen]:
        """Return them; raises StoreError."""

    def leave_out(self, changes: Sequence[LeftOut]) -> None:
        """Write who is left out of their figures; raises StoreError."""


class Faults(Protocol):
    """The faults that stand, and how they are written."""

    def standing(self) -> list[Fault]:
        """Return all that are open, closing or dismissed; raises StoreError."""

    def write(
        self, opened: Sequence[Fault], changed: Sequence[tuple[Fault, Fault]]
    ) -> dict[str, Optional[StoreError]]:
        """Write each unless another was faster (Conflict); returns it by fault_id."""

    def mark_sent(self, faults: Sequence[Fault]) -> None:
        """Empty their outboxes, unless somebody added to them; raises StoreError."""


class Recollection(Protocol):
    """Where the memory lies between two sweeps."""

    def recall(self) -> Memory:
        """Return it; an empty one where there is none."""

    def keep(self, memory: Memory) -> None:
        """Leave it to the next sweep; raises StoreError."""


@dataclass(frozen=True)
class Outside:
    """The outside world of a sweep; *clock* returns the time in ms."""

    stream: Stream
    segments: Segments
    faults: Faults
    memory: Recollection
    store: Store
    alerts: Bus
    health: Bus
    clock: Callable[[], int]
    policy: Policy
    silent_ms: int


class Sweep:
    """The work of one sweep: what was counted, and what failed and why."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.figures: Counter[str] = Counter(dict.fromkeys(FIGURES, 0))
        self.alert_latency_ms: list[int] = []
        self.failed: Counter[str] = Counter()

    def run(self) -> None:
        """Sweep once; raises StoreError where the city could not be read."""
        outside, now_ms = self._outside, self._outside.clock()
        memory, is_held = outside.memory.recall(), self._holds_silence(now_ms)
        segments, faults = outside.segments.all(), outside.faults.standing()
        made = judge(segments, faults, memory, now_ms, outside.silent_ms, is_held)
        self.figures.update(made.figures)
        self._write_faults(made, faults)
        self._tried(lambda: outside.segments.leave_out(made.left_out))
        rested = self._rest(made.silent, now_ms)
        self._send_left_over(segments, rested, now_ms)
        self._tried(lambda: outside.memory.keep(made.memory))

    def _holds_silence(self, now_ms: int) -> bool:
        """Whether silence proves nothing, or nobody knows whether it does.

        Asked before the segments are read: what stops later still speaks in them.
        """
        try:
            is_behind = self._outside.stream.is_behind(now_ms)
        except MetricsError as error:
            self._note(error)
            del self.figures["ProcessorBehind"]
            return True
        self.figures["ProcessorBehind"] = int(is_behind)
        return is_behind

    def _write_faults(self, made: Judgement, faults: Sequence[Fault]) -> None:
        """Write what is decided, then tell of it and of what was left untold."""
        changed = made.changed
        outcomes = self._outside.faults.write(made.opened, changed)
        for refusal in outcomes.values():
            if refusal is not None and not isinstance(refusal, Conflict):
                self._note(refusal)
        touched = {was.fault_id for was, _ in changed}
        left = [fault for fault in faults if fault.fault_id not in touched]
        new = [*made.opened, *(fault for _, fault in changed)]
        new = [fault for fault in new if outcomes.get(fault.fault_id) is None]
        untold = [fault for fault in (*left, *new) if fault.outbox]
        told, taken = self._told(self._outside.health, untold)
        self.figures["UnsentHealthEvents"] += taken.count(False)
        self._tried(lambda: self._outside.faults.mark_sent(told))

    def _rest(self, silent: Iterable[Seen], now_ms: int) -> set[str]:
        """Put silent segments to rest; one that spoke meanwhile is left alone."""
        restless = [seen for seen in silent if not is_closed(seen.state)]
        chosen = restless[: thresholds.MOST_RESTS]
        policy = self._outside.policy
        found = [close_silent_segment(seen.stored, now_ms, policy) for seen in chosen]
        decisions = hushed([decision for decision in found if decision is not None])
        outcomes = self._outside.store.write(decisions)
        written = []
        for decision in decisions:
            refusal = outcomes.get(decision.segment.segment_id)
            if refusal is None:
                self.figures["AlertsClosedBySilence"] += len(decision.changes)
                written.append(decision.segment)
            elif not isinstance(refusal, Conflict):
                self._note(refusal)
        self._send_alerts(written)
        return {seen.stored.segment_id for seen in chosen}

    def _send_left_over(
        self, segments: Iterable[Seen], rested: Container[str], now_ms: int
    ) -> None:
        """Send what the processor, or a sweep, wrote and did not live to send."""
        left = [
            seen.stored
            for seen in segments
            if now_ms - seen.updated_at > _UNSENT_AFTER_MS
            and seen.stored.segment_id not in rested
        ]
        self._send_alerts(left)

    def _send_alerts(self, segments: Iterable[StoredSegment]) -> None:
        unsent = [segment for segment in segments if segment.outbox]
        sent, taken = self._told(self._outside.alerts, unsent)
        self._count_alerts([e for one in unsent for e in one.outbox], taken)
        if sent:
            self._tried(lambda: self._outside.store.mark_sent(sent))

    def _count_alerts(
        self, events: Sequence[dict[str, Any]], taken: Sequence[bool]
    ) -> None:
        """Count as the processor does: the promise is about each, whoever sends it."""
        now_ms = self._outside.clock()
        for event, is_taken in zip(events, taken):
            if is_taken:
                self.alert_latency_ms.append(now_ms - event["received_at"])
            else:
                self.figures["UnsentEvents"] += 1

    def _told(self, bus: Bus, holders: Sequence[Any]) -> tuple[list[Any], list[bool]]:
        """Send the events of each outbox; return whose went, and which were taken."""
        taken = self._sent(bus, [e for holder in holders for e in holder.outbox])
        told, at = [], 0
        for holder in holders:
            end = at + len(holder.outbox)
            if all(taken[at:end]):
                told.append(holder)
            at = end
        return told, taken

    def _sent(self, bus: Bus, events: Sequence[dict[str, Any]]) -> list[bool]:
        if not events:
            return []
        try:
            return bus.send(events)
        except PublishError as error:
            self._note(error)
            return [False] * len(events)

    def _tried(self, call: Callable[[], None]) -> None:
        try:
            call()
        except StoreError as error:
            self._note(error)

    def _note(self, error: Exception) -> None:
        self.failed[str(error)] += 1


def told(sweep: Sweep, stack: str, now_ms: int) -> list[str]:
    """Return the lines to print: metrics, then each fault of the sweep itself."""
    values: dict[str, Any] = dict(sweep.figures)
    if sweep.alert_latency_ms:
        values["AlertLatencyMs"] = spread(sweep.alert_latency_ms)
    lines = [line(values, {"Stack": stack}, now_ms)]
    for fault, times in sweep.failed.items():
        lines.append(
            json.dumps({"event": "health.refused", "fault": fault, "times": times})
        )
    return lines
