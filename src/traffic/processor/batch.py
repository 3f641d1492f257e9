"""One batch of the stream: gather, decide, apply.

No traffic rule is decided here. The only clock is that of the ports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Optional

from msgspec.structs import replace as _with

from ..errors import Conflict, PublishError, QuarantineError, StoreError, TrafficError
from ..model import DecodedMessage, QuarantineEntry, StoredSegment
from ..policy import is_id
from ..segment.decide import Decision, decide
from ..segment.outbox import is_full
from ..segment.rows import MOST_ACTIONS, actions_of
from .figures import BatchFigures
from .ports import ProcessorPorts
from .records import DecodedRecords, RecordBody, decode_records, group_by_segment

# Attempts per segment when another writer wins each time. A shard has one reader, so
# two writers at once are rare: one of them belongs to an invocation that timed out.
_MOST_CONFLICTS = 6

# How long an alert event that the bus refuses may block its shard: the promised time to
# the map. After that the segment's next batch sends it, or sensor health. A segment
# with very many unsent events keeps blocking, since its item has no more room.
_WAITS_FOR_BUS_MS = 10_000

Unsent = dict[str, tuple[StoredSegment, str]]  # by segment, with where a retry begins
Part = Sequence[DecodedMessage]  # messages to decide on at once, at least one


@dataclass
class _Step:
    """A decision on the first part of a segment's messages, and the *rest* of them.

    *oldest_ms* is the earliest receipt time of the decided messages.
    """

    stored: StoredSegment
    decision: Decision
    oldest_ms: int
    rest: Sequence[Part]


class BatchProcessor:
    """Processes one batch, and records what failed, why, and the batch's figures.

    *failed* holds the lowest sequence number of each segment to retry, and those of
    the rejections that could not be written to the quarantine.
    """

    def __init__(
        self, ports: ProcessorPorts, records: Sequence[Mapping[str, Any]]
    ) -> None:
        self._ports = ports
        self._waiting = group_by_segment(records)
        # Messages that did not fit into the transaction.
        self._rest: dict[str, Sequence[Part]] = {}
        self._decoded: dict[str, DecodedRecords] = {}
        self._rejected: list[QuarantineEntry] = []
        self._unsent: Unsent = {}
        self._conflicts: Counter[str] = Counter()
        self.failed: list[str] = []
        self.faults: Counter[str] = Counter()
        self.figures = BatchFigures()

    def run(self, shard: str) -> None:
        """Process the batch; *failed* then holds what Lambda has to retry."""
        self._reject_invalid_ids()
        while self._waiting:
            steps = self._gather()
            decisions = [step.decision for step in steps if step.decision.has_changes()]
            outcomes = self._ports.store.write(decisions)
            for step in steps:
                self._finish(step, outcomes.get(step.stored.segment_id))
        self._send_events(self._unsent)
        self._quarantine_rejected(shard)

    def _reject_invalid_ids(self) -> None:
        """Reject records whose key is no segment id, before any table is read."""
        for segment_id in [name for name in self._waiting if not is_id(name)]:
            self._parts(segment_id)
            del self._waiting[segment_id]

    def _gather(self) -> list[_Step]:
        """Read the segments, decode their messages and decide on each segment."""
        steps, full = [], Unsent()
        for segment_id, stored in self._ports.store.read(list(self._waiting)).items():
            if isinstance(stored, StoreError):
                self._give_up(segment_id, stored)
                continue
            if is_full(stored.outbox):
                full[segment_id] = stored, self._next(segment_id)
                continue
            parts = self._parts(segment_id)
            if parts:
                steps.append(self._step(stored, parts))
            else:
                del self._waiting[segment_id]
        self._make_room(full)
        return steps

    def _make_room(self, full: Unsent) -> None:
        """Send the events of full outboxes; Lambda retries what the bus refuses."""
        sent = self._send_events(full)
        for segment_id in full:
            self._unsent.pop(segment_id, None)
            if segment_id not in sent:
                del self._waiting[segment_id]
            elif self._conflicts[segment_id] >= _MOST_CONFLICTS:
                self._give_up(segment_id, Conflict(f"{segment_id}: changed each time"))

    def _parts(self, segment_id: str) -> Sequence[Part]:
        """Return the rest of the segment's messages, decoded again on each attempt."""
        rest = self._rest.get(segment_id)
        if rest is not None:
            return rest
        decoded = decode_records(
            segment_id, self._waiting[segment_id], self._ports.clock()
        )
        messages, decoded.messages = decoded.messages, []
        self._decoded[segment_id] = decoded
        return [messages] if messages else []

    def _step(self, stored: StoredSegment, parts: Sequence[Part]) -> _Step:
        """Decide on the first part, halved until it fits the transaction and outbox.

        The halves stay apart, so that the next steps do not decide on all of them. A
        single reading always fits: it changes the alert at most once.
        """
        part, *rest = parts
        while True:
            now_ms = self._ports.clock()
            decision = decide(stored, part, now_ms, self._ports.policy)
            events = decision.segment.outbox[len(stored.outbox) :]
            if actions_of(decision) <= MOST_ACTIONS and not is_full(events):
                oldest_ms = min(map(attrgetter("reference_ms"), part))
                return _Step(stored, decision, oldest_ms, rest)
            part, after = _halves(part)
            rest = [after, *rest]

    def _finish(self, step: _Step, refusal: Optional[StoreError]) -> None:
        segment_id = step.stored.segment_id
        if isinstance(refusal, Conflict):
            self.figures.counts["Conflicts"] += 1
            self._conflicts[segment_id] += 1
            if self._conflicts[segment_id] < _MOST_CONFLICTS:
                return
        if refusal is not None:
            self._give_up(segment_id, refusal)
            return
        self._count(step)
        current = step.decision.segment if step.decision.has_changes() else step.stored
        if current.outbox:
            self._unsent[segment_id] = (
                current,
                _lowest_sequence(self._waiting[segment_id]),
            )
        if step.rest:
            self._rest[segment_id] = step.rest
        else:
            del self._waiting[segment_id]

    def _count(self, step: _Step) -> None:
        decision, counts = step.decision, self.figures.counts
        segment_id = step.stored.segment_id
        counts["Accepted"] += decision.counts.accepted
        counts["Late"] += decision.counts.late
        counts["Duplicate"] += decision.counts.duplicate
        counts["Stale"] += decision.counts.stale
        counts["Redelivered"] += decision.redelivered
        counts["UnknownSegments"] += not step.stored.road.known
        for change in decision.changes:
            counts[f"Alerts{change.transition.kind.capitalize()}"] += 1
        if decision.has_changes() and decision.is_live:
            self.figures.freshness_ms.append(self._ports.clock() - step.oldest_ms)
        self._rejected += [
            (segment_id, message, fault) for message, fault in decision.rejected
        ]

    def _send_events(self, outboxes: Unsent) -> set[str]:
        """Send the unsent events, then mark them sent: never the reverse.

        Returns the segments whose events were sent: their outboxes are then empty,
        unless another writer was faster, which counts as a conflict.
        """
        unsent = list(outboxes.values())
        events = [event for segment, _ in unsent for event in segment.outbox]
        if not events:
            return set()
        refusal = PublishError("the bus refused events that it may accept later")
        try:
            answers = iter(self._ports.bus.send(events))
        except PublishError as error:
            answers, refusal = iter([False] * len(events)), error
        sent = []
        for segment, number in unsent:
            results = [next(answers) for _ in segment.outbox]
            self.figures.counts["UnsentEvents"] += results.count(False)
            if all(results):
                sent.append((segment, number))
            elif self._waits_for_bus(segment):
                self._record_failure(number, refusal)
            else:
                self.faults[str(refusal)] += 1
        try:
            newer = self._ports.store.mark_sent([segment for segment, _ in sent])
        except StoreError as error:
            for _, number in sent:
                self._record_failure(number, error)
            return set()
        self.figures.counts["Conflicts"] += len(newer)
        self._conflicts.update(newer)
        return {segment.segment_id for segment, _ in sent}

    def _waits_for_bus(self, segment: StoredSegment) -> bool:
        newest_ms = max(event["received_at"] for event in segment.outbox)
        is_new = self._ports.clock() - newest_ms < _WAITS_FOR_BUS_MS
        return is_new or is_full(segment.outbox)

    def _quarantine_rejected(self, shard: str) -> None:
        """Quarantine all rejections, even of segments that failed."""
        for decoded in self._decoded.values():
            self.figures.counts["Received"] += decoded.readings
            self._rejected += decoded.rejected
        if not self._rejected:
            return
        rejected = sorted(self._rejected, key=_stream_position)
        try:
            self._ports.quarantine.keep(shard, rejected)
        except QuarantineError as error:
            self.faults[str(error)] += 1
            self.failed += [message.sequence_number for _, message, _ in rejected]
            return
        for _, _, fault in rejected:
            self.figures.counts["Rejected"] += fault.readings
            self.figures.reasons[fault.reason] += fault.readings

    def _give_up(self, segment_id: str, fault: TrafficError) -> None:
        """Fail the rest of a segment: Lambda retries from its first message."""
        self._record_failure(self._next(segment_id), fault)
        del self._waiting[segment_id]

    def _next(self, segment_id: str) -> str:
        """Return the sequence number of the segment's first remaining message."""
        rest = self._rest.get(segment_id)
        if rest:
            return rest[0][0].sequence_number
        return _lowest_sequence(self._waiting[segment_id])

    def _record_failure(self, sequence_number: str, fault: TrafficError) -> None:
        self.failed.append(sequence_number)
        self.faults[str(fault)] += 1
        self.figures.counts["FailedSegments"] += 1


def _stream_position(one: QuarantineEntry) -> tuple[int, int]:
    """Return the position of a rejection in the stream, by message and reading."""
    _, message, fault = one
    position = -1 if fault.position is None else fault.position
    return int(message.sequence_number), position


def _lowest_sequence(bodies: Sequence[RecordBody]) -> str:
    number: str = min((body["sequenceNumber"] for body in bodies), key=int)
    return number


def _halves(messages: Part) -> tuple[Part, Part]:
    """Split messages in two halves, or the readings of a single message."""
    if len(messages) > 1:
        middle = len(messages) // 2
        return messages[:middle], messages[middle:]
    (message,) = messages
    middle = len(message.readings) // 2
    positions = message.positions or range(len(message.readings))
    first, second = (
        _with(message, readings=message.readings[part], positions=positions[part])
        for part in (slice(middle), slice(middle, None))
    )
    return [first], [second]
