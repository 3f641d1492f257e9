"""What one reading, and the run of readings before it, says about its sensor: pure."""

from __future__ import annotations

from typing import Optional

import msgspec

from ..model import Road
from ..policy import SLOWEST_PACE_KMH
from ..segment.state import SensorState
from . import thresholds
from .daily_counts import Day
from .effective_length import Length, with_reading
from .readings import (
    is_covered,
    is_empty,
    is_impossible,
    is_over_flow,
    is_over_lane,
    is_probe,
    is_small_score,
    is_speed_loose,
)


class Track(msgspec.Struct, array_like=True, gc=False):
    """What is remembered of a sensor from sweep to sweep; times are wall clock, in ms.

    *timestamp* is that of its newest reading, *heard_at* when that came, *sampled_at*
    the sweep that saw it, *first_at* the first sweep of all, 0 once it has spoken
    since. *speed* in tenths of km/h, *occupancy* in thousandths. Then the runs, each
    with since when: how many readings in a row were the *same*, *changed*, *covered*,
    or *free* of cover; how full of *impossible* readings and of *chatter* it is; how
    many were *sound*; the *ghost_ms* counted without a vehicle while a speed was sent.
    Then how full of impossible *flow* it is; how often in a row it counted no fewer
    than before (*rises*) and the *same_speed* as in the last reading with a vehicle
    (*counted_speed*), or not (*other_speed*); how full of a wrong *unit* it is.
    By the other lanes: vehicles that passed there since its last one (*missed*) and
    since its last reading (*waiting*), and those that *passed* for the last *hits* of
    its own; how many readings *counted* some since it missed many. Of its clock: the
    *lag_s* of its readings, of how many in a row (*lags*), and how many were *prompt*.
    And the effective *length* of its vehicles, and how many it counts by *day*.
    """

    timestamp: int
    heard_at: int
    sampled_at: int
    first_at: int = 0
    vehicle_count: Optional[int] = 0
    speed: Optional[int] = None
    occupancy: Optional[int] = None
    same: int = 0
    same_since: int = 0
    changed: int = 0
    covered: int = 0
    covered_since: int = 0
    free: int = 0
    impossible: int = 0
    impossible_since: int = 0
    chatter: int = 0
    chatter_since: int = 0
    sound: int = 0
    ghost_ms: int = 0
    flow: int = 0
    flow_since: int = 0
    rises: int = 0
    counted_speed: Optional[int] = None
    same_speed: int = 0
    same_speed_since: int = 0
    other_speed: int = 0
    unit: int = 0
    unit_since: int = 0
    missed: int = 0
    missed_since: int = 0
    waiting: int = 0
    hits: int = 0
    passed: int = 0
    counted: int = 0
    lag_s: int = 0
    lags: int = 0
    lag_since: int = 0
    prompt: int = 0
    length: Optional[Length] = None
    day: Optional[Day] = None


def first_track(sensor: SensorState, heard_at: int, now_ms: int) -> Track:
    """Return what is known of a sensor that is seen for the first time."""
    count, speed, occupancy = _values(sensor)
    updated = Track(sensor.timestamp, heard_at, now_ms, now_ms, count, speed, occupancy)
    updated.same_since = now_ms
    _note_unit(updated, sensor, Road(), now_ms)
    return updated


def with_sample(track: Track, sensor: SensorState, road: Road, now_ms: int) -> Track:
    """Return *track* after the sensor's new reading in *sensor*, seen at *now_ms*.

    An empty road proves nothing: it neither fills nor empties what is counted, but it
    breaks a run of equal readings.
    """
    updated = msgspec.structs.replace(
        track, timestamp=sensor.timestamp, sampled_at=now_ms
    )
    updated.first_at = 0
    updated.vehicle_count, updated.speed, updated.occupancy = _values(sensor)
    _note_runs(track, updated, sensor)
    if sensor.vehicle_count:
        _note_counting(track, updated, sensor, road)
    if not is_empty(sensor):
        _note_odd(track, updated, sensor, road)
        _note_unit(updated, sensor, road, now_ms)
    if vehicles(updated) is not None:
        updated.length = with_reading(updated.length, sensor, road, now_ms)
    return updated


def vehicles(track: Track) -> Optional[int]:
    """Return how many vehicles its last reading counted; None if not to be believed."""
    is_repeated = track.same or track.same_speed > 2
    return None if is_repeated or is_odd(track) else track.vehicle_count


def is_odd(track: Track) -> bool:
    """Whether it has said of late what no traffic could make."""
    return bool(track.flow or track.impossible or track.chatter)


