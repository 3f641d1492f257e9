"""Which fault a sensor shows by its track, and which one is over: pure."""

from __future__ import annotations

from typing import Optional

from . import thresholds
from .suspects import Track


def fault_shown(track: Track) -> Optional[tuple[str, int]]:
    """Return the kind of fault that *track* shows, and since when; None if it is well.

    The first that applies: a loop that is locked on also repeats its readings. A wrong
    unit hides no fault of the detector, and a blocked lane is the least: the sensor is
    not left out for it.
    """
    fault = _locked_on(track) or _odd(track) or _repeating(track) or _dead(track)
    fault = fault or _miscounting(track) or _late(track)
    return fault or _wrong_unit(track) or _blocked(track)


def _locked_on(track: Track) -> Optional[tuple[str, int]]:
    is_passed = track.missed >= thresholds.BLOCKED_VEHICLES
    is_long = is_passed and track.covered_ms >= thresholds.LOCKED_ON_MS
    is_long = is_long or track.doubtful_ms >= thresholds.LOCKED_ON_DOUBTFUL_MS
    if track.covered >= thresholds.LOCKED_ON_SAMPLES and is_long:
        return thresholds.LOCKED_ON, track.covered_since
    return None


def _odd(track: Track) -> Optional[tuple[str, int]]:
    for kind, level, since in (
        (thresholds.IMPOSSIBLE, track.impossible, track.impossible_since),
        (thresholds.IMPOSSIBLE_FLOW, track.flow, track.flow_since),
        (thresholds.CHATTER, track.chatter, track.chatter_since),
    ):
        if level >= thresholds.ODD_RAISED:
            return kind, since
    return None


def _repeating(track: Track) -> Optional[tuple[str, int]]:
    """The whole reading repeats, or its speed alone."""
    same_ms = track.sampled_at - track.same_since
    if track.same >= thresholds.STUCK_SAMPLES and same_ms >= thresholds.STUCK_MS:
        return thresholds.STUCK, track.same_since
    if track.same_speed < thresholds.STUCK_SPEED_SAMPLES:
        return None
    if track.same >= thresholds.STUCK_SAMPLES:
        return thresholds.STUCK, track.same_since
    return thresholds.STUCK_SPEED, track.same_speed_since


def _dead(track: Track) -> Optional[tuple[str, int]]:
    """No vehicle and no cover, while many passed on the other lanes."""
    is_many = not track.covered and track.missed >= vehicles_needed(track)
    return (thresholds.NO_HITS, track.missed_since) if is_many else None


def _miscounting(track: Track) -> Optional[tuple[str, int]]:
    """Too many or too few vehicles, for its occupancy or for its lane."""
    length, day = track.length, track.day
    if length is not None and length.odd >= thresholds.LENGTH_WINDOWS:
        return thresholds.EFFECTIVE_LENGTH, length.odd_since
    if day is not None and day.odd >= thresholds.SHARE_DAYS:
        return thresholds.LANE_SHARE, day.odd_since
    return None


def _late(track: Track) -> Optional[tuple[str, int]]:
    late_ms = track.sampled_at - track.lag_since
    is_late = track.lags > thresholds.CLOCK_SAMPLES and late_ms >= thresholds.CLOCK_MS
    return (thresholds.CLOCK, track.lag_since) if is_late else None


def _wrong_unit(track: Track) -> Optional[tuple[str, int]]:
    is_wrong = track.unit >= thresholds.ODD_RAISED
    return (thresholds.UNIT, track.unit_since) if is_wrong else None


def _blocked(track: Track) -> Optional[tuple[str, int]]:
    """Covered without a vehicle, while many passed on the other lanes."""
    is_long = track.covered_ms >= thresholds.BLOCKED_MS
    is_alone = track.missed >= thresholds.BLOCKED_VEHICLES
    if track.covered >= thresholds.BLOCKED_SAMPLES and is_long and is_alone:
        return thresholds.LANE_BLOCKED, track.covered_since
    return None


def vehicles_needed(track: Track) -> int:
    """Return how many vehicles must pass on the other lanes to call it dead.

    A multiple of what usually passes there for one of its own, since a lane may be used
    less than the others, most of all at night.
    """
    usual = thresholds.NO_HITS_GAPS * track.passed // max(track.hits, 1)
    return max(thresholds.NO_HITS_VEHICLES, usual)


def is_over(kind: str, track: Track) -> bool:
    """Whether a fault of this *kind*, once raised, is over."""
    runs = {
        thresholds.STUCK: (track.changed, thresholds.CHANGED_SAMPLES),
        thresholds.STUCK_SPEED: (track.other_speed, thresholds.CHANGED_SAMPLES),
        thresholds.LOCKED_ON: (track.free, thresholds.FREE_SAMPLES),
        thresholds.LANE_BLOCKED: (track.free, thresholds.FREE_SAMPLES),
        thresholds.NO_HITS: (track.counted, thresholds.HIT_SAMPLES),
        thresholds.EFFECTIVE_LENGTH: (track.length.sound if track.length else 0, 1),
        thresholds.LANE_SHARE: (track.day.sound if track.day else 0, 1),
        thresholds.CLOCK: (track.prompt, thresholds.CLOCK_RIGHT_SAMPLES),
    }
    if kind in runs:
        run, wanted = runs[kind]
        return run >= wanted
    if kind == thresholds.UNIT:
        return not track.unit and track.right_unit >= thresholds.SOUND_SAMPLES
    level = {
        thresholds.IMPOSSIBLE: track.impossible,
        thresholds.IMPOSSIBLE_FLOW: track.flow,
        thresholds.CHATTER: track.chatter,
    }[kind]
    return level == 0 and track.sound >= thresholds.SOUND_SAMPLES


def supersedes(kind: str, other: str) -> bool:
    """Whether a fault of this *kind* replaces an *other* one that is open: a blocked
    lane or a wrong unit that turns out to be worse."""
    is_slight = other in (thresholds.UNIT, thresholds.LANE_BLOCKED)
    return is_slight and kind not in (other, thresholds.LANE_BLOCKED)


def is_back(kind: str, track: Track) -> bool:
    """Whether a sensor that was dismissed with this *kind*, and reports, is in service
    again.

    While a lane counts nothing, no reading has *counted* a vehicle; one that counts too
    few has some.
    """
    has_counted = bool(track.counted) and kind != thresholds.LANE_SHARE
    return kind not in thresholds.LANE_KINDS or has_counted or bool(track.vehicle_count)
