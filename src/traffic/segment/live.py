"""Live measures of a segment, from its working state."""

from __future__ import annotations

from typing import Optional

from ..model import Road
from ..policy import FULL_OCCUPANCY
from .measures import Measures, blended, is_covered, measures, score_of
from .state import WorkingState, own_scores
from .windows import PACE_UNITS


def live_score(state: WorkingState, road: Road) -> Optional[float]:
    """Return the congestion score of the segment, 0-100, None if unknown.

    Scores that sensors report themselves are averaged in.
    """
    if not state.fresh:
        return None
    ours = score_of(state.live, road.free_flow_speed, state.is_passing())
    scores = own_scores(state)
    if not scores:
        return ours
    theirs, share = sum(scores) / len(scores) / 10, len(scores) / state.fresh
    return theirs if share == 1 else blended(ours, theirs, share)


def is_free_flowing(state: WorkingState, low_kmh: float) -> bool:
    """Whether the segment is calm, and stays calm with speeds of *low_kmh* or more."""
    live = state.live
    moving, pace = live.moving - live.scored_moving, live.pace - live.scored_pace
    return (
        state.alert.is_calm()
        and (moving <= 0 or PACE_UNITS * moving >= low_kmh * pace)
        and not is_covered(live)
    )


def live_measures(state: WorkingState, road: Road) -> Measures:
    """Return the live measures; all None if no sensor is fresh."""
    if not state.fresh:
        return Measures()
    return measures(state.live, road, state.is_passing(), live_score(state, road))


def is_queue(state: WorkingState) -> bool:
    """Whether standing vehicles cover the detectors.

    A sensor that never counted a vehicle may report percent: partial occupancy is then
    no proof of a queue.
    """
    if not is_covered(state.live):
        return False
    is_full = is_covered(state.live, FULL_OCCUPANCY)
    return is_full or any(sensor.has_counted for sensor in state.sensors.values())
