"""Which changes people get a mail about, so that one outage is one notice: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..segment.decide import Decision
from . import thresholds
from .faults import Fault
from .memory import Memory


def mail(
    opened: Sequence[Fault],
    changed: Sequence[tuple[Fault, Fault]],
    memory: Memory,
    now_ms: int,
) -> list[int]:
    """Mark the events of a sweep that are not mailed; return when mails went out.

    The broadest are mailed first. The last mail says how many more changes there are:
    they are on the bus and in the list as ever. Single sensors are never mailed.
    """
    news = [fault for fault in opened if fault.outbox]
    news += [fault for was, fault in changed if len(fault.outbox) > len(was.outbox)]
    events = [fault.outbox[-1] for fault in news]
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


def hushed(decisions: Sequence[Decision]) -> list[Decision]:
    """Return segments put to rest so that people get a few mails of closed alerts.

    The events of the others are `quiet`, and the last one that is not says how many
    there are.
    """
    closing = [one for one in decisions if one.changes]
    loud, quiet = closing[: thresholds.MOST_MAILS], closing[thresholds.MOST_MAILS :]
    if not quiet:
        return list(decisions)
    traffic = loud[-1].segment.outbox[-1]["traffic"]
    told = f"{traffic}; silence closed {len(quiet):,} more alerts"
    loud = [*loud[:-1], _with_event(loud[-1], traffic=told)]
    calm = [one for one in decisions if not one.changes]
    return [*loud, *(_with_event(one, quiet=True) for one in quiet), *calm]


def _with_event(decision: Decision, **values: Any) -> Decision:
    *before, event = decision.segment.outbox
    outbox = (*before, {**event, **values})
    return replace(decision, segment=replace(decision.segment, outbox=outbox))
