"""What one reading, and the run of readings before it, says about its sensor: pure."""

from __future__ import annotations

from typing import Optional

import msgspec

from ..model import Road
from ..policy import SLOWEST_PACE_KMH, STANDING_OCCUPANCY
from ..state import Slot
from . import limits


class Track(msgspec.Struct, array_like=True, gc=False):
    """What is remembered of a sensor from sweep to sweep.

    *timestamp* is that of its newest reading, *heard_at* when that came (wall clock),
    *sampled_at* the sweep that saw it, *first_at* the first sweep of all, 0 once it has
    spoken since. *speed* in tenths of km/h, *occupancy* in
    thousandths. Then the runs: how many readings in a row were the *same* and since
    when, *changed*, *covered* and since when, or *free* of cover; how full of
    *impossible* readings and of *chatter* it is and since when; how many were *sound*;
    and the *ghost_ms* counted without a vehicle while a speed was told.
    """

    timestamp: int
    heard_at: int
    sampled_at: int
    first_at: int = 0
    vehicle_count: int = 0
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


def first_track(slot: Slot, heard_at: int, now_ms: int) -> Track:
    """Return what is known of a sensor that is seen for the first time."""
    count, speed, occupancy = _values(slot)
    made = Track(slot.timestamp, heard_at, now_ms, now_ms, count, speed, occupancy)
    made.same_since = now_ms
    return made


def sampled(track: Track, slot: Slot, road: Road, now_ms: int) -> Track:
    """Return *track* after the sensor's new reading in *slot*, seen at *now_ms*.

    An empty road proves nothing: it neither fills nor empties what is counted, but it
    breaks a run of equal readings.
    """
    values = _values(slot)
    before = (track.vehicle_count, track.speed, track.occupancy)
    is_empty, is_covered = _is_empty(slot), _is_covered(slot)
    counts = not (is_empty or is_covered)
    is_same = counts and values == before
    ghost_ms = _ghost_ms(track, slot)
    impossible = ghost_ms >= limits.GHOST_MS or is_impossible(slot, road)
    chatter = is_over_flow(slot, road) or is_leap(track, slot)
    made = msgspec.structs.replace(track, timestamp=slot.timestamp, sampled_at=now_ms)
    made.first_at = 0
    made.vehicle_count, made.speed, made.occupancy = values
    made.ghost_ms = ghost_ms
    made.same = track.same + 1 if is_same else 0
    made.same_since = track.same_since if is_same else now_ms
    if counts:
        made.changed = 0 if is_same else track.changed + 1
    made.covered = track.covered + 1 if is_covered else 0
    made.covered_since = track.covered_since if track.covered else now_ms
    if slot.occupancy is not None:
        made.free = 0 if is_covered else track.free + 1
    if not is_empty:
        made.impossible = _filled(track.impossible, impossible)
        made.chatter = _filled(track.chatter, chatter)
        made.sound = 0 if impossible or chatter else track.sound + 1
    made.impossible_since = track.impossible_since if track.impossible else now_ms
    made.chatter_since = track.chatter_since if track.chatter else now_ms
    return made


def _values(slot: Slot) -> tuple[int, Optional[int], Optional[int]]:
    speed, occupancy = slot.speed, slot.occupancy
    return (
        slot.vehicle_count,
        None if speed is None else round(speed * 10),
        None if occupancy is None else round(occupancy * 1000),
    )


def _filled(level: int, is_odd: bool) -> int:
    if is_odd:
        return min(limits.ODD_MOST, level + limits.ODD_STEP)
    return max(0, level - 1)


def _ghost_ms(track: Track, slot: Slot) -> int:
    """Return how long no vehicle was counted, as far as a speed was told."""
    if slot.vehicle_count:
        return 0
    is_told = slot.speed is not None and slot.speed >= SLOWEST_PACE_KMH
    return min(limits.GHOST_MS, track.ghost_ms + is_told * slot.interval_ms)


def _is_empty(slot: Slot) -> bool:
    return not slot.vehicle_count and not slot.occupancy and not slot.speed


def _is_covered(slot: Slot) -> bool:
    occupancy = slot.occupancy
    return (
        not slot.vehicle_count
        and occupancy is not None
        and occupancy >= limits.LOCKED_OCCUPANCY
    )


def is_impossible(slot: Slot, road: Road) -> bool:
    """Whether no traffic whatever could make a detector say this."""
    count, speed, occupancy = slot.vehicle_count, slot.speed, slot.occupancy
    if not count:
        return _is_uncounted(slot)
    if speed is None or occupancy is None:
        return False
    if not occupancy:
        unseen = limits.expected_occupancy(count, speed, slot.interval_ms)
        return unseen >= limits.UNSEEN_OCCUPANCY
    is_fast = speed >= limits.COVERED_SPEED_RATIO * road.free_flow_speed
    return occupancy >= limits.COVERED_OCCUPANCY and is_fast


def _is_uncounted(slot: Slot) -> bool:
    return (
        slot.occupancy is not None
        and slot.interval_ms >= limits.UNCOUNTED_INTERVAL_MS
        and limits.UNCOUNTED_OCCUPANCY <= slot.occupancy < STANDING_OCCUPANCY
    )


def is_over_flow(slot: Slot, road: Road) -> bool:
    """Whether more vehicles were counted than fit on the lane.

    One vehicle is granted: it may have stood on the edge of the interval.
    """
    lanes = 1 if road.known and road.lanes > 1 else limits.CARRIAGEWAY_LANES
    flow = (slot.vehicle_count - 1) * 3_600_000 / max(slot.interval_ms, 1)
    return flow >= limits.CHATTER_FLOW * lanes


def is_leap(track: Track, slot: Slot) -> bool:
    """Whether the reading leaps from one extreme to the other."""
    _, speed, occupancy = _values(slot)
    if None not in (occupancy, track.occupancy) and (
        slot.interval_ms >= limits.LEAP_INTERVAL_MS
        and _apart(occupancy, track.occupancy) >= limits.LEAP_OCCUPANCY * 1000
    ):
        return True
    return (
        None not in (speed, track.speed)
        and _apart(speed, track.speed) >= limits.LEAP_SPEED_KMH * 10
    )


def _apart(one: Optional[int], other: Optional[int]) -> int:
    return abs((one or 0) - (other or 0))


def raised(track: Track) -> Optional[tuple[str, int]]:
    """Return the kind of fault that *track* shows, and since when; None if it is well.

    The first that holds: a loop that is locked on also says the same all the time.
    """
    covered_ms = track.sampled_at - track.covered_since
    if track.covered >= limits.LOCKED_ON_SAMPLES and covered_ms >= limits.LOCKED_ON_MS:
        return limits.LOCKED_ON, track.covered_since
    if track.impossible >= limits.ODD_RAISED:
        return limits.IMPOSSIBLE, track.impossible_since
    if track.chatter >= limits.ODD_RAISED:
        return limits.CHATTER, track.chatter_since
    same_ms = track.sampled_at - track.same_since
    if track.same >= limits.STUCK_SAMPLES and same_ms >= limits.STUCK_MS:
        return limits.STUCK, track.same_since
    return None


def is_over(kind: str, track: Track) -> bool:
    """Whether a fault of this *kind*, once raised, is over."""
    if kind == limits.STUCK:
        return track.changed >= limits.CHANGED_SAMPLES
    if kind == limits.LOCKED_ON:
        return track.free >= limits.FREE_SAMPLES
    level = track.impossible if kind == limits.IMPOSSIBLE else track.chatter
    return level == 0 and track.sound >= limits.SOUND_SAMPLES
