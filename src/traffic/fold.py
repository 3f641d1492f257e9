"""Readings into the working state of their segment, one after the other.

The outcome depends on the order of the readings and on where messages end, never on
how records were cut into batches: a record is delivered whole, a batch is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

from .alerts import Thresholds, Transition, advance
from .checks import fault_of, newcomer_fault
from .enrich import Measures, score_of
from .model import Parcel, Rejection, Road, Tallies
from .policy import MAX_AGE_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS, Policy
from .state import Slot, WorkingState, latest, roll, silence
from .times import ms_of
from .windows import Window, window_measures


class Change(NamedTuple):
    """An alert's transition, the receipt time (ms) of the message that caused it, and
    the traffic of that moment."""

    transition: Transition
    received_at: int
    measures: Measures


@dataclass
class Folded:
    """What came of folding: counts, set-aside readings, minutes and transitions.

    *late* holds sums per minute for readings older than both open windows.
    """

    accepted: int = 0
    late_count: int = 0
    duplicate: int = 0
    redelivered: int = 0
    rejected: list[tuple[Parcel, Rejection]] = field(default_factory=list)
    closed: list[tuple[int, Window]] = field(default_factory=list)
    late: dict[int, Window] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def tallies(self) -> Tallies:
        """Return the readings counted for the first time, by fate."""
        return Tallies(self.accepted, self.late_count, self.duplicate)


@dataclass
class _Work:
    state: WorkingState
    road: Road
    limits: Thresholds
    default_interval_ms: int
    folded: Folded


def fold(
    state: WorkingState, parcels: Sequence[Parcel], road: Road, policy: Policy
) -> Folded:
    """Take the readings of *parcels*, in their order, into *state*.

    A reading at or before its sensor's last accepted one is a duplicate. *state* is
    changed in place: `decide` unpacks a fresh one for each call.
    """
    interval_ms = int(policy.default_interval_s * 1000)
    work = _Work(state, road, Thresholds.of(policy), interval_ms, Folded())
    for parcel in parcels:
        _take(work, parcel)
    if parcels:
        newest = int(parcels[-1].sequence_number)
        state.last_sequence = max(state.last_sequence, newest)
    late = work.folded.late.values()
    work.folded.late_count = sum(window.readings for window in late)
    return work.folded


def _take(work: _Work, parcel: Parcel) -> None:  # noqa: C901 - one loop, no calls
    """Fold one message: the loop that every reading of the city goes through."""
    state, default_ms = work.state, work.default_interval_ms
    sensors, windows, free_flow = (
        state.sensors,
        state.windows,
        work.road.free_flow_speed,
    )
    earliest = parcel.reference_ms - MAX_AGE_MS
    utmost = parcel.reference_ms + MAX_CLOCK_LEAD_MS
    accepted = 0
    for reading in parcel.readings:
        at, count, speed = (
            reading.timestamp,
            reading.vehicle_count,
            reading.average_speed,
        )
        if at.__class__ is not int:
            at = _instant(at)
        if not earliest <= at <= utmost or (speed is None and count):
            _reject(work, parcel, reading, fault_of(reading, at, parcel.reference_ms))
            continue
        slot = sensors.get(reading.sensor_id) or _admit(work, parcel, reading)
        if slot is None:
            continue
        if at <= slot.timestamp:
            _repeat(work, parcel)
            continue
        if at > state.clock:
            if accepted:  # a later instant of the message: judge the one it leaves
                _judge(work, parcel)
            state.clock = at
        occupancy, score, interval = (
            reading.occupancy,
            reading.congestion_score,
            reading.interval,
        )
        if score is None:
            score = score_of(count, speed, occupancy, free_flow)
        tenths = int(score * 10 + 0.5)
        interval_ms = default_ms if interval is None else int(interval * 1000)
        slot.timestamp = at  # before a new minute drops the sensors long silent
        window = windows.get(at // MINUTE_MS) or _window(work, at // MINUTE_MS)
        window.add(count, speed, occupancy, interval_ms, tenths)
        state.fresh += slot.score is None
        state.total += tenths - (slot.score or 0)
        slot.interval_ms, slot.vehicle_count = interval_ms, count
        slot.speed, slot.occupancy, slot.score = speed, occupancy, tenths
        if at < state.clock:
            silence(state, slot, state.clock)
        accepted += 1
    if accepted:
        work.folded.accepted += accepted
        _judge(work, parcel)


def _instant(timestamp: Any) -> int:
    at = ms_of(timestamp)
    return -1 if at is None else at


def _window(work: _Work, minute: int) -> Window:
    """Return where readings of a *minute* not yet open are summed."""
    state = work.state
    newest = max(state.windows, default=minute - 1)
    if minute > newest:
        work.folded.closed += roll(state, minute)
    if minute >= newest - 1:
        return state.windows.setdefault(minute, Window())
    return work.folded.late.setdefault(minute, Window())


def _judge(work: _Work, parcel: Parcel) -> None:
    """Let the alert follow the score that the message left behind."""
    state, limits = work.state, work.limits
    if not state.fresh or (
        state.total < limits.high * state.fresh and state.alert.is_calm()
    ):
        return
    transition = advance(state.alert, state.total // state.fresh, state.clock, limits)
    if transition is not None:
        measures = window_measures(latest(state), work.road)
        work.folded.changes.append(Change(transition, parcel.reference_ms, measures))


def _admit(work: _Work, parcel: Parcel, reading: Any) -> Optional[Slot]:
    sensors = work.state.sensors
    fault = newcomer_fault(reading.sensor_id, len(sensors))
    if fault is not None:
        _reject(work, parcel, reading, fault)
        return None
    slot = Slot(-1, 0, 0, None, None, None)
    sensors[reading.sensor_id] = slot
    return slot


def _repeat(work: _Work, parcel: Parcel) -> None:
    """Count a reading that is known: published twice, or only delivered twice."""
    if int(parcel.sequence_number) > work.state.last_sequence:
        work.folded.duplicate += 1
    else:
        work.folded.redelivered += 1


def _reject(work: _Work, parcel: Parcel, reading: Any, fault: Rejection) -> None:
    place = next(i for i, one in enumerate(parcel.readings) if one is reading)
    index = place if parcel.positions is None else parcel.positions[place]
    set_aside = fault._replace(place=index, raw=reading)
    work.folded.rejected.append((parcel, set_aside))
