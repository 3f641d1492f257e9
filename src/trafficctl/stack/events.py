"""Where one operation on a stack begins and ends among the stack's events. Pure.

A stack's own events, beside those of its resources, mark both. The texts and the order
are CloudFormation's; a local city leaves the reason out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from trafficctl.stack.status import is_under_way

Event = dict[str, Any]

ORDERED = "User Initiated"
# A rollback may follow them within the same operation.
HALF_WAY = ("CREATE_FAILED", "UPDATE_FAILED")


def end(events: Sequence[Event]) -> str | None:
    """The status in which the operation among these events (oldest first) has ended.

    None while it goes on, and before it has begun: what came before its beginning is
    the end of another one.
    """
    own = [_status(one) for one in events if _is_own(one)]
    if not has_begun(events) or is_under_way(own[-1]):
        return None
    return own[-1]


def has_begun(events: Sequence[Event]) -> bool:
    """Whether an operation begins among these events."""
    return any(_is_own(one) and is_under_way(_status(one)) for one in events)


def before_the_last(newest_first: Iterable[Event]) -> str | None:
    """The id of the event before the last operation, under way or just ended.

    None if there is no event before it.
    """
    begun = first = False
    for event in newest_first:
        if first or (begun and _ends(event)):
            return str(event["EventId"])
        if _is_own(event) and _status(event).endswith("_IN_PROGRESS"):
            begun = True
            first = event.get("ResourceStatusReason") == ORDERED
    return None


def of_the_deletion(newest_first: Iterable[Event]) -> Iterator[Event]:
    """The events of a stack's deletion, the newest first: all its tries together."""
    return takewhile(
        lambda one: not _is_own(one) or _status(one).startswith("DELETE_"),
        newest_first,
    )


def of_a_failed_creation(newest_first: Iterable[Event]) -> Iterator[Event]:
    """The events of a stack that never stood, the newest first; of another, none."""
    failed = False
    for event in newest_first:
        status = _status(event)
        if _is_own(event) and not status.startswith("DELETE_"):
            failed = failed or status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
            if not failed:
                return
        if failed:
            yield event


def _ends(event: Event) -> bool:
    status = _status(event)
    if not _is_own(event) or status in HALF_WAY:
        return False
    return not status.endswith("_IN_PROGRESS")


def _is_own(event: Event) -> bool:
    """Whether it is about the stack itself: a nested stack has an id of its own."""
    kind, of = event["ResourceType"], event.get("PhysicalResourceId")
    return kind == "AWS::CloudFormation::Stack" and bool(of == event["StackId"])


def _status(event: Event) -> str:
    return str(event["ResourceStatus"])
