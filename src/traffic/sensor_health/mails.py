"""Which changes are mailed, so that one outage is one notification: pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from ..segment.decide import Decision
from . import thresholds
from .faults import Fault
from .memory import Memory


def mark_mails(
    opened: Sequence[Fault],
    changed: Sequence[tuple[Fault, Fault]],
    memory: Memory,
    now_ms: int,
) -> list[int]:
    """Mark the events of a sweep that are not mailed; return when mails were sent.

    The broadest faults are mailed first. The last mail says how many more changes there
    are; these are still on the bus and in the list. Single sensors are never mailed.
    """
    new_events = [fault for fault in opened if fault.outbox]
    new_events += [
        fault for before, fault in changed if len(fault.outbox) > len(before.outbox)
    ]
    events = [fault.outbox[-1] for fault in new_events]
    events = [event for event in events if event["scope"] != thresholds.SENSOR]
    events.sort(key=lambda event: thresholds.SCOPES.index(event["scope"]))
    mailed = [at for at in memory.mailed if now_ms - at < thresholds.MAILS_MS]
    most = max(1, thresholds.MOST_MAILS - len(mailed))
    for event in events[most:]:
        event["quiet"] = True
    if len(events) > most:
        events[most - 1]["more"] = _more(len(events) - most)
    return mailed + [now_ms] * min(most, len(events))


def _more(many: int) -> str:
    return f" And {many:,} more: `trafficctl sensors health` lists them."


def limit_mails(decisions: Sequence[Decision]) -> list[Decision]:
    """Return decisions that close segments, with a limited number of mails.

    Further events are `quiet`; the last one that is not has their number.
    """
    closing = [one for one in decisions if one.changes]
    loud, quiet = closing[: thresholds.MOST_MAILS], closing[thresholds.MOST_MAILS :]
    if not quiet:
        return list(decisions)
    loud = [*loud[:-1], _with_event(loud[-1], more_closed=len(quiet))]
    calm = [one for one in decisions if not one.changes]
    return [*loud, *(_with_event(one, quiet=True) for one in quiet), *calm]


def _with_event(decision: Decision, **values: Any) -> Decision:
    *before, event = decision.segment.outbox
    outbox = (*before, {**event, **values})
    return replace(decision, segment=replace(decision.segment, outbox=outbox))
