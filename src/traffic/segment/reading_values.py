"""What a reading says of traffic, as far as its sensor is to be believed."""

from __future__ import annotations

from typing import Any

from ..model import Road
from .measures import pace_of_cover
from .state import Slot
from .windows import Summand


def seen(slot: Slot, reading: Any, at: int, span_ms: int, road: Road) -> Summand:
    """Return a reading of *at* (ms) as it is summed; notes what it shows of its sensor.

    Where a sensor counts vehicles but reports no speed, their pace follows from cover.
    """
    count, speed, occupancy = (
        reading.vehicle_count,
        reading.average_speed,
        reading.occupancy,
    )
    score = reading.congestion_score
    tenths = None if score is None else int(score * 10 + 0.5)
    if count:
        slot.counts, slot.estimates = True, speed is None and occupancy is not None
    elif speed and not slot.counts:
        count = None  # a probe that fills in a count of 0
    slot.is_plain = slot.counts and not slot.estimates and not slot.percent_at
    if occupancy is None:
        return count, speed, None, span_ms, tenths, 0.0
    if occupancy > 1:
        slot.percent_at, slot.is_plain = at, False
    if slot.is_percent(at):
        return count, speed, None, span_ms, tenths, 0.0
    cover = 0.0
    if slot.estimates and not speed:
        cover = pace_of_cover(occupancy * span_ms, road.effective_length_m)
    return count, speed, occupancy, span_ms, tenths, cover
