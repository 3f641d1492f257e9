"""One batch of the stream: gather, decide, apply.

No rule of traffic is decided here, and no time is read but through the shell's clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

from msgspec.structs import replace as _with

from .decide import Decision, decide
from .errors import (
    Conflict,
    PublishError,
    QuarantineError,
    StoreError,
    TrafficError,
)
from .intake import Intake
from .metrics import Figures
from .model import Parcel, StoredSegment
from .policy import Policy
from .publish import Bus
from .quarantine import Quarantine, SetAside
from .restore import Rows, minutes_in_question
from .rows import actions_of
from .store import MOST_ACTIONS, Store

# Tries of a segment that somebody else keeps writing first. A shard has one reader, so
# two at once are a rare leftover of a time-out.
_MOST_CONFLICTS = 6


@dataclass(frozen=True)
class Shell:
    """The outside world of a batch; *clock* returns the time in ms."""

    store: Store
    bus: Bus
    quarantine: Quarantine
    clock: Callable[[], int]
    policy: Policy


@dataclass
class _Step:
    """A decision on the first messages of a segment, and the messages after them."""

    stored: StoredSegment
    decision: Decision
    taken: Sequence[Parcel]
    rest: Sequence[Parcel]


class Batch:
    """The work on one batch: what is left, what failed and why, what was counted."""

    def __init__(self, shell: Shell, taken: Intake) -> None:
        self._shell = shell
        self._left: dict[str, Sequence[Parcel]] = dict(taken.groups)
        self._redriven = taken.redriven
        self._rejected: list[SetAside] = list(taken.rejected)
        self._unsent: dict[str, tuple[StoredSegment, Sequence[Parcel]]] = {}
        self._conflicts: Counter[str] = Counter()
        self.failed: list[Parcel] = []
        self.faults: Counter[str] = Counter()
        self.figures = Figures()
        self.figures.counts["Received"] = taken.readings

    def run(self, shard: str) -> None:
        """Work through the batch; *failed* then holds what has to come again."""
        while self._left:
            steps = self._gather()
            news = [step.decision for step in steps if step.decision.is_news()]
            outcomes = self._shell.store.write(news)
            for step in steps:
                self._settle(step, outcomes.get(step.stored.segment_id))
        self._announce()
        self._set_aside(shard)

    def _gather(self) -> list[_Step]:
        steps = []
        found = self._shell.store.read(list(self._left))
        found_rows = self._rows() if self._redriven else {}
        for segment_id, stored in found.items():
            rows = found_rows.get(segment_id, {})
            if isinstance(stored, StoreError):
                self._fail(self._left.pop(segment_id), stored)
            elif isinstance(rows, StoreError):
                self._fail(self._left.pop(segment_id), rows)
            else:
                steps.append(self._step(stored, rows))
        return steps

    def _rows(self) -> dict[str, Any]:
        """Read the minutes to which something was put back, after their segments."""
        shell, now_ms = self._shell, self._shell.clock()
        return shell.store.rows(
            {
                segment_id: minutes_in_question(
                    self._left[segment_id], now_ms, shell.policy
                )
                for segment_id in self._redriven.intersection(self._left)
            }
        )

    def _step(self, stored: StoredSegment, rows: Rows) -> _Step:
        """Decide on as many messages as one transaction can hold."""
        taken = self._left[stored.segment_id]
        rest: Sequence[Parcel] = ()
        while True:
            now_ms = self._shell.clock()
            decision = decide(stored, taken, now_ms, self._shell.policy, rows)
            if actions_of(decision) <= MOST_ACTIONS:
                return _Step(stored, decision, taken, rest)
            taken, after = _halves(taken)
            rest = [*after, *rest]

    def _settle(self, step: _Step, refusal: Optional[StoreError]) -> None:
        segment_id = step.stored.segment_id
        if isinstance(refusal, Conflict):
            self.figures.counts["Conflicts"] += 1
            self._conflicts[segment_id] += 1
            if self._conflicts[segment_id] < _MOST_CONFLICTS:
                return
        if refusal is not None:
            self._fail(self._left.pop(segment_id), refusal)
            return
        self._count(step)
        kept = step.decision.segment if step.decision.is_news() else step.stored
        if kept.outbox:
            _, sooner = self._unsent.get(segment_id, (None, ()))
            self._unsent[segment_id] = kept, (*sooner, *step.taken)
        if step.rest:
            self._left[segment_id] = step.rest
        else:
            del self._left[segment_id]

    def _count(self, step: _Step) -> None:
        decision, counts = step.decision, self.figures.counts
        counts["Accepted"] += decision.counted.accepted
        counts["Late"] += decision.counted.late
        counts["Duplicate"] += decision.counted.duplicate
        counts["Redelivered"] += decision.redelivered
        counts["UnknownSegments"] += not step.stored.road.known
        for change in decision.changes:
            counts[f"Alerts{change.transition.kind.capitalize()}"] += 1
        if decision.is_news() and step.stored.segment_id not in self._redriven:
            oldest = min(parcel.reference_ms for parcel in step.taken)
            self.figures.freshness_ms.append(self._shell.clock() - oldest)
        self._rejected += [
            (step.stored.segment_id, parcel, fault)
            for parcel, fault in decision.rejected
        ]

    def _announce(self) -> None:
        """Send the unsent events, then note that they are sent: never the reverse."""
        unsent = list(self._unsent.values())
        events = [event for segment, _ in unsent for event in segment.outbox]
        if not events:
            return
        refusal = PublishError("the bus refused events that it may take later")
        try:
            taken = iter(self._shell.bus.send(events))
        except PublishError as error:
            taken, refusal = iter([False] * len(events)), error
        sent = []
        for segment, parcels in unsent:
            went = [next(taken) for _ in segment.outbox]
            self._note_sent(segment, went)
            if all(went):
                sent.append((segment, parcels))
            else:
                self._fail(parcels, refusal)
        try:
            self._shell.store.mark_sent([segment for segment, _ in sent])
        except StoreError as error:
            for _, parcels in sent:
                self._fail(parcels, error)

    def _note_sent(self, segment: StoredSegment, went: Sequence[bool]) -> None:
        now_ms = self._shell.clock()
        for event, is_sent in zip(segment.outbox, went):
            if is_sent:
                self.figures.alert_latency_ms.append(now_ms - event["received_at"])
            else:
                self.figures.counts["UnsentEvents"] += 1

    def _set_aside(self, shard: str) -> None:
        if not self._rejected:
            return
        try:
            self._shell.quarantine.keep(shard, self._rejected)
        except QuarantineError as error:
            self.faults[str(error)] += 1
            self.failed += [parcel for _, parcel, _ in self._rejected]
            return
        for _, _, fault in self._rejected:
            self.figures.counts["Rejected"] += fault.readings
            self.figures.reasons[fault.reason] += fault.readings

    def _fail(self, parcels: Sequence[Parcel], fault: TrafficError) -> None:
        self.failed += parcels
        self.faults[str(fault)] += 1
        self.figures.counts["FailedSegments"] += 1


def _halves(parcels: Sequence[Parcel]) -> tuple[Sequence[Parcel], Sequence[Parcel]]:
    """Cut messages in two, or a single message's readings."""
    if len(parcels) > 1:
        middle = len(parcels) // 2
        return parcels[:middle], parcels[middle:]
    (parcel,) = parcels
    middle = len(parcel.readings) // 2
    places = parcel.positions or range(len(parcel.readings))
    return (
        [_with(parcel, readings=parcel.readings[:middle], positions=places[:middle])],
        [_with(parcel, readings=parcel.readings[middle:], positions=places[middle:])],
    )
