"""The places that cost most, from the bottlenecks of several days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from ..profiles.day_file import ActiveBottleneck

WORST = 10


class Bottleneck(NamedTuple):
    """A head over several days, in one shift or in all (then None).

    *days* on which it was active, mean *minutes* and *vehicle_hours* of a day of the
    report, mean *extent_km* of the queue while it was active.
    """

    head: str
    shift: Optional[str]
    days: int
    minutes: float
    extent_km: float
    vehicle_hours: float


def worst(
    days: Sequence[Sequence[ActiveBottleneck]],
    shift: Optional[str] = None,
    most: int = WORST,
) -> list[Bottleneck]:
    """Return the bottlenecks that cost most vehicle-hours, the worst first.

    *days* are the jams of each day, also of those without any; *shift* selects one.
    """
    by_head: dict[str, list[ActiveBottleneck]] = {}
    active_days: dict[str, int] = {}
    for jams in days:
        some = [jam for jam in jams if shift in (None, jam.shift)]
        for head in {jam.head for jam in some}:
            active_days[head] = active_days.get(head, 0) + 1
        for jam in some:
            by_head.setdefault(jam.head, []).append(jam)
    rows = [
        _bottleneck(head, shift, active_days[head], jams, len(days))
        for head, jams in by_head.items()
    ]
    return sorted(rows, key=lambda row: (-row.vehicle_hours, row.head))[:most]


def _bottleneck(
    head: str,
    shift: Optional[str],
    active: int,
    jams: Sequence[ActiveBottleneck],
    days: int,
) -> Bottleneck:
    minutes = sum(jam.minutes for jam in jams)
    return Bottleneck(
        head,
        shift,
        active,
        round(minutes / days, 1),
        round(sum(jam.km_minutes for jam in jams) / minutes, 2),
        round(sum(jam.vehicle_hours for jam in jams) / days, 1),
    )
