"""Readings into the working state of their segment, one after the other.

The outcome depends on the order of the readings and on where messages end, never on
how records were cut into batches: a record is delivered whole, a batch is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from .alerts import Thresholds, advance
from .arrival import news, place
from .enrich import is_covered
from .folded import Change, Folded, Work
from .model import Parcel, Road
from .policy import (
    EVIDENCE_VEHICLES,
    FULL_OCCUPANCY,
    MINUTE_MS,
    STANDING_OCCUPANCY,
    Policy,
)
from .present import is_low, present, score_now
from .seen import seen
from .state import Slot, WorkingState, leave_out, replace_score, roll, silence, speak
from .windows import Summand, Window, summed

_NOBODY: frozenset[str] = frozenset()


def fold(
    state: WorkingState,
    parcels: Sequence[Parcel],
    road: Road,
    policy: Policy,
    suspects: frozenset[str] = _NOBODY,
) -> Folded:
    """Take the readings of *parcels*, in their order, into *state*.

    A reading that is not new by the rule of `spans` is only counted. Those of
    *suspects* are left out of all sums. *state* is changed in place: `decide` unpacks a
    fresh one for each call.
    """
    folded = Folded()
    default_ms = int(policy.default_interval_s * 1000)
    limits = Thresholds.of(policy)
    leave_out(state, suspects)
    work = Work(state, road, limits, default_ms, folded, suspects)
    _take(work, parcels)
    _settle(work)
    if parcels:
        newest = parcels[-1]
        mark = int(newest.sequence_number), place(newest, len(newest.readings) - 1)
        last = state.last_sequence, state.last_place
        state.last_sequence, state.last_place = max(mark, last)
    folded.late_count = sum(window.readings for window in folded.late.values())
    return folded


def _take(work: Work, parcels: Sequence[Parcel]) -> None:
    """Take what is new in the messages: the loop that every reading goes through.

    A plain reading of traffic that is nowhere near congested takes the short way: the
    alert of a segment that is calm can't change by it. So does one that comes when its
    sensor's next is due.
    """
    state, low_kmh, high = work.state, work.low_kmh, work.limits.high
    add, message, instant, clock = work.rows.append, None, -1, -1
    for parcel, reading, slot, at, span_ms in news(work, parcels):
        if parcel is not message:
            if work.is_busy or state.scores >= high * (state.scored or 1):
                _judge(work)  # what goes before is complete
            message = work.message = parcel
        if at != instant:
            _turn_to(work, parcel, slot, at, span_ms)
            instant, clock = at, state.clock
        count, speed = reading.vehicle_count, reading.average_speed
        occupancy, score = reading.occupancy, reading.congestion_score
        tenths = None if score is None else int(score * 10 + 0.5)
        is_free = (
            tenths < high
            if tenths is not None
            else (not count if speed is None else speed >= low_kmh)
        )
        if is_free and slot.is_plain and (occupancy or 0.0) < STANDING_OCCUPANCY:
            said: Summand = (count, speed, occupancy, span_ms, tenths, 0.0)
        else:
            _wake(work)
            said = seen(slot, reading, at, span_ms, work.road)
        add(said)
        if at == slot.due == clock and span_ms == slot.said[3]:
            before = slot.said[4]
            if before is None or tenths is None:
                replace_score(state, slot, before, tenths)
            else:
                state.scores += tenths - before
            slot.timestamp, slot.said, slot.due = at, said, at + slot.step_ms
        else:
            _renew(state, slot, at, said)
            if slot.is_suspect:
                _leave_out(work)
    _judge(work)


def _leave_out(work: Work) -> None:
    """Count the newest reading, and keep it out of all sums: a suspect's."""
    work.rows.pop()
    work.window.readings += 1
    work.folded.accepted += 1
    work.is_new = True


def _wake(work: Work) -> None:
    """Let the alert be judged from here on; what went before is no evidence for it."""
    if not work.is_busy:
        _settle(work)
        work.is_busy, work.vehicles = True, 0


def _renew(state: WorkingState, slot: Slot, at: int, said: Summand) -> None:
    """Let a sensor speak for the present by its newest reading, *said* at *at*.

    One that is older fills a place in its past.
    """
    if at < slot.timestamp:
        slot.fill(at)
        return
    score = slot.said[4]
    slot.step(at, said[3])
    slot.timestamp, slot.said = at, said
    if not slot.is_fresh:
        speak(state, slot)
    elif score is not said[4]:
        replace_score(state, slot, score, said[4])
    if at < state.clock:
        silence(state, slot, state.clock)


def _turn_to(work: Work, parcel: Parcel, slot: Slot, at: int, span_ms: int) -> None:
    """Take readings of another instant *at* from now on."""
    state, minute = work.state, at // MINUTE_MS
    if at > state.clock:
        _judge(work)  # what goes before is complete
        state.clock, work.folded.received_at = at, parcel.reference_ms
    _settle(work)
    work.instant = at
    if minute == work.minute:
        return
    work.minute, newest = minute, state.minute
    if minute > newest:
        work.folded.closed += roll(state, minute, slot, span_ms)
    if minute < newest - 1:
        work.window = work.folded.late.setdefault(minute, Window())
    else:
        work.window = state.windows.setdefault(minute, Window())


def _settle(work: Work) -> None:
    """Sum up the readings of an instant, into their minute and into the present."""
    rows = work.rows
    if not rows:
        return
    state, at, count, sums = work.state, work.instant, len(rows), summed(rows)
    rows.clear()
    state.live.add(sums, state.weight_of(at))
    window = work.window
    window.sums.add(sums)
    window.readings += count
    work.folded.accepted += count
    work.is_new = True
    vehicles = sums.vehicles + EVIDENCE_VEHICLES * sums.probes
    if vehicles:
        work.vehicles += vehicles
        state.moved_at = max(state.moved_at, at)


def _judge(work: Work) -> None:
    """Let the alert follow the score that the readings so far have left behind.

    Not where the segment is calm, and every reading since shows that it stays so.
    """
    state, limits, message = work.state, work.limits, work.message
    is_high = state.scores >= limits.high * (state.scored or 1)
    if not (work.is_busy or is_high):
        return
    _settle(work)
    if not work.is_new:
        return
    vehicles, work.vehicles, work.is_new = work.vehicles, 0, False
    score = score_now(state, work.road)
    tenths = 0 if score is None else int(score * 10 + 0.5)
    work.is_busy = tenths >= limits.high or not is_low(state, work.low_kmh)
    if tenths < limits.high and state.alert.is_calm():
        return
    if _is_queue(state) or is_high:
        vehicles = EVIDENCE_VEHICLES
    transition = advance(state.alert, tenths, state.clock, limits, vehicles)
    if transition is not None and message is not None:
        figures = present(state, work.road)
        work.folded.changes.append(Change(transition, message.reference_ms, figures))


def _is_queue(state: WorkingState) -> bool:
    """Whether the detectors are covered by vehicles that stand.

    On an empty road, percent look like a part of cover to a sensor that never counted
    one.
    """
    if not is_covered(state.live):
        return False
    is_full = is_covered(state.live, FULL_OCCUPANCY)
    return is_full or any(slot.counts for slot in state.sensors.values())
