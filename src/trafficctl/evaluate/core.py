"""Runs the processor's core on the readings of one segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from traffic.model import DecodedMessage, Reading, Road, StoredSegment
from traffic.policy import Policy
from traffic.segment.alerts import Transition
from traffic.segment.decide import decide

MESSAGES = 200  # per decision: the result does not depend on it


class Alert(NamedTuple):
    """An alert of a segment; event times in ms, `cleared_ms` None while open."""

    segment_id: str
    opened_ms: int
    cleared_ms: int | None


class Segment:
    """The core on the messages of one segment, `messages` per decision.

    `transitions` and `scores`, the live score after each decision, are complete after
    `decide`.
    """

    def __init__(
        self, segment_id: str, road: Road, policy: Policy, messages: int = MESSAGES
    ) -> None:
        self.road = road
        self.transitions: list[Transition] = []
        self.scores: list[float] = []
        self.rejected = 0
        self._stored = StoredSegment(segment_id, road=road)
        self._policy, self._messages = policy, messages
        self._parcels: list[DecodedMessage] = []
        self._sequence = self._received_ms = 0

    def take(self, received_ms: int, readings: Sequence[Reading]) -> None:
        """Add one message, received no earlier than the previous one."""
        self._sequence += 1
        self._received_ms = max(received_ms, self._received_ms)
        message = DecodedMessage(str(self._sequence), self._received_ms, readings)
        self._parcels.append(message)
        if len(self._parcels) >= self._messages:
            self.decide()

    def decide(self) -> None:
        """Decide on the messages added since the last decision."""
        if not self._parcels:
            return
        decision = decide(self._stored, self._parcels, self._received_ms, self._policy)
        self._parcels = []
        self._stored = replace(decision.segment, outbox=())
        self.transitions += [change.transition for change in decision.changes]
        self.rejected += len(decision.rejected)
        score = decision.live.get("congestion_score")
        if score is not None:
            self.scores.append(score)

    def alerts(self) -> list[Alert]:
        """The alerts in order; the last may still be open."""
        self.decide()
        alerts: list[Alert] = []
        for change in self.transitions:
            if change.kind == "opened":
                alerts.append(Alert(self._stored.segment_id, change.at, None))
            elif change.kind == "cleared":
                alerts[-1] = alerts[-1]._replace(cleared_ms=change.at)
        return alerts
