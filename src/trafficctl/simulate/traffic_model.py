"""A simulated city: roads, their traffic, and sensors with faults.

Pure: the seed is the only source of randomness. Speed follows demand by Greenshields'
diagram (see `trafficctl.metr_la.flow_per_lane`), demand follows the time of day, and a
jam travels upstream, as real ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt
from random import Random
from typing import Any

from trafficctl.metr_la import CAPACITY_PER_LANE, flow_per_lane
from trafficctl.roads.geojson import feature
from trafficctl.roads.geometry import Point
from trafficctl.roads.network import RoadSegment
from trafficctl.simulate.vehicles import LoopDetector, Traffic, TrafficAt

ROAD_LENGTH = 20  # segments from end to end
NORTH_WEST: Point = (51.52, -0.09)  # near Greenwich: fictional, but on a map
STEP_LAT, STEP_LON = 0.006, 0.0072  # about 670 m between roads, 500 m a segment
LANES, FREE_FLOW_KMH = 2, 60.0
CITY_STREET_KMH = 50.0  # if a road file has no free-flow speed

QUIET, BUSY = 0.15, 0.6  # share of capacity at night, and added at a peak
PEAKS_H, PEAK_WIDTH_H = (8.0, 17.5), 1.5

JAMMED_RATIO = 0.12  # of the free-flow speed: a crawling queue
JAM_BEGINS, JAM_IS_FULL, JAM_EASES, JAM_ENDS = 0.1, 0.15, 0.65, 0.75  # of the run
WAVE_DELAY, WAVE_REACH = 0.05, 3  # of the run for each segment, and how many


@dataclass(frozen=True)
class Street:
    """A segment of the model; `road` and `place` give its order."""

    segment_id: str
    free_flow: float
    road: str
    place: int


def made_up_roads(count: int) -> list[dict[str, Any]]:
    """GeoJSON features of `count` segments on parallel eastbound roads."""
    return [
        feature(
            _segment_line(number // ROAD_LENGTH, number % ROAD_LENGTH),
            segment_id=f"sim-{number + 1:04d}",
            name=f"Simulated Road {number // ROAD_LENGTH + 1}, "
            f"section {number % ROAD_LENGTH + 1}",
            district=("West", "East")[number % ROAD_LENGTH * 2 // ROAD_LENGTH],
            lanes=LANES,
            free_flow_speed=FREE_FLOW_KMH,
        )
        for number in range(count)
    ]


def _segment_line(road: int, place: int) -> list[Point]:
    latitude = NORTH_WEST[0] - road * STEP_LAT
    begin = NORTH_WEST[1] + place * STEP_LON
    return [(latitude, begin), (latitude, begin + STEP_LON)]


def streets(roads: Sequence[RoadSegment]) -> list[Street]:
    """The segments of a road file; traffic flows along a road in file order.

    Segments with the same name up to the first comma belong to one road.
    """
    lengths: dict[str, int] = {}
    ordered = []
    for segment in roads:
        road = (segment.name or segment.segment_id).split(",")[0]
        lengths[road] = lengths.get(road, 0) + 1
        free_flow = segment.free_flow_speed or CITY_STREET_KMH
        ordered.append(Street(segment.segment_id, free_flow, road, lengths[road]))
    return ordered


def demand(hour: float) -> float:
    """Demand at this hour of the day, as a share of the capacity, 0-1."""
    peaks = sum(exp(-(((hour - peak) / PEAK_WIDTH_H) ** 2)) for peak in PEAKS_H)
    return min(0.95, QUIET + BUSY * peaks)


def free_ratio(share: float) -> float:
    """Uncongested speed over free-flow speed at a share of the capacity: 0.5-1.

    The upper root of q / C = 4 r (1 - r).
    """
    return (1 + sqrt(max(0.0, 1 - share))) / 2


def jam_depth(progress: float, distance: int) -> float:
    """The severity of a jam, 0-1, `distance` segments upstream of its head.

    `progress` is the elapsed share of the run.
    """
    if not 0 <= distance <= WAVE_REACH:
        return 0.0
    since = progress - WAVE_DELAY * distance
    rise = (since - JAM_BEGINS) / (JAM_IS_FULL - JAM_BEGINS)
    fall = (JAM_ENDS - since) / (JAM_ENDS - JAM_EASES)
    return max(0.0, min(1.0, rise, fall)) * (1 - distance / (WAVE_REACH + 1))


class Model:
    """The traffic of a simulated day on `streets`, with jams at given segments."""

    def __init__(
        self, streets: Sequence[Street], jams: Sequence[str], random: Random
    ) -> None:
        heads = [street for street in streets if street.segment_id in jams]
        self._busy = {s.segment_id: random.uniform(0.8, 1.2) for s in streets}
        self._heads = {
            street.segment_id: [
                head.place - street.place for head in heads if head.road == street.road
            ]
            for street in streets
        }

    def at(self, street: Street, hour: float, progress: float) -> Traffic:
        """The traffic at an hour of the day and an elapsed share of the run."""
        share = min(0.95, demand(hour) * self._busy[street.segment_id])
        heads = self._heads[street.segment_id]
        depth = max((jam_depth(progress, d) for d in heads), default=0.0)
        ratio = free_ratio(share) * (1 - depth) + JAMMED_RATIO * depth
        speed = ratio * street.free_flow
        flow = flow_per_lane(speed, street.free_flow)
        if ratio > 0.5:
            flow = min(flow, share * CAPACITY_PER_LANE)
        return Traffic(speed, flow)


class Sensors:
    """The sensors of all segments, each a loop in its own lane.

    `state` gives the traffic of a street at a second of the run.
    """

    def __init__(
        self, count: int, state: Callable[[Street], TrafficAt], random: Random
    ) -> None:
        self._names = [f"sensor-{n + 1:02d}" for n in range(count)]
        self._state, self._random = state, random
        self._lanes: dict[str, list[LoopDetector]] = {}

    def read(
        self, street: Street, end_s: float, interval_s: float, at_ms: int
    ) -> list[dict[str, Any]]:
        """One reading of each sensor for the interval that ends at `end_s`."""
        lanes = self._lanes.get(street.segment_id)
        if lanes is None:
            lanes = self._lanes[street.segment_id] = self._lanes_of(
                street, end_s - interval_s
            )
        readings = []
        for name, lane in zip(self._names, lanes, strict=True):
            count, speed, occupancy = lane.read(end_s)
            reading = {"sensor_id": name, "timestamp": at_ms, "vehicle_count": count}
            if speed is not None:
                reading["average_speed"] = round(speed, 1)
            reading["occupancy"] = round(occupancy, 3)
            reading["interval"] = interval_s
            readings.append(reading)
        return readings

    def _lanes_of(self, street: Street, begin_s: float) -> list[LoopDetector]:
        state, seed = self._state(street), self._random.getrandbits
        return [LoopDetector(state, Random(seed(64)), begin_s) for _ in self._names]  # noqa: S311 - a model, no secret


HOUR_MS = 3_600_000
DUPLICATE, HARMLESS = "duplicate", "unknown field"

# Faults: these fields replace those of a reading; None removes a field. NaN is not
# valid JSON, so the rule rejects the message.
_WRONG: Mapping[str, Mapping[str, Any]] = {
    "wrong type": {"average_speed": "fast"},
    "not a number": {"average_speed": "NaN", "vehicle_count": 1},
    "count out of range": {"vehicle_count": 20_000, "average_speed": 50},
    "negative speed": {"average_speed": -5},
    "huge number": {"average_speed": 1e30, "vehicle_count": 1},
    "nothing measured": {
        "vehicle_count": None,
        "average_speed": None,
        "occupancy": None,
    },
    "no timestamp": {"timestamp": None},
    "bad sensor id": {"sensor_id": "no such sensor!"},
}
_CLOCKS = {"clock ahead": HOUR_MS, "clock behind": -25 * HOUR_MS}
KINDS = (*_WRONG, *_CLOCKS, DUPLICATE, HARMLESS)


def spoil(reading: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """What a sensor with this fault sends instead of `reading`."""
    if kind == DUPLICATE:
        return [dict(reading), dict(reading)]
    if kind == HARMLESS:
        return [{**reading, "firmware": "4.2"}]
    if kind in _CLOCKS:
        return [{**reading, "timestamp": reading["timestamp"] + _CLOCKS[kind]}]
    changed = {**reading, **_WRONG[kind]}
    return [{k: v for k, v in changed.items() if v is not None}]


def is_rejected(kind: str) -> bool:
    """Whether the city must reject a reading with this fault."""
    return kind not in {DUPLICATE, HARMLESS}
