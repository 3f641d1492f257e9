"""The traffic of the present, from a segment's working state."""

from __future__ import annotations

from typing import Optional

from .enrich import Measures, blended, measures, score_of
from .model import Road
from .state import WorkingState


def score_now(state: WorkingState, road: Road) -> Optional[float]:
    """Return the congestion score of the segment, 0-100, None where it is unknown.

    Sensors that report a score of their own are averaged in by their latest one.
    """
    if not state.fresh:
        return None
    ours = score_of(state.live, road.free_flow_speed, state.is_passing())
    if not state.scored:
        return ours
    theirs, share = state.scores / state.scored / 10, state.scored / state.fresh
    return theirs if share == 1 else blended(ours, theirs, share)


def present(state: WorkingState, road: Road) -> Measures:
    """Return the measures of the present; none where no sensor can speak for it."""
    if not state.fresh:
        return Measures()
    return measures(state.live, road, state.is_passing(), score_now(state, road))
