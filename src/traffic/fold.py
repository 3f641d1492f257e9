"""Readings into the working state of their segment, one after the other.

The outcome depends on the order of the readings and on where messages end, never on
how records were cut into batches: a record is delivered whole, a batch is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from .alerts import Thresholds, advance
from .checks import fault_of, is_impossible, newcomer_fault
from .devices import mark_of, twin_of
from .enrich import is_covered
from .folded import Change, Folded, Work
from .model import Parcel, Rejection, Road
from .policy import (
    EVIDENCE_VEHICLES,
    FORGET_AFTER_MS,
    FULL_OCCUPANCY,
    MAX_AGE_MS,
    MAX_CLOCK_LEAD_MS,
    MINUTE_MS,
    PLATOON_VEHICLES,
    Policy,
)
from .present import present, score_now
from .seen import seen
from .spans import Past, filled, first_past, is_missing, is_stale, stepped
from .state import Slot, WorkingState, leave_out, rest, roll, silence, speak
from .times import instant_of
from .windows import Summand, Sums, Window, summed

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
    work = Work(state, road, Thresholds.of(policy), default_ms, folded, suspects)
    leave_out(state, suspects)
    for parcel in parcels:
        _take(work, parcel)
        _judge(work, parcel)
    if parcels:
        newest = parcels[-1]
        mark = int(newest.sequence_number), _place(newest, len(newest.readings) - 1)
        last = state.last_sequence, state.last_place
        state.last_sequence, state.last_place = max(mark, last)
    folded.late_count = sum(window.readings for window in folded.late.values())
    return folded


def _take(work: Work, parcel: Parcel) -> None:
    """Take what is new in a message: the loop that every reading goes through."""
    sensors, received = work.state.sensors, parcel.reference_ms
    earliest, utmost = received - MAX_AGE_MS, received + MAX_CLOCK_LEAD_MS
    mark, default_ms = mark_of(parcel.device_id), work.default_interval_ms
    for reading in parcel.readings:
        at, interval = reading.timestamp, reading.interval
        if at.__class__ is not int:
            at = instant_of(at)
        span_ms = default_ms if interval is None else int(interval * 1000)
        count = reading.vehicle_count
        if not earliest <= at <= utmost or (
            (count is None or count > PLATOON_VEHICLES)
            and is_impossible(reading, span_ms)
        ):
            _reject(work, parcel, reading, fault_of(reading, at, received, span_ms))
            continue
        slot = sensors.get(reading.sensor_id)
        if slot is None or slot.device != mark:
            slot = _slot_of(work, parcel, reading, slot, at)
            if slot is None:
                continue
        newest = slot.timestamp
        if at <= newest and not is_missing(slot.past, newest, at):
            _pass_over(work, parcel, reading, slot, at)
            continue
        if at != work.instant:
            _turn_to(work, parcel, slot, at, span_ms)
        work.is_news = True
        said = seen(slot, reading, at, span_ms, work.road)
        if at > newest:
            _renew(work.state, slot, at, said)
        else:
            slot.past = filled(slot.past, newest, at, slot.interval_ms)
        if slot.is_suspect:
            work.window.readings += 1
            work.folded.accepted += 1
        else:
            work.rows.append(said)


def _renew(state: WorkingState, slot: Slot, at: int, said: Summand) -> None:
    """Let a sensor speak for the present by its newest reading, *said* at *at*."""
    newest, past = slot.timestamp, slot.past
    if newest >= 0:  # else it is the first: its past is known
        if past.step_ms * 2 > slot.interval_ms * 3:
            slot.past = stepped(past, newest, at, slot.interval_ms)
        elif past.step_ms != at - newest:
            slot.past = Past(at - newest, past.spans, past.closed)
    if slot.is_fresh:
        rest(state, slot)
    slot.timestamp, slot.said = at, said
    speak(state, slot)
    if at < state.clock:
        silence(state, slot, state.clock)


def _turn_to(work: Work, parcel: Parcel, slot: Slot, at: int, span_ms: int) -> None:
    """Sum up what is of another instant, and take readings of *at* from now on."""
    state = work.state
    if at > state.clock:
        _judge(work, parcel)  # what goes before is complete
        state.clock, work.folded.received_at = at, parcel.reference_ms
    else:
        _settle(work)
    minute = at // MINUTE_MS
    newest = work.newest_minute
    if minute > newest:
        work.folded.closed += roll(state, minute, slot, span_ms)
        work.newest_minute = minute
    elif minute < newest - 1:
        work.window = work.folded.late.setdefault(minute, Window())
        work.instant, work.weight = at, state.weight_of(at)
        return
    work.window = state.windows.setdefault(minute, Window())
    work.instant, work.weight = at, state.weight_of(at)


def _settle(work: Work) -> Optional[Sums]:
    """Sum up what is waiting to be, into its minute and into the present."""
    rows = work.rows
    if not rows:
        return None
    sums = summed(rows)
    work.window.add(len(rows), sums)
    work.state.live.add(sums, work.weight)
    work.folded.accepted += len(rows)
    work.vehicles += _evidence_of(sums)
    if sums.vehicles or sums.probes:
        work.state.moved_at = max(work.state.moved_at, work.instant)
    rows.clear()
    return sums


def _evidence_of(sums: Sums) -> int:
    """Return how many vehicles the readings show.

    The speed of a probe is a mean over vehicles that it does not count.
    """
    if sums.probes and sums.uncounted_ms:
        return EVIDENCE_VEHICLES
    return int(sums.vehicles)


def _judge(work: Work, parcel: Parcel) -> None:
    """Let the alert follow the score that the readings so far have left behind."""
    if not work.is_news:
        return
    _settle(work)
    work.is_news = False
    state, limits = work.state, work.limits
    vehicles, work.vehicles = work.vehicles, 0
    score = score_now(state, work.road)
    tenths = 0 if score is None else int(score * 10 + 0.5)
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


def _slot_of(
    work: Work, parcel: Parcel, reading: Any, slot: Optional[Slot], at: int
) -> Optional[Slot]:
    """Return the sensor of a reading that is new, or that another device may send.

    None if it can't be taken: it is rejected or counted then.
    """
    sensors, mark = work.state.sensors, mark_of(parcel.device_id)
    if slot is not None and not (mark and slot.device):
        slot.device = slot.device or mark
        return slot
    name = reading.sensor_id
    twin = twin_of(name, parcel.device_id)
    if slot is not None or twin in sensors:
        name, slot = twin, sensors.get(twin)
    if slot is not None:
        return slot
    fault = newcomer_fault(reading.sensor_id, len(sensors))
    if fault is not None:
        _reject(work, parcel, reading, fault)
        return None
    clock = work.state.clock
    if at < clock - FORGET_AFTER_MS:  # it may have been accepted, and forgotten
        _pass_over(work, parcel, reading, None, at)
        return None
    slot = sensors[name] = Slot(-1, first_past(at, clock), device=mark)
    slot.is_suspect = name in work.suspects
    return slot


def _pass_over(
    work: Work, parcel: Parcel, reading: Any, slot: Optional[Slot], at: int
) -> None:
    """Count a reading that is known already."""
    folded, state = work.folded, work.state
    here = int(parcel.sequence_number), _place_of(parcel, reading)
    if here <= (state.last_sequence, state.last_place):
        folded.redelivered += 1
    elif slot is None or is_stale(slot.past, at) or _is_corrected(slot, reading, at):
        folded.stale += 1
    else:
        folded.duplicate += 1


def _is_corrected(slot: Slot, reading: Any, at: int) -> bool:
    """Whether a sensor reports its newest instant again with other values."""
    count, speed = reading.vehicle_count, reading.average_speed
    return at == slot.timestamp and (
        (count or 0) != (slot.vehicle_count or 0)
        or round((speed or 0) * 10) != round((slot.speed or 0) * 10)
    )


def _reject(work: Work, parcel: Parcel, reading: Any, fault: Rejection) -> None:
    set_aside = fault._replace(place=_place_of(parcel, reading), raw=reading)
    work.folded.rejected.append((parcel, set_aside))


def _place_of(parcel: Parcel, reading: Any) -> int:
    """Return the place of *reading* in its message; asked only of the few."""
    return _place(
        parcel, next(i for i, one in enumerate(parcel.readings) if one is reading)
    )


def _place(parcel: Parcel, index: int) -> int:
    return index if parcel.positions is None else parcel.positions[index]
