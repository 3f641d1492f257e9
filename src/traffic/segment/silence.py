"""A segment that has fallen silent, put to rest: pure, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Optional

from ..model import ReadingCounts, StoredSegment
from ..policy import Policy
from .alert_events import event_of
from .alerts import NONE, close, forget_pending
from .decide import Decision, alert_of
from .fold_result import Change
from .live import present, score_now
from .measures import Measures
from .state import WorkingState, flush
from .state_codec import pack, unpack


def is_at_rest(state: WorkingState) -> bool:
    """Whether silence has nothing left to change of a segment."""
    return (
        state.alert.level == NONE
        and state.alert.is_calm()
        and not any(slot.is_fresh for slot in state.sensors.values())
        and not any(window.readings for window in state.windows.values())
    )


def put_to_rest(
    stored: StoredSegment, now_ms: int, policy: Policy
) -> Optional[Decision]:
    """Return what is to be written of a segment none of whose sensors reports any more.

    Its alert is closed, what was in the making dropped, its open minutes become rows,
    and nothing speaks for the present. None if all that is done already.
    """
    state = unpack(stored.packed)
    if is_at_rest(state):
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
) -> Sequence[Change]:
    """Close the alert, if one is open, with the last traffic that was known."""
    alert = state.alert
    if alert.level == NONE:
        return []
    score = score_now(state, stored.road)
    tenths = alert.peak if score is None else int(score * 10 + 0.5)
    return [Change(close(alert, tenths, now_ms), now_ms, present(state, stored.road))]


def _live(segment_id: str, state: WorkingState) -> dict[str, Any]:
    """Return what a controller sees: how many sensors there are, and none of them.

    `observed_at`, `received_at` and `updated_at` stay: they tell the last reading.
    """
    return {
        **dict.fromkeys(field.name for field in fields(Measures)),
        "sensors": len(state.sensors),
        "sensors_reporting": 0,
        **alert_of(segment_id, state),
    }
