"""What the lanes of one segment say about each other: pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..segment.state import SensorState
from . import thresholds
from .daily_counts import closed, judged, watched
from .readings import is_covered, is_probe
from .suspects import Track, is_odd, vehicles
from .verdicts import raised


def compare(
    known: Mapping[str, Track],
    made: Mapping[str, Track],
    slots: Mapping[str, SensorState],
) -> None:
    """Tell each track of *made* what passed on the other lanes since *known*.

    The median of the others speaks for them: one that counts too much or too little
    accuses nobody. Changes the tracks in place.
    """
    new = {name for name in made if name in known and made[name] is not known[name]}
    told = {name: vehicles(made[name]) for name in new}
    ranked = sorted((n, name) for name, n in told.items() if n is not None)
    if len(made) < 2 or not ranked:
        return
    for name, track in made.items():
        others = [count for count, other in ranked if other != name]
        passed = others[(len(others) - 1) // 2] if others else 0
        if name in new:
            _take(known[name], track, slots[name], passed + track.waiting)
        else:
            track.waiting += passed


def _take(before: Track, track: Track, slot: SensorState, passed: int) -> None:
    track.waiting = 0
    if not track.hits:
        track.hits = 1
        track.passed = (
            thresholds.GAP_HEARD if slot.has_counted else thresholds.GAP_UNTRIED
        )
    if slot.vehicle_count:
        _hit(track, slot.vehicle_count, passed)
    elif is_probe(slot) or slot.speed or is_covered(slot) != bool(before.covered):
        track.missed = 0  # a speed of nobody is another fault
    else:
        track.missed_since = track.missed_since if track.missed else before.sampled_at
        track.missed += passed
    if track.missed >= thresholds.BLOCKED_VEHICLES:
        track.counted = 0
    if not track.missed:
        track.missed_since = 0


def _hit(track: Track, count: int, passed: int) -> None:
    """Learn how many pass on the other lanes for each one of its own."""
    track.counted = min(thresholds.HIT_SAMPLES, track.counted + 1)
    track.hits += count
    track.passed += track.missed + passed
    track.missed = 0
    while track.hits > thresholds.GAP_MEMORY:
        track.hits, track.passed = track.hits // 2, track.passed // 2


def note_days(
    known: Mapping[str, Track],
    made: Mapping[str, Track],
    slots: Mapping[str, SensorState],
) -> None:
    """Count the vehicles of new readings by the day, and judge each day that is full.

    A lane that miscounts changes while the others don't, so it is told from a road that
    is closed or busier, and accuses nobody beside it. Changes the tracks of *made* in
    place.
    """
    if len(made) < 2:
        return
    full = []
    for name, track in made.items():
        count = track.vehicle_count
        is_new = name in known and track is not known[name]
        if not is_new or count is None or not slots[name].has_counted:
            continue
        if is_odd(track) or _has_other_fault(track):
            continue  # what it counts meanwhile says nothing about its lane
        track.day = watched(track.day, count, slots[name].interval_ms)
        if track.day.is_full:
            track.day = closed(track.day, track.sampled_at)
            full.append(name)
    alone = {name: _is_alone(name, made) for name in full}  # before any is judged
    for name in full:
        track = made[name]
        if track.day is not None:
            track.day = judged(track.day, alone[name], track.sampled_at)


def _has_other_fault(track: Track) -> bool:
    found = raised(track)
    return found is not None and found[0] != thresholds.LANE_SHARE


def _is_alone(name: str, tracks: Mapping[str, Track]) -> bool:
    """Whether most other lanes that are known were used as on all days."""
    now_ms = tracks[name].sampled_at
    days = [track.day for other, track in tracks.items() if other != name]
    known = [day for day in days if day is not None and day.is_known]
    return 2 * sum(day.is_usual(now_ms) for day in known) > len(known)
