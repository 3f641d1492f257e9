"""What decisions about segments need of the outside: a store and an event bus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Protocol

from ..errors import StoreError
from ..model import StoredSegment
from .decide import Decision

Outcomes = dict[str, Optional[StoreError]]


class Store(Protocol):
    """Keeps segments, their history and their alerts."""

    def read(self, segment_ids: Sequence[str]) -> dict[str, Any]:
        """Return a StoredSegment, or the StoreError met, for each id."""

    def write(self, decisions: Sequence[Decision]) -> Outcomes:
        """Write each whole or not at all; Conflict where another version is stored."""

    def mark_sent(self, segments: Sequence[StoredSegment]) -> None:
        """Empty the outboxes of these versions; a newer version keeps its own."""


class Bus(Protocol):
    """Takes events."""

    def send(self, events: Sequence[dict[str, Any]]) -> list[bool]:
        """Return for each event whether the bus took it; raises PublishError."""
