"""Compare the lanes of a segment with each other: pure."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Optional

import msgspec

from ..segment.state import SensorState, WorkingState
from . import thresholds
from .daily_counts import close_day, judge_day, with_reading
from .readings import is_covered, is_probe
from .suspects import Track, is_odd, vehicles
from .verdicts import fault_shown, vehicles_needed


def lane_counts(
    state: WorkingState, counted: Mapping[str, Optional[bool]]
) -> dict[str, int]:
    """Return the vehicles, since the last sweep, of sensors with shorter readings.

    A sweep sees one of their readings; *counted* is whether any of them counted a
    vehicle. Those that did have an equal share of the segment's last whole minute.
    """
    window = state.windows.get(state.minute - 1)
    lanes = sum(map(bool, counted.values()))
    share = window.sums.vehicles // lanes if window and lanes else 0
    return {
        name: max(1, share) if has_counted else 0
        for name, has_counted in counted.items()
        if has_counted is not None
        and state.sensors[name].interval_ms < thresholds.SWEEP_MS
    }


def compare_lanes(
    before: Mapping[str, Track],
    tracks: MutableMapping[str, Track],
    sensors: Mapping[str, SensorState],
    lane_counts: Mapping[str, int],
) -> None:
    """Add to each track of *tracks* what passed on the other lanes since *before*.

    That is the median of the others, so that one lane which counts too much or too
    little causes no fault of another. *lane_counts* are those of sensors of which a
    sweep sees a part of the readings; there a lane that counts too much raises the
    shares of the others. Changes new tracks in place; one without a new
    reading is still that of *before*, so it is replaced.
    """
    new = {name for name in tracks if _is_new(before.get(name), tracks[name])}
    counts = {name: vehicles(tracks[name]) for name in new}
    counts |= {
        n: lane_counts[n] for n in new & lane_counts.keys() if counts[n] is not None
    }
    ranked = sorted((n, name) for name, n in counts.items() if n is not None)
    if len(tracks) < 2 or not ranked:
        return
    for name, track in tracks.items():
        others = [count for count, other in ranked if other != name]
        passed = others[(len(others) - 1) // 2] if others else 0
        if name in new:
            own = sensors[name].vehicle_count or min(1, lane_counts.get(name, 0))
            passed += track.waiting
            _update_missed(before[name], track, sensors[name], own, passed)
        elif passed:
            waiting = track.waiting + passed
            tracks[name] = msgspec.structs.replace(track, waiting=waiting)


def _is_new(before: Optional[Track], track: Track) -> bool:
    """Whether a known sensor has a new reading."""
    return before is not None and track.timestamp != before.timestamp


def _update_missed(
    before: Track, track: Track, sensor: SensorState, own: int, passed: int
) -> None:
    """Note the vehicles that passed on the other lanes, and its *own*, at least."""
    track.waiting = 0
    if not track.hits:
        track.hits = 1
        track.passed = (
            thresholds.GAP_COUNTING if sensor.has_counted else thresholds.GAP_UNTRIED
        )
    if own:
        _record_hit(track, own, passed)
    elif is_probe(sensor) or sensor.speed or is_covered(sensor) != bool(before.covered):
        track.missed = 0  # a speed without a vehicle is a different fault
    else:
        track.missed_since = track.missed_since if track.missed else before.sampled_at
        track.missed += passed
    if track.missed >= vehicles_needed(track) or track.covered:
        track.counted = 0
    if not track.missed:
        track.missed_since = 0


def _record_hit(track: Track, count: int, passed: int) -> None:
    """Learn the ratio of vehicles on the other lanes to its own."""
    track.counted = min(thresholds.HIT_SAMPLES, track.counted + 1)
    track.hits += count
    track.passed += track.missed + passed
    track.missed = 0
    while track.hits > thresholds.GAP_MEMORY:
        track.hits, track.passed = track.hits // 2, track.passed // 2


def weigh_cover(
    before: Mapping[str, Track],
    tracks: Mapping[str, Track],
    sensors: Mapping[str, SensorState],
    counted: Mapping[str, Optional[bool]],
) -> None:
    """Add to each covered track the time since its last reading, if that speaks against
    its sensor.

    If nothing passes for longer than a signal's cycle, that time is in doubt, and other
    covered sensors show that a queue stands. Readings shorter than a sweep leave in
    doubt what was between them, unless *counted* says that none was of a vehicle.
    Changes new tracks in place.
    """
    covered = [name for name, track in tracks.items() if track.covered]
    for name in covered:
        last, track = before.get(name), tracks[name]
        if last is None or not last.covered or not _is_new(last, track):
            continue
        elapsed_ms = track.sampled_at - last.sampled_at
        passes = track.missed > last.missed
        is_seen = sensors[name].interval_ms >= thresholds.SWEEP_MS
        if passes and (is_seen or counted.get(name) is False):
            is_cycle = track.doubtful_ms <= thresholds.BLOCKED_MS
            track.covered_ms += elapsed_ms + track.doubtful_ms * is_cycle
            track.doubtful_ms = 0
        elif passes or len(covered) == 1:
            track.doubtful_ms += elapsed_ms


def count_days(
    before: Mapping[str, Track],
    tracks: Mapping[str, Track],
    sensors: Mapping[str, SensorState],
) -> None:
    """Count the vehicles of new readings by the day, and judge each day that is full.

    A lane that miscounts changes while the others do not, unlike the lanes of a road
    that is closed or busier. Changes the tracks of *tracks* in place.
    """
    if len(tracks) < 2:
        return
    full = []
    for name, track in tracks.items():
        count = track.vehicle_count
        is_new = _is_new(before.get(name), track)
        if not is_new or count is None or not sensors[name].has_counted:
            continue
        if is_odd(track) or _has_other_fault(track):
            continue  # its counts do not show the use of its lane
        track.day = with_reading(track.day, count, sensors[name].interval_ms)
        if track.day.is_full:
            track.day = close_day(track.day, track.sampled_at)
            full.append(name)
    alone = {
        name: _is_alone(name, tracks) for name in full
    }  # computed before any is judged
    for name in full:
        track = tracks[name]
        if track.day is not None:
            track.day = judge_day(track.day, alone[name], track.sampled_at)


def _has_other_fault(track: Track) -> bool:
    """Whether it has a fault because of which its counts are not to be believed."""
    fault = fault_shown(track)
    sound = thresholds.LANE_SHARE, thresholds.UNIT
    return fault is not None and fault[0] not in sound


def _is_alone(name: str, tracks: Mapping[str, Track]) -> bool:
    """Whether most other lanes with known days had a usual day."""
    now_ms = tracks[name].sampled_at
    days = [track.day for other, track in tracks.items() if other != name]
    before = [day for day in days if day is not None and day.is_known]
    return 2 * sum(day.is_usual(now_ms) for day in before) > len(before)
