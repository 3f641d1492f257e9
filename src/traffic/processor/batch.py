"""One batch of the stream: gather, decide, apply.

No rule of traffic is decided here, and no time is read but through the shell's clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Callable, Optional, Protocol

from msgspec.structs import replace as _with

from ..errors import Conflict, PublishError, QuarantineError, StoreError, TrafficError
from ..model import Parcel, SetAside, StoredSegment
from ..policy import Policy, is_id
from ..segment.decide import Decision, decide
from ..segment.outbox import is_full
from ..segment.ports import Bus, Store
from ..segment.rows import MOST_ACTIONS, actions_of
from .figures import Figures
from .records import Body, Opened, grouped, opened

# Tries of a segment that somebody else keeps writing first. A shard has one reader, so
# two at once are a rare leftover of a time-out.
_MOST_CONFLICTS = 6

# How long an alert that the bus refuses may hold up what is behind it: as long as
# viewers may have to wait. After that the segment's next batch sends it, or the watch
# over sensors. Only one with very many unsent alerts waits on: its item has no room.
_WAITS_FOR_BUS_MS = 10_000

Unsent = dict[str, tuple[StoredSegment, str]]  # by segment, with where it comes again


class Quarantine(Protocol):
    """Keeps the rejections of a batch."""

    def keep(self, shard: str, rejected: Sequence[SetAside]) -> None:
        """Write them; raises QuarantineError."""


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
    """A decision on the first messages of a segment, and the messages after them.

    The first of the messages came at *oldest_ms*; they themselves are let go.
    """

    stored: StoredSegment
    decision: Decision
    oldest_ms: int
    rest: Sequence[Parcel]


class Batch:
    """The work on one batch: what is left, what failed and why, what was counted.

    *failed* holds the lowest sequence number of each segment that has to come again,
    and those of what could not be set aside.
    """

    def __init__(self, shell: Shell, records: Sequence[Mapping[str, Any]]) -> None:
        self._shell = shell
        self._left = grouped(records)
        self._rest: dict[str, Sequence[Parcel]] = {}  # what no transaction had room for
        self._opened: dict[str, Opened] = {}
        self._rejected: list[SetAside] = []
        self._unsent: Unsent = {}
        self._conflicts: Counter[str] = Counter()
        self.failed: list[str] = []
        self.faults: Counter[str] = Counter()
        self.figures = Figures()

    def run(self, shard: str) -> None:
        """Work through the batch; *failed* then holds what has to come again."""
        self._open_nameless()
        while self._left:
            steps = self._gather()
            news = [step.decision for step in steps if step.decision.is_news()]
            outcomes = self._shell.store.write(news)
            for step in steps:
                self._settle(step, outcomes.get(step.stored.segment_id))
        self._announce(self._unsent)
        self._set_aside(shard)

    def _open_nameless(self) -> None:
        """Refuse what no segment can be named, before the tables are asked for it."""
        for segment_id in [name for name in self._left if not is_id(name)]:
            self._messages(segment_id)
            del self._left[segment_id]

    def _gather(self) -> list[_Step]:
        """Read the segments, and decide on each as its messages are decoded."""
        steps, full = [], Unsent()
        for segment_id, stored in self._shell.store.read(list(self._left)).items():
            if isinstance(stored, StoreError):
                self._fail(segment_id, stored)
                continue
            if is_full(stored.outbox):
                full[segment_id] = stored, self._next(segment_id)
                continue
            parcels = self._messages(segment_id)
            if parcels:
                steps.append(self._step(stored, parcels))
            else:
                del self._left[segment_id]
        self._make_room(full)
        return steps

    def _make_room(self, full: Unsent) -> None:
        """Send what fills the outboxes of these; what the bus refuses comes again."""
        sent = self._announce(full)
        for segment_id in full:
            self._unsent.pop(segment_id, None)
            if segment_id not in sent:
                del self._left[segment_id]

    def _messages(self, segment_id: str) -> Sequence[Parcel]:
        """Return what is left of a segment's messages, decoded anew at each try."""
        rest = self._rest.get(segment_id)
        if rest is not None:
            return rest
        found = opened(segment_id, self._left[segment_id], self._shell.clock())
        parcels, found.parcels = found.parcels, []
        self._opened[segment_id] = found
        return parcels

    def _step(self, stored: StoredSegment, parcels: Sequence[Parcel]) -> _Step:
        """Decide on as many messages as one transaction and the outbox can hold."""
        taken, rest = parcels, list[Parcel]()
        while True:
            now_ms = self._shell.clock()
            decision = decide(stored, taken, now_ms, self._shell.policy)
            events = decision.segment.outbox[len(stored.outbox) :]
            if actions_of(decision) <= MOST_ACTIONS and not is_full(events):
                oldest_ms = min(map(attrgetter("reference_ms"), taken))
                return _Step(stored, decision, oldest_ms, rest)
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
            self._fail(segment_id, refusal)
            return
        self._count(step)
        kept = step.decision.segment if step.decision.is_news() else step.stored
        if kept.outbox:
            self._unsent[segment_id] = kept, _lowest(self._left[segment_id])
        if step.rest:
            self._rest[segment_id] = step.rest
        else:
            del self._left[segment_id]

    def _count(self, step: _Step) -> None:
        decision, counts = step.decision, self.figures.counts
        segment_id = step.stored.segment_id
        counts["Accepted"] += decision.counted.accepted
        counts["Late"] += decision.counted.late
        counts["Duplicate"] += decision.counted.duplicate
        counts["Stale"] += decision.counted.stale
        counts["Redelivered"] += decision.redelivered
        counts["UnknownSegments"] += not step.stored.road.known
        for change in decision.changes:
            counts[f"Alerts{change.transition.kind.capitalize()}"] += 1
        if decision.is_news() and decision.is_live:
            self.figures.freshness_ms.append(self._shell.clock() - step.oldest_ms)
        self._rejected += [
            (segment_id, parcel, fault) for parcel, fault in decision.rejected
        ]

    def _announce(self, found: Unsent) -> set[str]:
        """Send the unsent events, then note that they are sent: never the reverse.

        Returns the segments whose outboxes then are empty.
        """
        unsent = list(found.values())
        events = [event for segment, _ in unsent for event in segment.outbox]
        if not events:
            return set()
        refusal = PublishError("the bus refused events that it may take later")
        try:
            taken = iter(self._shell.bus.send(events))
        except PublishError as error:
            taken, refusal = iter([False] * len(events)), error
        sent = []
        for segment, number in unsent:
            went = [next(taken) for _ in segment.outbox]
            self._note_sent(segment, went)
            if all(went):
                sent.append((segment, number))
            elif self._waits_for_bus(segment):
                self._note_failed(number, refusal)
            else:
                self.faults[str(refusal)] += 1
        try:
            self._shell.store.mark_sent([segment for segment, _ in sent])
        except StoreError as error:
            for _, number in sent:
                self._note_failed(number, error)
            return set()
        return {segment.segment_id for segment, _ in sent}

    def _waits_for_bus(self, segment: StoredSegment) -> bool:
        newest_ms = max(event["received_at"] for event in segment.outbox)
        is_new = self._shell.clock() - newest_ms < _WAITS_FOR_BUS_MS
        return is_new or is_full(segment.outbox)

    def _note_sent(self, segment: StoredSegment, went: Sequence[bool]) -> None:
        now_ms = self._shell.clock()
        for event, is_sent in zip(segment.outbox, went):
            if is_sent:
                self.figures.alert_latency_ms.append(now_ms - event["received_at"])
            else:
                self.figures.counts["UnsentEvents"] += 1

    def _set_aside(self, shard: str) -> None:
        """Keep what was rejected, whatever became of the rest of its segment."""
        for found in self._opened.values():
            self.figures.counts["Received"] += found.readings
            self._rejected += found.rejected
        if not self._rejected:
            return
        rejected = sorted(self._rejected, key=_place)
        try:
            self._shell.quarantine.keep(shard, rejected)
        except QuarantineError as error:
            self.faults[str(error)] += 1
            self.failed += [parcel.sequence_number for _, parcel, _ in rejected]
            return
        for _, _, fault in rejected:
            self.figures.counts["Rejected"] += fault.readings
            self.figures.reasons[fault.reason] += fault.readings

    def _fail(self, segment_id: str, fault: TrafficError) -> None:
        """Give up what is left of a segment: it comes again, from its first message."""
        self._note_failed(self._next(segment_id), fault)
        del self._left[segment_id]

    def _next(self, segment_id: str) -> str:
        """Return the sequence number of the first message that is left of a segment."""
        rest = self._rest.get(segment_id)
        return rest[0].sequence_number if rest else _lowest(self._left[segment_id])

    def _note_failed(self, sequence_number: str, fault: TrafficError) -> None:
        self.failed.append(sequence_number)
        self.faults[str(fault)] += 1
        self.figures.counts["FailedSegments"] += 1


def _place(one: SetAside) -> tuple[int, int]:
    """Return the place of a rejection in the stream: messages stay together."""
    _, parcel, fault = one
    return int(parcel.sequence_number), -1 if fault.place is None else fault.place


def _lowest(bodies: Sequence[Body]) -> str:
    number: str = min((body["sequenceNumber"] for body in bodies), key=int)
    return number


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
