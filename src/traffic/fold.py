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
from .spans import Past, filled, stepped
from .state import Slot, WorkingState, leave_out, replace_score, roll, silence, speak
from .windows import Summand, Window, add_rows

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
    for parcel in parcels:
        _take(work, parcel)
        if work.has_to_judge():
            _judge(work, parcel)
    _settle(work)
    if parcels:
        newest = parcels[-1]
        mark = int(newest.sequence_number), place(newest, len(newest.readings) - 1)
        last = state.last_sequence, state.last_place
        state.last_sequence, state.last_place = max(mark, last)
    folded.late_count = sum(window.readings for window in folded.late.values())
    return folded


def _take(work: Work, parcel: Parcel) -> None:
    """Take what is new in a message.

    A plain reading of traffic that is nowhere near congested takes the short way: the
    alert of a segment that is calm can't change by it.
    """
    state, low_kmh, high = work.state, work.low_kmh, work.limits.high
    for reading, slot, at, span_ms in news(work, parcel):
        if at > state.clock or at // MINUTE_MS != work.minute:
            _turn_to(work, parcel, slot, at, span_ms)
        count, speed = reading.vehicle_count, reading.average_speed
        occupancy, score = reading.occupancy, reading.congestion_score
        tenths = None if score is None else int(score * 10 + 0.5)
        if (
            slot.is_plain
            and (occupancy is None or occupancy < STANDING_OCCUPANCY)
            and (
                (not count if speed is None else speed >= low_kmh)
                if tenths is None
                else tenths < high
            )
        ):
            said: Summand = (count, speed, occupancy, span_ms, tenths, 0.0)
        else:
            _wake(work)
            said = seen(slot, reading, at, span_ms, work.road)
        if at < slot.timestamp:
            slot.past = filled(slot.past, slot.timestamp, at, slot.interval_ms)
        else:
            _renew(state, slot, at, said)
        if slot.is_suspect:
            work.window.readings += 1
            work.folded.accepted += 1
            work.is_new = True
        else:
            work.rows.append(said)
            work.instants.append(at)


def _wake(work: Work) -> None:
    """Let the alert be judged from here on; what went before is no evidence for it."""
    if not work.is_busy:
        _settle(work)
        work.is_busy = True


def _renew(state: WorkingState, slot: Slot, at: int, said: Summand) -> None:
    """Let a sensor speak for the present by its newest reading, *said* at *at*."""
    step = at - slot.timestamp
    past = slot.past
    if slot.timestamp >= 0:  # else it is the first: its past is known
        if past.step_ms * 2 > slot.said[3] * 3:
            slot.past = stepped(past, slot.timestamp, at, slot.said[3])
        elif past.step_ms != step:
            slot.past = Past(step, past.spans, past.closed)
    if slot.is_fresh:
        if said[4] is not slot.said[4]:
            replace_score(state, slot, said[4])
        slot.timestamp, slot.said = at, said
    else:
        slot.timestamp, slot.said = at, said
        speak(state, slot)
    if at < state.clock:
        silence(state, slot, state.clock)


def _turn_to(work: Work, parcel: Parcel, slot: Slot, at: int, span_ms: int) -> None:
    """Take readings of *at* from now on: of a later instant, or of another minute."""
    state, minute = work.state, at // MINUTE_MS
    if at > state.clock:
        if work.has_to_judge():
            _judge(work, parcel)  # what goes before is complete
        state.clock, work.folded.received_at = at, parcel.reference_ms
    if minute == work.minute:
        return
    _settle(work)
    work.minute, newest = minute, state.minute
    if minute > newest:
        work.folded.closed += roll(state, minute, slot, span_ms)
    if minute < newest - 1:
        work.window = work.folded.late.setdefault(minute, Window())
    else:
        work.window = state.windows.setdefault(minute, Window())


def _settle(work: Work) -> None:
    """Sum up what is waiting to be, into its minute and into the present."""
    rows, instants, state = work.rows, work.instants, work.state
    if not rows:
        return
    add_rows(work.window.sums, state.live, rows, state.weights_of(instants))
    work.window.readings += len(rows)
    work.folded.accepted += len(rows)
    for at, (count, speed, *_) in zip(instants, rows):
        if (count or speed) and at > state.moved_at:
            state.moved_at = at
    rows.clear()
    instants.clear()


def _evidence_of(rows: Sequence[Summand]) -> int:
    """Return how many vehicles the readings show.

    The speed of a probe is a mean over vehicles that it does not count.
    """
    return sum(
        EVIDENCE_VEHICLES if count is None and speed else count or 0
        for count, speed, *_ in rows
    )


def _judge(work: Work, parcel: Parcel) -> None:
    """Let the alert follow the score that the readings so far have left behind."""
    if not work.rows and not work.is_new:
        return
    state, limits, vehicles = work.state, work.limits, _evidence_of(work.rows)
    _settle(work)
    work.is_new = False
    score = score_now(state, work.road)
    tenths = 0 if score is None else int(score * 10 + 0.5)
    work.is_busy = tenths >= limits.high or not is_low(state, work.low_kmh)
    if tenths < limits.high and state.alert.is_calm():
        return
    if _is_queue(state) or state.scores >= limits.high * (state.scored or 1):
        vehicles = EVIDENCE_VEHICLES
    transition = advance(state.alert, tenths, state.clock, limits, vehicles)
    if transition is not None:
        now = present(state, work.road)
        work.folded.changes.append(Change(transition, parcel.reference_ms, now))


def _is_queue(state: WorkingState) -> bool:
    """Whether the detectors are covered by vehicles that stand.

    On an empty road, percent look like a part of cover to a sensor that never counted
    one.
    """
    if not is_covered(state.live):
        return False
    is_full = is_covered(state.live, FULL_OCCUPANCY)
    return is_full or any(slot.counts for slot in state.sensors.values())
