"""Refused readings, those that wait and those that were put back; pure.

A rejection is known by the record's sequence number and its place in it, and may lie in
several objects. It was published once: it waits in quarantine, or it was put back and
counts anew, and every further time that it was put is a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from trafficctl.redrive.journal import History, ObjectKey

Rejections = dict[tuple[str, Any], int]  # readings, by sequence number and index


@dataclass(frozen=True)
class QuarantineCounts:
    """Readings in quarantine, in objects of an interrupted redrive, and copies."""

    waiting: int = 0
    interrupted: int = 0
    copies: int = 0


def count_rejections(
    waiting: Iterable[tuple[ObjectKey, Rejections]],
    moved: Iterable[tuple[ObjectKey, Rejections]],
    history: History,
) -> QuarantineCounts:
    """Count the rejections in objects: those in quarantine, those moved out of it.

    Both are named by the place they have, or had, in quarantine. One that was put and
    not yet moved counts as put; one that was written again after it was moved, by a
    retry of its batch, brings only what is new.
    """
    redriven, interrupted, untouched = (
        RejectionCount(),
        RejectionCount(),
        RejectionCount(),
    )
    moved_keys = set()
    for place, rejections in moved:
        moved_keys.add(place)
        redriven.add(rejections)
    for place, rejections in waiting:
        if history.is_interrupted(place):
            interrupted.add(rejections)
        elif history.is_redriven(place) and place not in moved_keys:
            redriven.add(rejections)
        else:
            untouched.add(rejections)
    tried = redriven.distinct | interrupted.distinct
    return QuarantineCounts(
        waiting=_sum(untouched.distinct, but=tried),
        interrupted=_sum(interrupted.distinct, but=redriven.distinct),
        copies=redriven.readings + interrupted.readings - _sum(tried, but={}),
    )


class RejectionCount:
    """Rejections of some objects: each once, and the readings of all of them."""

    def __init__(self) -> None:
        self.distinct: Rejections = {}
        self.readings = 0

    def add(self, rejections: Rejections) -> None:
        """Add those of an object."""
        self.distinct.update(rejections)
        self.readings += sum(rejections.values())


def _sum(rejections: Rejections, but: Rejections) -> int:
    return sum(readings for key, readings in rejections.items() if key not in but)
