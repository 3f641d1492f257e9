"""The ports that decisions are applied through: a store and an event bus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Protocol

from ..errors import StoreError
from ..model import StoredSegment
from .decide import Decision

Outcomes = dict[str, Optional[StoreError]]


class Store(Protocol):
    """Stores segments, their history and their alerts."""

    def read(self, segment_ids: Sequence[str]) -> dict[str, Any]:
        """Return a StoredSegment or a StoreError for each id."""

    def write(self, decisions: Sequence[Decision]) -> Outcomes:
        """Write each atomically; Conflict where another version is stored."""

    def mark_sent(self, segments: Sequence[StoredSegment]) -> set[str]:
        """Empty the outboxes of these versions; a newer version keeps its own.

        Returns the segments of which another version is stored.
        """


class Bus(Protocol):
    """Accepts events."""

    def send(self, events: Sequence[dict[str, Any]]) -> list[bool]:
        """Return for each event whether the bus accepted it; raises PublishError."""
