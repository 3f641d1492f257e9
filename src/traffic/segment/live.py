"""The traffic of the present, from a segment's working state."""

from __future__ import annotations

from typing import Optional

from ..model import Road
from .measures import Measures, blended, is_covered, measures, score_of
from .state import WorkingState, own_scores
from .windows import PACE_UNITS


def score_now(state: WorkingState, road: Road) -> Optional[float]:
    """Return the congestion score of the segment, 0-100, None where it is unknown.

    Sensors that report a score of their own are averaged in by their latest one.
    """
    if not state.fresh:
        return None
    ours = score_of(state.live, road.free_flow_speed, state.is_passing())
    scores = own_scores(state)
    if not scores:
        return ours
    theirs, share = sum(scores) / len(scores) / 10, len(scores) / state.fresh
    return theirs if share == 1 else blended(ours, theirs, share)


def is_low(state: WorkingState, low_kmh: float) -> bool:
    """Whether the segment is calm, and stays so by readings of *low_kmh* or more."""
    live = state.live
    moving, pace = live.moving - live.scored_moving, live.pace - live.scored_pace
    return (
        state.alert.is_calm()
        and (moving <= 0 or PACE_UNITS * moving >= low_kmh * pace)
        and not is_covered(live)
    )


def present(state: WorkingState, road: Road) -> Measures:
    """Return the measures of the present; none where no sensor can speak for it."""
    if not state.fresh:
        return Measures()
    return measures(state.live, road, state.is_passing(), score_now(state, road))
