"""What is remembered of a sensor, judged: which fault it shows, which is over: pure."""

from __future__ import annotations

from typing import Optional

from . import limits
from .samples import Track


def raised(track: Track) -> Optional[tuple[str, int]]:
    """Return the kind of fault that *track* shows, and since when; None if it is well.

    The first that holds: a loop that is locked on also says the same all the time.
    """
    found = _odd(track) or _repeating(track) or _against_others(track)
    found = found or _miscounting(track)
    if found is not None:
        return found
    late_ms = track.sampled_at - track.lag_since
    is_late = track.lags > limits.CLOCK_SAMPLES and late_ms >= limits.CLOCK_MS
    return (limits.CLOCK, track.lag_since) if is_late else None


def _odd(track: Track) -> Optional[tuple[str, int]]:
    covered_ms = track.sampled_at - track.covered_since
    if track.covered >= limits.LOCKED_ON_SAMPLES and covered_ms >= limits.LOCKED_ON_MS:
        return limits.LOCKED_ON, track.covered_since
    for kind, level, since in (
        (limits.UNIT, track.unit, track.unit_since),
        (limits.IMPOSSIBLE, track.impossible, track.impossible_since),
        (limits.IMPOSSIBLE_FLOW, track.flow, track.flow_since),
        (limits.CHATTER, track.chatter, track.chatter_since),
    ):
        if level >= limits.ODD_RAISED:
            return kind, since
    return None


def _repeating(track: Track) -> Optional[tuple[str, int]]:
    """All that it says, or its speed alone."""
    same_ms = track.sampled_at - track.same_since
    if track.same >= limits.STUCK_SAMPLES and same_ms >= limits.STUCK_MS:
        return limits.STUCK, track.same_since
    if track.same_speed < limits.STUCK_SPEED_SAMPLES:
        return None
    if track.same >= limits.STUCK_SAMPLES:
        return limits.STUCK, track.same_since
    return limits.STUCK_SPEED, track.same_speed_since


def _against_others(track: Track) -> Optional[tuple[str, int]]:
    """No vehicle, while many passed on the other lanes."""
    if not track.covered:
        is_many = track.missed >= needed(track)
        return (limits.NO_HITS, track.missed_since) if is_many else None
    is_long = track.sampled_at - track.covered_since >= limits.BLOCKED_MS
    is_alone = track.missed >= limits.BLOCKED_VEHICLES
    if track.covered >= limits.BLOCKED_SAMPLES and is_long and is_alone:
        return limits.LANE_BLOCKED, track.covered_since
    return None


def _miscounting(track: Track) -> Optional[tuple[str, int]]:
    """Too many or too few vehicles, for its occupancy or for its lane."""
    length, day = track.length, track.day
    if length is not None and length.odd >= limits.LENGTH_WINDOWS:
        return limits.EFFECTIVE_LENGTH, length.odd_since
    if day is not None and day.odd >= limits.SHARE_DAYS:
        return limits.LANE_SHARE, day.odd_since
    return None


def needed(track: Track) -> int:
    """Return how many vehicles must pass on the other lanes to call it dead.

    As many times what usually passes there for one of its own, as a lane may be used
    less than the others, at night most of all.
    """
    usual = limits.NO_HITS_GAPS * track.passed // max(track.hits, 1)
    return max(limits.NO_HITS_VEHICLES, usual)


def is_over(kind: str, track: Track) -> bool:
    """Whether a fault of this *kind*, once raised, is over."""
    runs = {
        limits.STUCK: (track.changed, limits.CHANGED_SAMPLES),
        limits.STUCK_SPEED: (track.other_speed, limits.CHANGED_SAMPLES),
        limits.LOCKED_ON: (track.free, limits.FREE_SAMPLES),
        limits.LANE_BLOCKED: (track.free, limits.FREE_SAMPLES),
        limits.NO_HITS: (track.counted, limits.HIT_SAMPLES),
        limits.EFFECTIVE_LENGTH: (track.length.sound if track.length else 0, 1),
        limits.LANE_SHARE: (track.day.sound if track.day else 0, 1),
        limits.CLOCK: (track.prompt, limits.CLOCK_RIGHT_SAMPLES),
    }
    if kind in runs:
        run, wanted = runs[kind]
        return run >= wanted
    level = {
        limits.UNIT: track.unit,
        limits.IMPOSSIBLE: track.impossible,
        limits.IMPOSSIBLE_FLOW: track.flow,
        limits.CHATTER: track.chatter,
    }[kind]
    return level == 0 and track.sound >= limits.SOUND_SAMPLES
