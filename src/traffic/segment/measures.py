"""Measures of traffic, in the field's own terms, from sums over readings.

Symbols: n vehicles counted in T on one lane, v speed (km/h), q flow (veh/h),
k density (veh/km), u space-mean speed (km/h), o occupancy (0-1), L effective vehicle
length (m).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Optional

import msgspec

from ..model import Road
from ..policy import SLOWEST_PACE_KMH, STANDING_OCCUPANCY
from .windows import PACE_UNITS, Sums

_MS_PER_HOUR = 3_600_000

# Highway Capacity Manual, basic freeway segments: 11, 18, 26, 35 and 45 passenger cars
# per mile and lane, here per km.
_DENSITY_LIMITS = (7.0, 11.0, 16.0, 22.0, 28.0)
_LEVELS = "ABCDEF"


class Measures(msgspec.Struct, frozen=True, gc=False):
    """The state of traffic on a segment over some time; None where unknown.

    Flow in veh/h (segment, and per lane), speed in km/h (space mean), density in
    veh/km per lane, occupancy and speed ratio 0-1, congestion score 0-100;
    *speed_estimated* is the share of vehicles whose speed is estimated, None for none.
    """

    flow: Optional[float] = None
    flow_per_lane: Optional[float] = None
    speed: Optional[float] = None
    density: Optional[float] = None
    occupancy: Optional[float] = None
    speed_ratio: Optional[float] = None
    travel_time_index: Optional[float] = None
    level_of_service: Optional[str] = None
    congestion_score: Optional[float] = None
    speed_estimated: Optional[float] = None


def pace_of_cover(occupied_ms: float, effective_length_m: float) -> float:
    """Return the summed pace (h/km) of vehicles that occupied a loop for that time.

    A vehicle of speed v occupies it for L / v, so the sum of 1/v is the occupied time /
    L. This is Athol's estimate of speed from flow and occupancy (1965), v = q L / o.
    """
    return occupied_ms / _MS_PER_HOUR / (effective_length_m / 1000)


def occupancy_of(sums: Sums) -> Optional[float]:
    """Return the occupied share of the observed time, 0-1."""
    return sums.occupied_ms / sums.observed_ms if sums.observed_ms else None


def is_covered(sums: Sums, share: float = STANDING_OCCUPANCY) -> bool:
    """Whether the detectors are occupied for a *share* of the time, as by a queue."""
    return sums.occupied_ms >= share * (sums.observed_ms or 1)


def speed_of(sums: Sums, is_passing: bool) -> Optional[float]:
    """Return the space-mean speed, 0 for a standing queue, None if unknown.

    *is_passing* means that vehicles pass now. A standing queue occupies the detectors,
    but no vehicle passes.
    """
    return _speed(sums, sums.moving, sums.pace, is_passing)


def _speed(sums: Sums, moving: int, pace: int, is_passing: bool) -> Optional[float]:
    if is_passing:
        return PACE_UNITS * moving / pace if moving > 0 and pace > 0 else None
    return 0.0 if is_covered(sums) and sums.exposure_ms else None


def score_of(
    sums: Sums, free_flow: Optional[float], is_passing: bool
) -> Optional[float]:
    """Return the congestion score from speed, 0-100, of sensors that report none.

    100 * (1 - u / free flow), clipped; 100 for a standing queue, 0 for an empty road.
    None if speed or free flow is unknown.
    """
    moving, pace = sums.moving - sums.scored_moving, sums.pace - sums.scored_pace
    speed = _speed(sums, moving, pace, is_passing)
    if speed == 0:
        return 100.0
    if free_flow is None or not sums.total_ms:
        return None
    if speed is not None:
        return max(0.0, 100.0 * (1.0 - speed / free_flow))
    is_unmeasured = is_passing and (sums.vehicles or sums.probes)
    return None if is_unmeasured or not sums.exposure_ms else 0.0


def blended(
    ours: Optional[float], theirs: Optional[float], share: float
) -> Optional[float]:
    """Return the score of a segment from the score by speed and the sensors' own.

    *share* (0-1) of the sensors report a score themselves.
    """
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return theirs * share + ours * (1 - share)


def level_of_service(density: Optional[float]) -> Optional[str]:
    """Return A-F from density in veh/km per lane."""
    if density is None:
        return None
    return _LEVELS[bisect_left(_DENSITY_LIMITS, density)]


def density_of(
    flow_per_lane: Optional[float],
    speed: Optional[float],
    occupancy: Optional[float],
    effective_length_m: float,
) -> Optional[float]:
    """Return veh/km per lane: k = q / u, or 1000 o / L where no speed is known."""
    if speed and flow_per_lane is not None:
        return flow_per_lane / speed
    if occupancy is not None:
        return 1000.0 * occupancy / effective_length_m
    return 0.0 if flow_per_lane == 0 and speed is None else None


def measures(
    sums: Sums, road: Road, is_passing: bool, score: Optional[float]
) -> Measures:
    """Return the measures of *road* over the readings of *sums*, with that *score*.

    *is_passing* means that vehicles pass at the end of that time.
    """
    exposure_h = sums.exposure_ms / _MS_PER_HOUR
    per_lane = sums.vehicles / exposure_h if exposure_h > 0 else None
    speed, occupancy = speed_of(sums, is_passing), occupancy_of(sums)
    density = density_of(per_lane, speed, occupancy, road.effective_length_m)
    return Measures(
        flow=None if per_lane is None else per_lane * road.lanes,
        flow_per_lane=per_lane,
        speed=speed,
        density=density,
        occupancy=occupancy,
        speed_ratio=_over(speed, road.free_flow_speed),
        travel_time_index=_index(speed, road.free_flow_speed),
        level_of_service="F" if speed == 0 else level_of_service(density),
        congestion_score=score,
        speed_estimated=_over(sums.estimated or None, sums.moving) if speed else None,
    )


def _over(one: Optional[float], other: Optional[float]) -> Optional[float]:
    return None if one is None or other is None else one / other


def _index(speed: Optional[float], free_flow: Optional[float]) -> Optional[float]:
    """Return the travel time index: the travel time over that of free flow."""
    return _over(free_flow, None if speed is None else max(speed, SLOWEST_PACE_KMH))


def window_measures(sums: Sums, road: Road) -> Measures:
    """Return the measures of *road* over the whole readings of *sums*."""
    is_passing = sums.vehicles + sums.probes > 0
    ours = score_of(sums, road.free_flow_speed, is_passing)
    if not sums.scored_ms:
        return measures(sums, road, is_passing, ours)
    theirs, share = sums.scored / sums.scored_ms / 10, sums.scored_ms / sums.total_ms
    return measures(sums, road, is_passing, blended(ours, theirs, share))
