"""Close a segment whose sensors stopped reporting: pure, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from msgspec.structs import replace

from ..model import ReadingCounts, StoredSegment
from ..policy import Policy
from .alert_events import event_of
from .alerts import NONE, close, forget_pending
from .decide import Decision, alert_of
from .fold_result import AlertChange
from .live import live_measures, live_score
from .measures import Measures
from .state import WorkingState, flush
from .state_codec import pack, unpack
from .windows import tenths_of


def is_closed(state: WorkingState) -> bool:
    """Whether the alert is calm, no sensor fresh and no open minute has readings."""
    return (
        state.alert.is_calm()
        and not any(sensor.is_fresh for sensor in state.sensors.values())
        and not any(window.readings for window in state.windows.values())
    )


def close_silent_segment(
    stored: StoredSegment, now_ms: int, policy: Policy
) -> Optional[Decision]:
    """Return the decision that closes a segment whose sensors all stopped reporting.

    It closes the alert, drops a pending one, writes the open minutes and marks all
    sensors stale. None if the segment is closed already.
    """
    state = unpack(stored.packed)
    if is_closed(state):
        return None
    changes = _closed(state, now_ms, stored)
    forget_pending(state.alert)
    closed = flush(state)
    events = tuple(event_of(one, stored, now_ms, policy) for one in changes)
    return Decision(
        segment=replace(
            stored,
            version=stored.version + 1,
            packed=pack(state),
            outbox=stored.outbox + events,
        ),
        live=_live(stored.segment_id, state),
        closed=closed,
        late={},
        changes=changes,
        rejected=(),
        counts=ReadingCounts(),
        redelivered=0,
    )


def _closed(
    state: WorkingState, now_ms: int, stored: StoredSegment
) -> Sequence[AlertChange]:
    """Close the alert, if one is open, with the last known traffic."""
    alert = state.alert
    if alert.level == NONE:
        return []
    tenths = tenths_of(live_score(state, stored.road))
    transition = close(alert, alert.peak if tenths is None else tenths, now_ms)
    measures = live_measures(state, stored.road)
    return [AlertChange(transition, now_ms, measures, state.is_passing())]


def _live(segment_id: str, state: WorkingState) -> dict[str, Any]:
    """Return the live attributes: the number of sensors, none of them reporting.

    `observed_at`, `received_at` and `updated_at` stay those of the last reading.
    """
    return {
        **dict.fromkeys(Measures.__struct_fields__),
        "sensors": len(state.sensors),
        "sensors_reporting": 0,
        **alert_of(segment_id, state.alert),
    }
