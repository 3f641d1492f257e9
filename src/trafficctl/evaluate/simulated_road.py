"""A made-up motorway with an on-ramp: its days, and the lanes closed on them. Pure.

Each morning more vehicles arrive than the motorway carries below the ramp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Any

from traffic.policy import HOUR_MS, MINUTE_MS
from trafficctl.roads.geojson import feature, feature_collection
from trafficctl.roads.geometry import Point, between

SEED = 20_260_302
MONDAY_MS = 1_772_409_600_000  # 2 March 2026, 0 h UTC
DAYS = 6
DAY_MIN, DAY_MS = 1_440, 24 * HOUR_MS

SECTIONS, LANES = 16, 3
FREE_FLOW_KMH, RAMP_KMH = 100.0, 60.0
# A vehicle advances this far in a step at free flow. Lengths are multiples of it: its
# travel times are whole steps.
STEP_S = 1.5
STEP_M = FREE_FLOW_KMH / 3.6 * STEP_S
BEFORE_M, TRAP_M, BEHIND_M = 6 * STEP_M, 3 * STEP_M, 6 * STEP_M
SECTION_M = BEFORE_M + TRAP_M + BEHIND_M
RAMP, RAMP_JOINS = 0, 11  # the ramp's number, and the section that it leads into

WEST: Point = (51.4, -0.5)
SECTION_LON = 0.00901  # 625 m at this latitude

# Vehicles an hour on the first section: at night, and added around an hour of the day.
NIGHT = 400.0
PEAKS = ((4_900.0, 7.75, 1.4), (2_200.0, 12.5, 3.5), (3_300.0, 17.0, 2.0))
RAMP_SHARE = 0.2  # of these, join by the ramp
DAY_SPREAD, MINUTE_SPREAD = 0.03, 0.1  # standard deviations, as shares

# What remains of the capacity of three lanes with so many closed: Highway Capacity
# Manual 2000, exhibit 22-6.
REMAINS = {1: 0.49, 2: 0.17}


@dataclass(frozen=True)
class Closure:
    """Lanes closed at the end of a section, from a minute of a day on."""

    day: int
    minute: int
    section: int
    lanes: int
    lasts_min: int

    @property
    def begin_ms(self) -> int:
        """Its beginning in ms since the epoch."""
        return MONDAY_MS + self.day * DAY_MS + self.minute * MINUTE_MS

    @property
    def end_ms(self) -> int:
        """Its end, the same."""
        return self.begin_ms + self.lasts_min * MINUTE_MS


# More vehicles arrive at each than the lanes left can carry: others make no jam. One
# lies within the usual jam at the ramp.
CLOSURES = (
    Closure(0, 6 * 60 + 40, 14, lanes=1, lasts_min=30),
    Closure(0, 13 * 60 + 10, 5, lanes=2, lasts_min=40),
    Closure(1, 12 * 60, 8, lanes=2, lasts_min=25),
    Closure(1, 17 * 60 + 5, 12, lanes=1, lasts_min=30),
    Closure(2, 8 * 60, 4, lanes=1, lasts_min=35),
    Closure(2, 15 * 60 + 30, 15, lanes=2, lasts_min=30),
    Closure(3, 8 * 60 + 10, 9, lanes=2, lasts_min=45),
    Closure(3, 18 * 60 + 30, 3, lanes=2, lasts_min=20),
    Closure(4, 7 * 60 + 30, 13, lanes=1, lasts_min=25),
    Closure(4, 14 * 60 + 20, 7, lanes=2, lasts_min=30),
    Closure(5, 11 * 60 + 15, 16, lanes=2, lasts_min=35),
    Closure(5, 16 * 60 + 20, 9, lanes=1, lasts_min=40),
)


def segment_of(section: int) -> str:
    """The id of a section, 1 is upstream, or of the ramp."""
    return "sim-ramp" if section == RAMP else f"sim-{section:02d}"


def section_of(segment_id: str) -> int:
    """The section that has this id."""
    return RAMP if segment_id == segment_of(RAMP) else int(segment_id[-2:])


def lanes_of(section: int) -> int:
    """The lanes of a section or of the ramp."""
    return 1 if section == RAMP else LANES


def free_flow_of(section: int) -> float:
    """The free-flow speed of a section or of the ramp, km/h."""
    return RAMP_KMH if section == RAMP else FREE_FLOW_KMH


def demand(hour: float) -> float:
    """Vehicles an hour that arrive at the first section of a usual day."""
    return NIGHT + sum(
        more * exp(-(((hour - at) / width) ** 2)) for more, at, width in PEAKS
    )


def demands(day: int, seed: int = SEED) -> Iterator[float]:
    """The same in each minute of a day; days and minutes differ."""
    random = Random(f"{seed} demand {day}")  # noqa: S311 - repeatable, not secret
    of_day = random.gauss(1, DAY_SPREAD)
    for minute in range(DAY_MIN):
        share = of_day * random.gauss(1, MINUTE_SPREAD)
        yield max(0.0, share * demand(minute / 60))


def road_file() -> dict[str, Any]:
    """The GeoJSON of the road."""
    return feature_collection(
        feature(
            _line(section),
            segment_id=segment_of(section),
            name=_name(section),
            lanes=lanes_of(section),
            length_m=SECTION_M,
            free_flow_speed=free_flow_of(section),
            downstream=_following(section),
        )
        for section in (*range(1, SECTIONS + 1), RAMP)
    )


def _following(section: int) -> str:
    if section == RAMP:
        return segment_of(RAMP_JOINS)
    return segment_of(section + 1) if section < SECTIONS else ""


def _name(section: int) -> str:
    if section == RAMP:
        return "Simulated Ramp"
    return f"Simulated Motorway, section {section}"


def _line(section: int) -> list[Point]:
    if section == RAMP:
        end = _begin_of(RAMP_JOINS)
        return [(end[0] - SECTION_LON / 2, end[1] - SECTION_LON / 2), end]
    begin, end = _begin_of(section), _begin_of(section + 1)
    return [begin, between(begin, end, 0.5), end]


def _begin_of(section: int) -> Point:
    return WEST[0], WEST[1] + (section - 1) * SECTION_LON
