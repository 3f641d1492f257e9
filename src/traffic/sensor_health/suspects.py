"""What the readings of a sensor, one after another, show about it: pure."""

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

    *timestamp* is that of its newest reading, *heard_at* when that arrived,
    *sampled_at* the sweep that saw it, *first_at* the first sweep that saw the sensor,
    0 after its next reading. *speed* is in tenths of km/h, *occupancy* in thousandths.
    A field `..._since` is when its run or level began. Runs of readings: the *same*,
    *changed*, *covered*, *free* of cover, *sound*. Levels: *impossible* readings,
    *chatter*, impossible *flow*, a wrong *unit*. *ghost_ms* is the time with a speed,
    but no vehicle; *rises* is how often the count rose in a run without a fall.
    *counted_speed* is the speed of the last reading with a vehicle, *same_speed* how
    many in a row had it, *other_speed* how many in a row changed it.
    From the other lanes: the vehicles that passed there since its last vehicle
    (*missed*) and since its last reading (*waiting*), those that *passed* for the last
    *hits* of its own, and how many readings *counted* a vehicle since it missed many.
    Of its clock: the *lag_s* of its last *lags* readings, and how many were *prompt*.
    *length* is the effective length of its vehicles, *day* their number per day.
    Of its cover: for how long vehicles kept passing beside it (*covered_ms*), and for
    how long since then that is in doubt (*doubtful_ms*). *right_unit* is how many
    readings in a row had the right unit.
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
    covered_ms: int = 0
    doubtful_ms: int = 0
    right_unit: int = 0


def first_track(sensor: SensorState, heard_at: int, now_ms: int) -> Track:
    """Return what is known of a sensor that is seen for the first time."""
    count, speed, occupancy = _values(sensor)
    updated = Track(sensor.timestamp, heard_at, now_ms, now_ms, count, speed, occupancy)
    updated.same_since = now_ms
    _note_unit(updated, sensor, Road(), now_ms)
    return updated


def with_sample(
    track: Track,
    sensor: SensorState,
    road: Road,
    now_ms: int,
    counted_since: Optional[bool] = None,
) -> Track:
    """Return *track* after the sensor's new reading in *sensor*, seen at *now_ms*.

    *counted_since* is whether any of its readings since the last one counted a vehicle,
    None if that is unknown. A reading of an empty road proves nothing: it changes no
    level, but it ends a run of equal readings.
    """
    updated = msgspec.structs.replace(
        track, timestamp=sensor.timestamp, sampled_at=now_ms
    )
    updated.first_at = 0
    updated.vehicle_count, updated.speed, updated.occupancy = _values(sensor)
    _note_runs(track, updated, sensor, counted_since)
    updated.ghost_ms = _ghost_ms(track, sensor, counted_since)
    if sensor.vehicle_count:
        _note_counting(track, updated, sensor, road)
    if not is_empty(sensor):
        _note_odd(track, updated, sensor, road)
        _note_unit(updated, sensor, road, now_ms)
    if vehicles(updated) is not None:
        updated.length = with_reading(updated.length, sensor, road, now_ms)
    return updated


def vehicles(track: Track) -> Optional[int]:
    """Return how many vehicles its last reading counted; None if implausible."""
    is_repeated = track.same or track.same_speed > 2
    return None if is_repeated or is_odd(track) else track.vehicle_count


def is_odd(track: Track) -> bool:
    """Whether it recently reported values that no traffic can cause."""
    return bool(track.flow or track.impossible or track.chatter)


def _note_runs(
    track: Track, updated: Track, sensor: SensorState, counted_since: Optional[bool]
) -> None:
    """Note how often the reading was repeated, and if the detector was covered."""
    now_ms, is_full = updated.sampled_at, is_covered(sensor)
    counts = not (is_empty(sensor) or is_full or is_probe(sensor))
    covers = is_full and not counted_since
    before = (track.vehicle_count, track.speed, track.occupancy)
    values = (updated.vehicle_count, updated.speed, updated.occupancy)
    is_same = counts and values == before
    updated.same = track.same + 1 if is_same else 0
    updated.same_since = track.same_since if is_same else now_ms
    if counts:
        updated.changed = 0 if is_same else track.changed + 1
    updated.covered = track.covered + 1 if covers else 0
    updated.covered_since = _since(track.covered, track.covered_since, covers, now_ms)
    if not covers:
        updated.covered_ms = updated.doubtful_ms = 0
    if sensor.occupancy is not None:
        updated.free = 0 if covers else track.free + 1


def _note_counting(
    track: Track, updated: Track, sensor: SensorState, road: Road
) -> None:
    """Note the count and the speed of a reading with vehicles."""
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
    """Note whether no traffic can cause the reading."""
    now_ms = updated.sampled_at
    impossible = updated.ghost_ms >= thresholds.GHOST_MS or is_impossible(sensor, road)
    grows = updated.rises >= thresholds.GROWING_SAMPLES and is_over_lane(sensor)
    flows = grows or is_over_flow(sensor, road)
    leaps = is_leap(track, updated, sensor.interval_ms)
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
    """Note whether occupancy is sent in percent, or the congestion score as 0-1."""
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
    right = min(thresholds.SOUND_SAMPLES, updated.right_unit + 1)
    updated.right_unit = 0 if updated.unit else right


def _since(level: int, since: int, new_level: int, now_ms: int) -> int:
    """Return when a level rose above zero; 0 if it is zero, which packs small."""
    if not new_level:
        return 0
    return since if level else now_ms


def _values(sensor: SensorState) -> tuple[Optional[int], Optional[int], Optional[int]]:
    """Return count, speed and occupancy; without vehicles, 0 km/h is no speed."""
    speed, occupancy = sensor.speed, sensor.occupancy
    if not (sensor.vehicle_count or speed):
        speed = None
    return (
        sensor.vehicle_count,
        None if speed is None else round(speed * 10),
        None if occupancy is None else round(occupancy * 1000),
    )


def _leaky_count(level: int, is_odd: bool) -> int:
    if is_odd:
        return min(thresholds.ODD_MOST, level + thresholds.ODD_STEP)
    return max(0, level - 1)


def _ghost_ms(track: Track, sensor: SensorState, counted_since: Optional[bool]) -> int:
    """Return for how long a speed was reported without a vehicle.

    Of readings that are shorter than a sweep one in each is seen. Those between may
    have counted vehicles, unless it is known that they have not.
    """
    if sensor.vehicle_count or counted_since or is_probe(sensor):
        return 0
    has_speed = sensor.speed is not None and sensor.speed >= SLOWEST_PACE_KMH
    least_ms = thresholds.SWEEP_MS if counted_since is False else 0
    step_ms = has_speed * max(least_ms, sensor.interval_ms)
    return min(thresholds.GHOST_MS, track.ghost_ms + step_ms)


def is_leap(track: Track, updated: Track, interval_ms: int) -> bool:
    """Whether the reading jumps from one extreme to the other."""
    occupancy, speed = updated.occupancy, updated.speed
    if None not in (occupancy, track.occupancy) and (
        interval_ms >= thresholds.LEAP_INTERVAL_MS
        and _apart(occupancy, track.occupancy) >= thresholds.LEAP_OCCUPANCY * 1000
    ):
        return True
    return (
        None not in (speed, track.speed)
        and _apart(speed, track.speed) >= thresholds.LEAP_SPEED_KMH * 10
    )


def _apart(one: Optional[int], other: Optional[int]) -> int:
    return abs((one or 0) - (other or 0))
