"""Refused readings, those that wait and those that were put back; pure.

A rejection is known by the record's sequence number and its place in it, and may lie in
several objects. It was published once: it waits in quarantine, or it was put back and
counts anew, and every further time that it was put is a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from trafficctl.redrive.journal import History, Place

Rejections = dict[tuple[str, Any], int]  # readings, by sequence number and index


@dataclass(frozen=True)
class Refused:
    """Readings in quarantine, in objects of an interrupted redrive, and copies."""

    waiting: int = 0
    interrupted: int = 0
    copies: int = 0


def count_refused(
    waiting: Iterable[tuple[Place, Rejections]],
    moved: Iterable[tuple[Place, Rejections]],
    history: History,
) -> Refused:
    """Count the rejections in objects: those in quarantine, those moved out of it.

    Both are named by the place they have, or had, in quarantine. One that was put and
    not yet moved counts as put; one that was written again after it was moved, by a
    retry of its batch, brings only what is new.
    """
    put, begun, plain = Tally(), Tally(), Tally()
    gone = set()
    for place, rejections in moved:
        gone.add(place)
        put.add(rejections)
    for place, rejections in waiting:
        if history.is_begun(place):
            begun.add(rejections)
        elif history.is_put(place) and place not in gone:
            put.add(rejections)
        else:
            plain.add(rejections)
    tried = put.distinct | begun.distinct
    return Refused(
        waiting=_sum(plain.distinct, but=tried),
        interrupted=_sum(begun.distinct, but=put.distinct),
        copies=put.readings + begun.readings - _sum(tried, but={}),
    )


class Tally:
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
