"""Decide what the messages of one segment change: pure, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from ..model import DecodedMessage, ReadingCounts, Rejection, StoredSegment
from ..policy import Policy
from .alert_events import alert_id_of, event_of
from .alerts import LEVELS, NONE
from .fold import fold
from .fold_result import AlertChange
from .live import live_measures
from .measures import Measures
from .state import WorkingState
from .state_codec import pack, unpack
from .windows import Window

# Digits stored of each measure: limited by detector precision and item size.
_DIGITS = {
    "flow": 0,
    "flow_per_lane": 0,
    "speed": 1,
    "density": 1,
    "occupancy": 3,
    "speed_ratio": 3,
    "travel_time_index": 2,
    "congestion_score": 1,
    "speed_estimated": 2,
}


@dataclass(frozen=True)
class Decision:
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
    state = unpack(stored.packed)
    result = fold(state, messages, stored.road, policy, stored.suspects)
    events = tuple(event_of(one, stored, now_ms, policy) for one in result.changes)
    return Decision(
        segment=replace(
            stored,
            version=stored.version + 1,
            counts=stored.counts.plus(result.counts()),
            packed=pack(state),
            outbox=stored.outbox + events,
        ),
        live=_live(stored, state, result.received_at, now_ms),
        closed=result.closed,
        late=result.late,
        changes=result.changes,
        rejected=result.rejected,
        counts=result.counts(),
        redelivered=result.redelivered,
        is_live=result.received_at is not None,
    )


def rounded(figures: Measures) -> dict[str, Any]:
    """Return the measures as attributes, rounded to their digits."""
    values = dict(vars(figures))
    for name, digits in _DIGITS.items():
        value = values[name]
        if value is not None:
            values[name] = round(value, digits) if digits else round(value)
    return values


def _live(
    stored: StoredSegment, state: WorkingState, received: Optional[int], now_ms: int
) -> dict[str, Any]:
    """Return the live attributes; *received* (ms) is that of the newest reading."""
    known = len(state.sensors)
    reporting = sum(sensor.is_fresh for sensor in state.sensors.values())
    return {
        "updated_at": now_ms,
        "observed_at": state.clock,
        **({} if received is None else {"received_at": received}),
        **rounded(live_measures(state, stored.road)),
        "sensors": known,
        "sensors_reporting": round(reporting / known, 3) if known else 0,
        **alert_of(stored.segment_id, state),
    }


def alert_of(segment_id: str, state: WorkingState) -> dict[str, Optional[Any]]:
    """Return the attributes of the segment's alert, None for those without a value."""
    alert = state.alert
    if alert.level == NONE:
        return {"alert_level": LEVELS[NONE], "alert_id": None, "alert_since": None}
    return {
        "alert_level": LEVELS[alert.level],
        "alert_id": alert_id_of(segment_id, alert.opened_at),
        "alert_since": alert.level_since,
    }
