"""Live measures of a segment, from its sums and the newest readings of its sensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from ..model import Road
from ..policy import FULL_OCCUPANCY
from .measures import Measures, blended, is_covered, measures, score_of
from .state import WorkingState
from .windows import PACE_UNITS, Sums


class CurrentTraffic(NamedTuple):
    """What the live measures are calculated from.

    *sums* weigh readings by age; *is_passing* means that vehicles pass now; *fresh* is
    the number of sensors whose newest reading is current, and *scores* are the scores
    (tenths) that these report themselves.
    """

    sums: Sums
    is_passing: bool
    fresh: int
    scores: Sequence[int]

    def score(self, road: Road) -> Optional[float]:
        """Return the congestion score of the segment, 0-100, None if unknown.

        Scores that sensors report themselves are averaged in.
        """
        if not self.fresh:
            return None
        scores, number = self.scores, len(self.scores)
        theirs = sum(scores) / number / 10 if number else None
        if number == self.fresh:
            return theirs
        ours = score_of(self.sums, road.free_flow_speed, self.is_passing)
        return blended(ours, theirs, number / self.fresh)

    def measures(self, road: Road) -> Measures:
        """Return the live measures; all None if no sensor is fresh."""
        if not self.fresh:
            return Measures()
        return measures(self.sums, road, self.is_passing, self.score(road))


def own_scores(state: WorkingState) -> list[int]:
    """Return the scores (tenths) that fresh sensors report themselves."""
    scores = [
        sensor.last_reading[4]
        for sensor in state.sensors.values()
        if sensor.is_fresh and not sensor.is_suspect
    ]
    return [score for score in scores if score is not None]


def highest_score(state: WorkingState) -> int:
    """Return the highest of these scores, 0 if there are none."""
    return max(own_scores(state), default=0)


def mean_score(state: WorkingState) -> float:
    """Return the mean of these scores, 0 if there are none."""
    scores = own_scores(state)
    return sum(scores) / len(scores) if scores else 0.0


def traffic_of(state: WorkingState) -> CurrentTraffic:
    """Return the live traffic of a working state."""
    return CurrentTraffic(
        state.live, state.is_passing(), state.fresh, own_scores(state)
    )


def live_score(state: WorkingState, road: Road) -> Optional[float]:
    """Return the congestion score of the segment, 0-100, None if unknown."""
    return traffic_of(state).score(road)


def live_measures(state: WorkingState, road: Road) -> Measures:
    """Return the live measures; all None if no sensor is fresh."""
    return traffic_of(state).measures(road)


def is_free_flowing(live: Sums, low_kmh: float) -> bool:
    """Whether live sums give no high score, and will not by speeds of *low_kmh*."""
    moving, pace = live.moving - live.scored_moving, live.pace - live.scored_pace
    is_free = moving <= 0 or PACE_UNITS * moving >= low_kmh * pace
    return is_free and not is_covered(live)


def is_queue(state: WorkingState) -> bool:
    """Whether standing vehicles cover the detectors.

    A sensor that never counted a vehicle may report percent: partial occupancy is then
    no proof of a queue.
    """
    if not is_covered(state.live):
        return False
    is_full = is_covered(state.live, FULL_OCCUPANCY)
    return is_full or any(sensor.has_counted for sensor in state.sensors.values())
