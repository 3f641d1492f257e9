"""When an alert opens, escalates, eases and clears.

A level is raised when the score stays at or above its threshold for the hold time, and
lowered when the score stays below a lower threshold for the clear hold time. This
hysteresis and the hold times keep one jam from becoming a dozen alerts. Event time
decides, so a replay decides the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

import msgspec

from ..policy import EVIDENCE_MS, EVIDENCE_VEHICLES, Policy

LEVELS = ("none", "high", "severe")
NONE, HIGH, SEVERE = range(3)

# Why a level changed: by readings, or because they stopped.
TRAFFIC, SILENCE = "traffic", "silence"


class AlertState(msgspec.Struct, array_like=True, gc=False):
    """The alert of a segment, and since when the score is beyond each threshold.

    Times are event times in ms, scores tenths; None means that the score is not beyond
    that threshold. *vehicle_times* are those of the last vehicles while an alert is
    pending, three at most.
    """

    level: int = NONE
    opened_at: int = 0
    level_since: int = 0
    peak_level: int = NONE
    peak: int = 0
    high_since: Optional[int] = None
    severe_since: Optional[int] = None
    eased_since: Optional[int] = None
    clear_since: Optional[int] = None
    vehicle_times: list[int] = []

    def is_calm(self) -> bool:
        """Whether no alert is open or pending."""
        return self.level == NONE and self.high_since is None


@dataclass(frozen=True)
class Thresholds:
    """The policy in the units of the fold: scores in tenths, times in ms."""

    high: int
    severe: int
    ease: int
    clear: int
    hold_ms: int
    clear_hold_ms: int

    @classmethod
    @lru_cache(maxsize=8)  # called for each segment of each batch
    def of(cls, policy: Policy) -> Thresholds:
        """Return the thresholds of *policy*."""
        return cls(
            high=round(policy.high_score * 10),
            severe=round(policy.severe_score * 10),
            ease=round(policy.ease_score * 10),
            clear=round(policy.clear_score * 10),
            hold_ms=round(policy.hold_s * 1000),
            clear_hold_ms=round(policy.clear_hold_s * 1000),
        )


@dataclass(frozen=True)
class Transition:
    """A change of an alert's level at event time *at* (ms); scores in tenths.

    When silence closes an alert, *at* is the wall clock.
    """

    kind: str
    level: int
    previous: int
    at: int
    opened_at: int
    peak_level: int
    peak: int
    score: int
    reason: str = TRAFFIC


def _since(holds: bool, since: Optional[int], at: int) -> Optional[int]:
    if not holds:
        return None
    return at if since is None else since


def _has_held(since: Optional[int], at: int, span_ms: int) -> bool:
    return since is not None and at - since >= span_ms


def _update_timers(alert: AlertState, score: int, at: int, limits: Thresholds) -> None:
    alert.high_since = _since(score >= limits.high, alert.high_since, at)
    alert.severe_since = _since(score >= limits.severe, alert.severe_since, at)
    alert.eased_since = _since(score < limits.ease, alert.eased_since, at)
    alert.clear_since = _since(score < limits.clear, alert.clear_since, at)


def _next_level(alert: AlertState, at: int, limits: Thresholds) -> int:
    if _has_held(alert.severe_since, at, limits.hold_ms):
        return SEVERE
    if alert.level < HIGH and _has_held(alert.high_since, at, limits.hold_ms):
        return HIGH
    if alert.level and _has_held(alert.clear_since, at, limits.clear_hold_ms):
        return NONE
    if alert.level == SEVERE and _has_held(alert.eased_since, at, limits.clear_hold_ms):
        return HIGH
    return alert.level


def _transition_kind(level: int, previous: int) -> str:
    if previous == NONE:
        return "opened"
    if level == NONE:
        return "cleared"
    return "escalated" if level > previous else "eased"


def _has_evidence(
    alert: AlertState, at: int, vehicles: int, limits: Thresholds
) -> bool:
    """Record the *vehicles* of *at*; return whether they suffice to open an alert."""
    if alert.level or alert.high_since is None:
        alert.vehicle_times = []
        return True
    alert.vehicle_times = [
        *alert.vehicle_times,
        *[at] * min(vehicles, EVIDENCE_VEHICLES),
    ]
    alert.vehicle_times = alert.vehicle_times[-EVIDENCE_VEHICLES:]
    is_enough = len(alert.vehicle_times) == EVIDENCE_VEHICLES
    return is_enough and at - alert.vehicle_times[0] <= max(limits.hold_ms, EVIDENCE_MS)


def advance(
    alert: AlertState,
    score: int,
    at: int,
    limits: Thresholds,
    vehicles: int = EVIDENCE_VEHICLES,
) -> Optional[Transition]:
    """Advance *alert* to the score (tenths) at event time *at* (ms).

    *vehicles* were counted since the last call; an alert opens only if
    `EVIDENCE_VEHICLES` were counted within the hold time. Returns the transition, if
    any; *at* never decreases. An alert closed by silence cannot reopen at the instant
    it had opened: both would have the same id.
    """
    _update_timers(alert, score, at, limits)
    if not _has_evidence(alert, at, vehicles, limits):
        return None
    level, previous = _next_level(alert, at, limits), alert.level
    if previous == NONE and at <= alert.opened_at:
        return None
    if previous == NONE and level:
        alert.opened_at, alert.peak_level, alert.peak = at, NONE, 0
        alert.vehicle_times = []
    if previous or level:
        alert.peak = max(alert.peak, score)
        alert.peak_level = max(alert.peak_level, level)
    if level == previous:
        return None
    alert.level, alert.level_since = level, at
    return Transition(
        kind=_transition_kind(level, previous),
        level=level,
        previous=previous,
        at=at,
        opened_at=alert.opened_at,
        peak_level=alert.peak_level,
        peak=alert.peak,
        score=score,
    )


def close(alert: AlertState, score: int, at: int) -> Transition:
    """Close an open *alert* of a silent segment; *score* is its last score."""
    previous, at = alert.level, max(at, alert.level_since)
    alert.level, alert.level_since = NONE, at
    forget_pending(alert)
    return Transition(
        kind=_transition_kind(NONE, previous),
        level=NONE,
        previous=previous,
        at=at,
        opened_at=alert.opened_at,
        peak_level=alert.peak_level,
        peak=alert.peak,
        score=score,
        reason=SILENCE,
    )


def forget_pending(alert: AlertState) -> None:
    """Drop a pending alert: a silent segment gives no evidence."""
    alert.high_since = alert.severe_since = None
    alert.eased_since = alert.clear_since = None
    alert.vehicle_times = []
