"""Which sensors are left out of a segment's figures, and why: pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Optional

from ..segment.left_out import Reasons
from . import thresholds
from .details import PERCENT
from .faults import OPEN, Fault
from .last_heard import ScannedSegment
from .outages import ActiveSegment


class LeftOut(NamedTuple):
    """The sensors to leave out of a segment's figures, where the item says otherwise.

    *reasons* is the attribute `left_out` as it is to be, None for no sensor; *before*
    as it was read.
    """

    segment_id: str
    sensors: tuple[str, ...]
    reasons: Optional[str]
    before: Optional[str]


def leaves_out(fault: Fault) -> bool:
    """Whether its sensor is left out: of percent, the processor uses all the rest."""
    is_kind = fault.kind in thresholds.LEFT_OUT_KINDS
    return is_kind and fault.standing == OPEN and fault.detail != PERCENT


def excluded_sensors(faults: Iterable[Fault]) -> dict[str, Reasons]:
    """Return the sensors that these faults leave out, by segment."""
    by_segment: dict[str, Reasons] = defaultdict(dict)
    for fault in faults:
        if leaves_out(fault):
            reasons = by_segment[str(fault.segment_id)]
            reasons[str(fault.sensor_id)] = fault.kind, fault.since
    return by_segment


def changes_of(scanned: ScannedSegment, reasons: Reasons) -> list[LeftOut]:
    """Return the change to write for a segment, if any."""
    names = tuple(sorted(reasons))
    wanted = json.dumps({name: reasons[name] for name in names}) if names else None
    if wanted == scanned.left_out and frozenset(names) == scanned.stored.suspects:
        return []
    return [LeftOut(scanned.stored.segment_id, names, wanted, scanned.left_out)]


def no_figures_fault(one: ActiveSegment, now_ms: int) -> Fault:
    """Return the fault of a segment whose reporting sensors are all left out."""
    road = one.reports.scanned.stored.road
    return Fault(
        thresholds.SEGMENT,
        one.segment_id,
        thresholds.NO_FIGURES,
        now_ms,
        now_ms,
        len(one.sensors),
        segment_id=one.segment_id,
        name=road.name,
        district=road.district,
        detail="every sensor that reports is left out",
    )
