"""What the readings of a batch mean for one segment: pure, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from .alerts import LEVELS, NONE
from .announce import alert_id_of, event_of
from .enrich import Measures
from .fold import fold
from .folded import Change
from .model import Parcel, Rejection, StoredSegment, Tallies
from .policy import Policy
from .restore import Row, Rows
from .state import WorkingState, latest, pack, unpack
from .windows import Window, window_measures

# Digits kept of each measure: what a detector can tell, and what an item can afford.
_DIGITS = {
    "flow": 0,
    "flow_per_lane": 0,
    "speed": 1,
    "density": 1,
    "occupancy": 3,
    "speed_ratio": 3,
    "travel_time_index": 2,
    "congestion_score": 1,
}


_NO_ROWS: Rows = {}


@dataclass(frozen=True)
class Decision:
    """The segment as it shall be stored, and what goes with it.

    *live* holds the attributes a controller sees, None for those that are absent now;
    *closed* and *late* are sums per minute for `segment_history`, *restored* those that
    redrive put back; *changes* are the alert's transitions, announced by the newest
    events of the segment's outbox; *redelivered* counts readings that came again
    without having been published again.
    """

    segment: StoredSegment
    live: dict[str, Any]
    closed: Sequence[tuple[int, Window]]
    late: dict[int, Window]
    changes: Sequence[Change]
    rejected: Sequence[tuple[Parcel, Rejection]]
    counted: Tallies
    redelivered: int
    restored: dict[int, Row] = field(default_factory=dict)

    def is_news(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.counted.accepted or self.counted.duplicate)


def decide(
    stored: StoredSegment,
    parcels: Sequence[Parcel],
    now_ms: int,
    policy: Policy,
    rows: Rows = _NO_ROWS,
) -> Decision:
    """Take *parcels*, the messages of one segment in their order, into *stored*.

    *now_ms* is the wall clock and is only written down, never decided upon: a replay
    decides the same. *rows* are the stored minutes that `restore.minutes_in_question`
    names, read after the segment.
    """
    state = unpack(stored.packed)
    folded = fold(state, parcels, stored.road, policy, rows)
    events = tuple(event_of(one, stored, now_ms, policy) for one in folded.changes)
    return Decision(
        segment=replace(
            stored,
            version=stored.version + 1,
            tallies=stored.tallies.plus(folded.tallies()),
            packed=pack(state),
            outbox=stored.outbox + events,
        ),
        live=_live(stored, state, parcels, now_ms),
        closed=folded.closed,
        late=folded.late,
        changes=folded.changes,
        rejected=folded.rejected,
        counted=folded.tallies(),
        redelivered=folded.redelivered,
        restored=folded.restored,
    )


def rounded(measures: Measures) -> dict[str, Any]:
    """Return the measures as attributes, each with the digits it can bear."""
    values = dict(vars(measures))
    for name, digits in _DIGITS.items():
        value = values[name]
        if value is not None:
            values[name] = round(value, digits) if digits else round(value)
    return values


def _live(
    stored: StoredSegment, state: WorkingState, parcels: Sequence[Parcel], now_ms: int
) -> dict[str, Any]:
    known = len(state.sensors)
    return {
        "updated_at": now_ms,
        "observed_at": state.clock,
        **_received(stored, parcels),
        **rounded(window_measures(latest(state), stored.road)),
        "sensors": known,
        "sensors_reporting": round(state.fresh / known, 3) if known else 0,
        **alert_of(stored.segment_id, state),
    }


def _received(stored: StoredSegment, parcels: Sequence[Parcel]) -> dict[str, int]:
    """Return when the newest message came; what was put back is none of the newest."""
    fresh = [parcel.reference_ms for parcel in parcels if not parcel.redriven]
    if fresh:
        return {"received_at": max(fresh)}
    if stored.version:
        return {}  # what is stored stays
    return {"received_at": max(parcel.reference_ms for parcel in parcels)}


def alert_of(segment_id: str, state: WorkingState) -> dict[str, Optional[Any]]:
    """Return the attributes that tell of the segment's alert, None for those absent."""
    alert = state.alert
    if alert.level == NONE:
        return {"alert_level": LEVELS[NONE], "alert_id": None, "alert_since": None}
    return {
        "alert_level": LEVELS[alert.level],
        "alert_id": alert_id_of(segment_id, alert.opened_at),
        "alert_since": alert.level_since,
    }