def _note_runs(track: Track, updated: Track, sensor: SensorState) -> None:
    """Note how often the same was reported, and whether the detector was covered."""
    now_ms, covers = updated.sampled_at, is_covered(sensor)
    counts = not (is_empty(sensor) or covers or is_probe(sensor))
    before = (track.vehicle_count, track.speed, track.occupancy)
    is_same = counts and _values(sensor) == before
    updated.same = track.same + 1 if is_same else 0
    updated.same_since = track.same_since if is_same else now_ms
    if counts:
        updated.changed = 0 if is_same else track.changed + 1
    updated.covered = track.covered + 1 if covers else 0
    updated.covered_since = _since(track.covered, track.covered_since, covers, now_ms)
    if sensor.occupancy is not None:
        updated.free = 0 if covers else track.free + 1


def _note_counting(
    track: Track, updated: Track, sensor: SensorState, road: Road
) -> None:
    """Note what a reading with vehicles says about count and speed."""
    now_ms = updated.sampled_at
    grows = (sensor.vehicle_count or 0) >= (track.vehicle_count or 0) > 0
    is_more = grows and sensor.vehicle_count != track.vehicle_count
    updated.rises = track.rises + is_more if grows else 0
    if not is_speed_loose(sensor, road):
        return
    is_same = updated.speed == track.counted_speed
    updated.counted_speed = updated.speed
    updated.same_speed = track.same_speed + 1 if is_same else 1
    updated.same_speed_since = track.same_speed_since if is_same else now_ms
    updated.other_speed = 0 if is_same else track.other_speed + 1


def _note_odd(track: Track, updated: Track, sensor: SensorState, road: Road) -> None:
    """Note whether the reading is one that no traffic could make."""
    now_ms = updated.sampled_at
    updated.ghost_ms = _ghost_ms(track, sensor)
    impossible = updated.ghost_ms >= thresholds.GHOST_MS or is_impossible(sensor, road)
    grows = updated.rises >= thresholds.GROWING_SAMPLES and is_over_lane(sensor)
    flows = grows or is_over_flow(sensor, road)
    leaps = is_leap(track, sensor)
    updated.impossible = _leaky_count(track.impossible, impossible)
    updated.flow = _leaky_count(track.flow, flows)
    updated.chatter = _leaky_count(track.chatter, leaps)
    updated.impossible_since = _since(
        track.impossible, track.impossible_since, updated.impossible, now_ms
    )
    updated.flow_since = _since(track.flow, track.flow_since, updated.flow, now_ms)
    updated.chatter_since = _since(
        track.chatter, track.chatter_since, updated.chatter, now_ms
    )
    updated.sound = 0 if impossible or flows or leaps else track.sound + 1


def _note_unit(updated: Track, sensor: SensorState, road: Road, now_ms: int) -> None:
    """Note whether occupancy is sent in percent, or a score of its own as 0-1."""
    level = updated.unit
    if sensor.reports_percent:
        updated.unit = thresholds.ODD_MOST
    elif is_small_score(sensor, road):
        updated.unit = _leaky_count(level, True)
    elif sensor.score is not None and sensor.score > thresholds.UNIT_SCORE:
        updated.unit = 0
    elif sensor.score is None:
        updated.unit = _leaky_count(level, False)
    updated.unit_since = _since(level, updated.unit_since, updated.unit, now_ms)
    if updated.unit:
        updated.sound = 0


def _since(level: int, since: int, new_level: int, now_ms: int) -> int:
    """Return since when a level is above zero; 0 where it is not, which packs small."""
    if not new_level:
        return 0
    return since if level else now_ms


def _values(sensor: SensorState) -> tuple[Optional[int], Optional[int], Optional[int]]:
    speed, occupancy = sensor.speed, sensor.occupancy
    return (
        sensor.vehicle_count,
        None if speed is None else round(speed * 10),
        None if occupancy is None else round(occupancy * 1000),
    )


def _leaky_count(level: int, is_odd: bool) -> int:
    if is_odd:
        return min(thresholds.ODD_MOST, level + thresholds.ODD_STEP)
    return max(0, level - 1)


def _ghost_ms(track: Track, sensor: SensorState) -> int:
    """Return how long no vehicle was counted, as far as a speed was reported."""
    if sensor.vehicle_count or is_probe(sensor):
        return 0
    is_told = sensor.speed is not None and sensor.speed >= SLOWEST_PACE_KMH
    return min(thresholds.GHOST_MS, track.ghost_ms + is_told * sensor.interval_ms)


def is_leap(track: Track, sensor: SensorState) -> bool:
    """Whether the reading leaps from one extreme to the other."""
    _, speed, occupancy = _values(sensor)
    if None not in (occupancy, track.occupancy) and (
        sensor.interval_ms >= thresholds.LEAP_INTERVAL_MS
        and _apart(occupancy, track.occupancy) >= thresholds.LEAP_OCCUPANCY * 1000
    ):
        return True
    return (
        None not in (speed, track.speed)
        and _apart(speed, track.speed) >= thresholds.LEAP_SPEED_KMH * 10
    )


def _apart(one: Optional[int], other: Optional[int]) -> int:
    return abs((one or 0) - (other or 0))
