"""The outside world of a batch, in memory: tables, a bus and a quarantine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace as with_fields

from traffic.errors import Conflict
from traffic.model import StoredSegment
from traffic.processor.aws import QuarantineEntry, lines
from traffic.segment.decide import Decision


@dataclass
class MemoryStore:
    """Keeps segments; the next writes of a segment meet what *refusals* holds for it.

    What is in *meanwhile* happens once, between the next read and its write.
    """

    segments: dict[str, StoredSegment] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    refusals: dict[str, list[Exception | None]] = field(default_factory=dict)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    unreadable: dict[str, Exception] = field(default_factory=dict)

    def read(self, segment_ids: Sequence[str]) -> dict[str, Any]:
        """What is stored of each, or the error that waits for it."""
        found = {s: self.segments.get(s, StoredSegment(s)) for s in segment_ids}
        return {s: self.unreadable.get(s, one) for s, one in found.items()}

    def write(self, decisions: Sequence[Decision]) -> dict[str, Any]:
        """Write each unless it is refused or its version has moved."""
        while self.meanwhile:
            self.meanwhile.pop()()
        return {one.segment.segment_id: self._write(one) for one in decisions}

    def _write(self, decision: Decision) -> Exception | None:
        new = decision.segment
        waiting = self.refusals.get(new.segment_id)
        refusal = waiting.pop(0) if waiting else None
        if refusal is not None:
            return refusal
        stored = self.segments.get(new.segment_id, StoredSegment(new.segment_id))
        if stored.version != new.version - 1:
            return Conflict(f"{new.segment_id}: {stored.version} is stored")
        self.segments[new.segment_id] = new
        self.decisions.append(decision)
        return None

    def mark_sent(self, segments: Sequence[StoredSegment]) -> set[str]:
        """Empty the outboxes of these versions; return the others."""
        newer = set()
        for one in segments:
            if self.segments[one.segment_id].version == one.version:
                self.segments[one.segment_id] = with_fields(one, outbox=())
            else:
                newer.add(one.segment_id)
        return newer


@dataclass
class MemoryBus:
    """Keeps events; refuses those whose segment is in *refuses*, or fails once."""

    events: list[dict[str, Any]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    fault: Exception | None = None

    def send(self, events: Sequence[dict[str, Any]]) -> list[bool]:
        """Take the events."""
        if self.fault is not None:
            raise self.fault
        taken = [event["segment_id"] not in self.refuses for event in events]
        self.events += [
            e for e, is_taken in zip(events, taken, strict=True) if is_taken
        ]
        return taken


@dataclass
class MemoryQuarantine:
    """Keeps lines of JSON by shard."""

    kept: list[tuple[str, list[str]]] = field(default_factory=list)
    fault: Exception | None = None

    def keep(self, shard: str, rejected: Sequence[QuarantineEntry]) -> None:
        """Take the rejections."""
        if self.fault is not None:
            raise self.fault
        self.kept.append((shard, lines(rejected)))
