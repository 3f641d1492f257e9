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
    _take(work, parcels)
    if parcels:
        newest = parcels[-1]
        mark = int(newest.sequence_number), _place(newest, len(newest.readings) - 1)
        last = state.last_sequence, state.last_place
        state.last_sequence, state.last_place = max(mark, last)
    late = work.folded.late.values()
    work.folded.late_count = sum(window.readings for window in late)
    return work.folded


def _take(work: _Work, parcels: Sequence[Parcel]) -> None:
    """Fold messages: the loop that every reading of the city goes through."""
    state, sensors, windows = work.state, work.state.sensors, work.state.windows
    free_flow, default_ms = work.road.free_flow_speed, work.default_interval_ms
    for parcel in parcels:
        received, accepted = parcel.reference_ms, 0
        earliest, utmost = received - MAX_AGE_MS, received + MAX_CLOCK_LEAD_MS
        for reading in parcel.readings:
            at, count = reading.timestamp, reading.vehicle_count
            speed, occupancy = reading.average_speed, reading.occupancy
            if at.__class__ is not int:
                at = _instant(at)
            if not earliest <= at <= utmost or (speed is None and count):
                _reject(work, parcel, reading, fault_of(reading, at, received))
                continue
            slot = sensors.get(reading.sensor_id) or _admit(sensors, reading.sensor_id)
            if slot is None or at <= slot.timestamp:
                _pass_over(work, parcel, reading)
                continue
            if at > state.clock:
                _tick(work, parcel, at, accepted)
            score, interval = reading.congestion_score, reading.interval
            if score is None:
                score = score_of(count, speed, occupancy, free_flow)
            tenths = int(score * 10 + 0.5)
            span_ms = default_ms if interval is None else int(interval * 1000)
            minute = at // MINUTE_MS
            window = windows.get(minute) or _window(work, minute, slot)
            window.add(count, speed, occupancy, span_ms, tenths)
            state.total += tenths - (slot.score or 0)
            state.fresh += slot.score is None
            slot.timestamp, slot.interval_ms, slot.vehicle_count = at, span_ms, count
            slot.speed, slot.occupancy, slot.score = speed, occupancy, tenths
            if at < state.clock:
                silence(state, slot, state.clock)
            accepted += 1
        if accepted:
            work.folded.accepted += accepted
            _judge(work, parcel)


def _tick(work: _Work, parcel: Parcel, at: int, accepted: int) -> None:
    """Go on to a later instant of the message; judge the one it leaves."""
    if accepted:
        _judge(work, parcel)
    work.state.clock = at


def _instant(timestamp: Any) -> int:
    at = ms_of(timestamp)
    return -1 if at is None else at


def _window(work: _Work, minute: int, slot: Slot) -> Window:
    """Return where the reading of *slot* in a *minute* not yet open is summed."""
    state = work.state
    newest = max(state.windows, default=minute - 1)
    if minute > newest:
        work.folded.closed += roll(state, minute, slot)
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


def _admit(sensors: dict[str, Slot], sensor_id: str) -> Optional[Slot]:
    if newcomer_fault(sensor_id, len(sensors)) is not None:
        return None
    slot = sensors[sensor_id] = Slot(-1, 0, 0, None, None, None)
    return slot


def _pass_over(work: _Work, parcel: Parcel, reading: Any) -> None:
    """Refuse a newcomer, or count a reading that is known."""
    sensors, folded = work.state.sensors, work.folded
    is_known = reading.sensor_id in sensors
    fault = None if is_known else newcomer_fault(reading.sensor_id, len(sensors))
    if fault is not None:
        _reject(work, parcel, reading, fault)
    elif _is_published_again(work.state, parcel, reading):
        folded.duplicate += 1
    else:
        folded.redelivered += 1


def _is_published_again(state: WorkingState, parcel: Parcel, reading: Any) -> bool:
    """Whether a known reading was published twice, and not only delivered twice."""
    here = int(parcel.sequence_number), _place_of(parcel, reading)
    return here > (state.last_sequence, state.last_place)


def _reject(work: _Work, parcel: Parcel, reading: Any, fault: Rejection) -> None:
    set_aside = fault._replace(place=_place_of(parcel, reading), raw=reading)
    work.folded.rejected.append((parcel, set_aside))


def _place_of(parcel: Parcel, reading: Any) -> int:
    """Return the place of *reading* in its message; asked only of the few."""
    return _place(
        parcel, next(i for i, one in enumerate(parcel.readings) if one is reading)
    )


def _place(parcel: Parcel, index: int) -> int:
    return index if parcel.positions is None else parcel.positions[index]
