"""Decide what the messages of one segment change: pure, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import msgspec
from msgspec.structs import asdict, replace

from ..model import DecodedMessage, ReadingCounts, Rejection, StoredSegment
from ..policy import Policy
from .alert_events import alert_id_of, event_of
from .alerts import LEVELS, NONE, AlertState
from .calm_pack import fold_if_calm
from .fold import fold
from .fold_result import AlertChange, FoldResult
from .measures import Measures
from .packed_live import reporting_in, traffic_of
from .packed_state import PackedState, encode
from .state_codec import load, packed_of, unpack
from .windows import Window

# Digits stored of each measure, None for a whole number: limited by the precision of
# detectors and the size of the item.
_DIGITS = {
    "flow": None,
    "flow_per_lane": None,
    "speed": 1,
    "density": 1,
    "occupancy": 3,
    "speed_ratio": 3,
    "travel_time_index": 2,
    "congestion_score": 1,
    "speed_estimated": 2,
}


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The segment to store, and everything to write with it.

    *live* holds the live attributes, None for those without a current value; *closed*
    and *late* are windows for `segment_history`; *changes* are the alert's transitions,
    whose events are the newest of the segment's outbox; *redelivered* counts readings
    that Kinesis or Lambda delivered again; *is_live* means that some reading is newer
    than all before.
    """

    segment: StoredSegment
    live: dict[str, Any]
    closed: Sequence[tuple[int, Window]]
    late: dict[int, Window]
    changes: Sequence[AlertChange]
    rejected: Sequence[tuple[DecodedMessage, Rejection]]
    counts: ReadingCounts
    redelivered: int
    is_live: bool = True

    def has_changes(self) -> bool:
        """Whether there is anything to write."""
        counts = self.counts
        return bool(counts.accepted or counts.duplicate or counts.stale)


def decide(
    stored: StoredSegment,
    messages: Sequence[DecodedMessage],
    now_ms: int,
    policy: Policy,
) -> Decision:
    """Return the decision after *messages* of one segment, in their order.

    *now_ms* is the wall clock. It is recorded but decides nothing, so a replay decides
    the same.
    """
    packed, result = _folded(stored, messages, policy)
    events = tuple(event_of(one, stored, now_ms, policy) for one in result.changes)
    counts = result.counts()
    return Decision(
        segment=replace(
            stored,
            version=stored.version + 1,
            counts=stored.counts.plus(counts),
            packed=encode(packed),
            outbox=stored.outbox + events,
        ),
        live=_live(stored, packed, result.received_at, now_ms),
        closed=result.closed,
        late=result.late,
        changes=result.changes,
        rejected=result.rejected,
        counts=counts,
        redelivered=result.redelivered,
        is_live=result.received_at is not None,
    )


def _folded(
    stored: StoredSegment, messages: Sequence[DecodedMessage], policy: Policy
) -> tuple[PackedState, FoldResult]:
    """Fold *messages*, by columns if they are calm, else one by one."""
    if not stored.suspects:
        packed = load(stored.packed)
        result = fold_if_calm(packed, messages, stored.road, policy)
        if result is not None:
            return packed, result
    state = unpack(stored.packed)
    result = fold(state, messages, stored.road, policy, stored.suspects)
    return packed_of(state), result


def rounded(figures: Measures) -> dict[str, Any]:
    """Return the measures as attributes, rounded to their digits."""
    values = asdict(figures)
    for name, digits in _DIGITS.items():
        value = values[name]
        if value is not None:
            values[name] = round(value, digits)
    return values


def _live(
    stored: StoredSegment, packed: PackedState, received: Optional[int], now_ms: int
) -> dict[str, Any]:
    """Return the live attributes; *received* (ms) is that of the newest reading."""
    known, reporting = len(packed.names), reporting_in(packed)
    live: dict[str, Any] = {"updated_at": now_ms, "observed_at": packed.clock}
    if received is not None:
        live["received_at"] = received
    live.update(rounded(traffic_of(packed, stored.suspects).measures(stored.road)))
    live["sensors"] = known
    live["sensors_reporting"] = round(reporting / known, 3) if known else 0
    live.update(alert_of(stored.segment_id, packed.alert))
    return live


def alert_of(segment_id: str, alert: AlertState) -> dict[str, Optional[Any]]:
    """Return the attributes of the segment's alert, None for those without a value."""
    if alert.level == NONE:
        return {"alert_level": LEVELS[NONE], "alert_id": None, "alert_since": None}
    return {
        "alert_level": LEVELS[alert.level],
        "alert_id": alert_id_of(segment_id, alert.opened_at),
        "alert_since": alert.level_since,
    }
