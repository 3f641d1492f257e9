"""What the lanes of one segment say about each other: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

from ..state import Slot
from . import limits
from .readings import is_covered, is_probe
from .samples import Track


def compare(
    known: Mapping[str, Track], made: Mapping[str, Track], slots: Mapping[str, Slot]
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


def vehicles(track: Track) -> Optional[int]:
    """Return how many vehicles its last reading counted; None if not to be believed."""
    is_odd = track.flow or track.impossible or track.chatter or track.same
    return None if is_odd or track.same_speed > 2 else track.vehicle_count


def _take(before: Track, track: Track, slot: Slot, passed: int) -> None:
    track.waiting = 0
    if not track.hits:
        track.hits = 1
        track.passed = limits.GAP_HEARD if slot.counts else limits.GAP_UNTRIED
    if slot.vehicle_count:
        _hit(track, slot.vehicle_count, passed)
    elif is_probe(slot) or slot.speed or is_covered(slot) != bool(before.covered):
        track.missed = 0  # a speed of nobody is another fault
    else:
        track.missed_since = track.missed_since if track.missed else before.sampled_at
        track.missed += passed
    if track.missed >= limits.BLOCKED_VEHICLES:
        track.counted = 0
    if not track.missed:
        track.missed_since = 0


def _hit(track: Track, count: int, passed: int) -> None:
    """Learn how many pass on the other lanes for each one of its own."""
    track.counted = min(limits.HIT_SAMPLES, track.counted + 1)
    track.hits += count
    track.passed += track.missed + passed
    track.missed = 0
    while track.hits > limits.GAP_MEMORY:
        track.hits, track.passed = track.hits // 2, track.passed // 2
