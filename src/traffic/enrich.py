"""Measures of traffic, in the field's own terms, from sums over readings.

Symbols: n vehicles counted in T on one lane, v speed (km/h), q flow (veh/h),
k density (veh/km), u space-mean speed (km/h), o occupancy (0-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .model import Road
from .policy import (
    EFFECTIVE_LENGTH_M,
    SLOWEST_PACE_KMH,
    STANDING_OCCUPANCY,
)

# Highway Capacity Manual, basic freeway segments: 11, 18, 26, 35 and 45 passenger cars
# per mile and lane, here per km.
_DENSITY_LIMITS = ((7.0, "A"), (11.0, "B"), (16.0, "C"), (22.0, "D"), (28.0, "E"))


@dataclass(frozen=True)
class Measures:
    """The state of traffic on a segment over some span; None where it can't be known.

    Flow in veh/h (segment, and per lane), speed in km/h (space mean), density in
    veh/km per lane, occupancy and speed ratio 0-1, congestion score 0-100.
    """

    flow: float
    flow_per_lane: float
    speed: Optional[float]
    density: Optional[float]
    occupancy: Optional[float]
    speed_ratio: Optional[float]
    travel_time_index: Optional[float]
    level_of_service: Optional[str]
    congestion_score: Optional[float]


def is_standing(
    vehicle_count: int, speed: Optional[float], occupancy: Optional[float]
) -> bool:
    """Whether a reading with no vehicle counted tells of a queue, not an empty road.

    Occupancy tells; without it a speed of zero does, since an empty road has none.
    """
    if vehicle_count:
        return False
    if occupancy is not None:
        return occupancy >= STANDING_OCCUPANCY
    return speed is not None and speed < SLOWEST_PACE_KMH


def score_of(
    vehicle_count: int,
    speed: Optional[float],
    occupancy: Optional[float],
    free_flow_kmh: float,
) -> float:
    """Return the congestion score of a reading that carries none, 0-100.

    100 * (1 - v / free flow), clipped; a queue that stands is 100, an empty road 0.
    """
    if not vehicle_count:
        return 100.0 if is_standing(vehicle_count, speed, occupancy) else 0.0
    if speed is None or speed >= free_flow_kmh:
        return 0.0
    return 100.0 * (1.0 - speed / free_flow_kmh)


def level_of_service(density: Optional[float]) -> Optional[str]:
    """Return A-F from density in veh/km per lane."""
    if density is None:
        return None
    return next((los for limit, los in _DENSITY_LIMITS if density <= limit), "F")


def density_of(
    flow_per_lane: float, speed: Optional[float], occupancy: Optional[float]
) -> Optional[float]:
    """Return veh/km per lane: k = q / u, or 1000 o / L where nothing moves."""
    if speed:
        return flow_per_lane / speed
    if occupancy is not None:
        return 1000.0 * occupancy / EFFECTIVE_LENGTH_M
    return None if speed == 0 else 0.0


def measures(
    vehicles: int,
    lane_hours: float,
    pace: float,
    occupancy: Optional[float],
    standing: bool,
    score: Optional[float],
    road: Road,
) -> Measures:
    """Return the measures of a segment from sums over its readings.

    *vehicles* counted during *lane_hours* of observation with a total *pace* of
    sum n/v; *standing* says that some reading told of a queue.
    """
    per_lane = vehicles / lane_hours if lane_hours else 0.0
    speed = vehicles / pace if pace else 0.0 if standing else None
    density = density_of(per_lane, speed, occupancy)
    ratio = None if speed is None else speed / road.free_flow_speed
    index = (
        None if speed is None else road.free_flow_speed / max(speed, SLOWEST_PACE_KMH)
    )
    return Measures(
        flow=per_lane * road.lanes,
        flow_per_lane=per_lane,
        speed=speed,
        density=density,
        occupancy=occupancy,
        speed_ratio=ratio,
        travel_time_index=index,
        level_of_service="F" if speed == 0 else level_of_service(density),
        congestion_score=score,
    )
