"""Counts quarantined readings, waiting and redriven; pure.

A rejection is identified by the record's sequence number and its index, and may be in
several objects. It was published once: it waits in quarantine or was redriven, and
every further redrive of it is a copy.
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

    Both are keyed by their original place in quarantine. One redriven and not yet moved
    counts as redriven; one written again after the move, by a retry of its batch,
    counts only what is new.
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
    """The distinct rejections of some objects, and their total readings."""

    def __init__(self) -> None:
        self.distinct: Rejections = {}
        self.readings = 0

    def add(self, rejections: Rejections) -> None:
        """Add the rejections of an object."""
        self.distinct.update(rejections)
        self.readings += sum(rejections.values())


def _sum(rejections: Rejections, but: Rejections) -> int:
    return sum(readings for key, readings in rejections.items() if key not in but)
