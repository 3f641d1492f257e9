"""Readings into the working state of their segment, one after the other.

The outcome depends on the order of the readings and on where messages end, never on
how records were cut into batches: a record is delivered whole, a batch is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Optional

from .alerts import Thresholds, advance
from .checks import fault_of, newcomer_fault
from .enrich import score_of
from .folded import Change, Folded, Work
from .model import Parcel, Rejection, Road
from .policy import MAX_AGE_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS, Policy
from .put_back import aside, is_missing, restore
from .restore import Restored, Rows, is_forgotten
from .state import (
    NOTHING,
    Slot,
    WorkingState,
    latest,
    narrow_gaps,
    note_gap,
    roll,
    silence,
)
from .times import instant_of
from .windows import Window, window_measures

News = tuple[Parcel, Any, Slot, int]  # a message, its reading, its sensor, the instant
_NO_ROWS: Rows = {}


def fold(
    state: WorkingState,
    parcels: Sequence[Parcel],
    road: Road,
    policy: Policy,
    rows: Rows = _NO_ROWS,
) -> Folded:
    """Take the readings of *parcels*, in their order, into *state*.

    A reading at or before its sensor's last accepted one is a duplicate, unless it was
    put back and its minute's row, one of the stored *rows*, may still take it. *state*
    is changed in place: `decide` unpacks a fresh one for each call.
    """
    restored = Restored(rows)
    folded = Folded(restored=restored.rows)
    interval_ms = int(policy.default_interval_s * 1000)
    work = Work(state, road, Thresholds.of(policy), interval_ms, folded, restored)
    _take(work, parcels)
    if parcels:
        newest = parcels[-1]
        mark = int(newest.sequence_number), _place(newest, len(newest.readings) - 1)
        last = state.last_sequence, state.last_place
        state.last_sequence, state.last_place = max(mark, last)
    late = [*folded.late.values(), *(row.window for row in folded.restored.values())]
    folded.late_count = sum(window.readings for window in late)
    return folded


def _take(work: Work, parcels: Sequence[Parcel]) -> None:
    """Take what is news into the state: the loop that every reading goes through.

    *clock*, *total* and *fresh* are those of the state, in local names for speed: it is
    brought up to date before anything else looks at it.
    """
    state, high, add = work.state, work.limits.high, work.rows.append
    free_flow, default_ms = work.road.free_flow_speed, work.default_interval_ms
    clock, total, fresh = state.clock, state.total, state.fresh
    calm, message, begin, end = state.alert.is_calm(), None, 0, 0
    interval, span_ms, before = None, default_ms, 0
    for parcel, reading, slot, at in _news(work, parcels):
        if parcel is not message or at > clock:  # what goes before is complete
            if not calm or total >= high * fresh:
                calm = _judge(work, message, total, fresh)
            if parcel.redriven:
                begin = end = 0
            before, message, clock = clock, parcel, at if at > clock else clock
            state.clock = clock
        if not begin <= at < end:
            state.total, state.fresh = total, fresh
            begin, end = _turn_to(work, parcel, reading, at, slot, before)
            before = clock
            calm, total, fresh = state.alert.is_calm(), state.total, state.fresh
        count, speed = reading.vehicle_count, reading.average_speed
        occupancy, score = reading.occupancy, reading.congestion_score
        if score is None:
            score = score_of(count, speed, occupancy, free_flow)
        tenths = int(score * 10 + 0.5)
        if reading.interval != interval:
            interval = reading.interval
            span_ms = default_ms if interval is None else int(interval * 1000)
        said = count, speed, occupancy, span_ms, tenths
        add(said)
        was = slot.score
        if was is None:
            fresh, was = fresh + 1, 0
        total += tenths - was
        slot.timestamp, slot.said, slot.score = at, said, tenths
        if at < clock:
            state.total, state.fresh = total, fresh
            _look_back(state, parcel, slot, at)
            total, fresh = state.total, state.fresh
    work.settle()
    _judge(work, message, total, fresh)


def _news(work: Work, parcels: Sequence[Parcel]) -> Iterator[News]:
    """Yield what is newer than its sensor's last; the rest is told or counted here."""
    sensors = work.state.sensors
    for parcel in parcels:
        received = parcel.reference_ms
        earliest, utmost = received - MAX_AGE_MS, received + MAX_CLOCK_LEAD_MS
        for reading in parcel.readings:
            at = reading.timestamp
            if at.__class__ is not int:
                at = instant_of(at)
            if not earliest <= at <= utmost or (
                reading.average_speed is None and reading.vehicle_count
            ):
                _reject(work, parcel, reading, fault_of(reading, at, received))
                continue
            slot = sensors.get(reading.sensor_id) or _admit(work, parcel, reading, at)
            if slot is None or at <= slot.timestamp:
                _pass_over(work, parcel, reading, at)
            else:
                yield parcel, reading, slot, at


def _turn_to(
    work: Work, parcel: Parcel, reading: Any, at: int, slot: Slot, before: int
) -> tuple[int, int]:
    """Sum into the minute of *at* from now on; return its begin and end (ms).

    What is put back is remembered one by one: for it, no minute has begun. A reading
    that moved the clock into another minute, from *before*, may end a gap.
    """
    work.settle()
    minute = at // MINUTE_MS
    if at == work.state.clock and before // MINUTE_MS < minute:
        interval = reading.interval
        span_ms = work.default_interval_ms if interval is None else interval * 1000
        note_gap(work.state, before, at, span_ms)
    is_open = None if parcel.redriven else work.state.windows.get(minute)
    work.window = is_open or _window(work, parcel, reading, at, slot)
    begin = minute * MINUTE_MS
    return (0, 0) if parcel.redriven else (begin, begin + MINUTE_MS)


def _window(work: Work, parcel: Parcel, reading: Any, at: int, slot: Slot) -> Window:
    """Return where the reading of *slot* is summed, in a minute not yet open."""
    state, minute = work.state, at // MINUTE_MS
    newest = max(state.windows, default=minute - 1)
    if minute > newest:
        work.folded.closed += roll(state, minute, slot)
    if parcel.redriven:
        return aside(work, minute, reading.sensor_id, at)
    if minute >= newest - 1:
        return state.windows.setdefault(minute, Window())
    return work.folded.late.setdefault(minute, Window())


def _look_back(state: WorkingState, parcel: Parcel, slot: Slot, at: int) -> None:
    """Note a reading of the past: it may be too old to speak, and be in a gap."""
    silence(state, slot, state.clock)
    if not parcel.redriven:
        narrow_gaps(state, at)


def _judge(work: Work, parcel: Optional[Parcel], total: int, fresh: int) -> bool:
    """Let the alert follow the score that the message left behind, if there was one.

    Returns whether there is no alert, and none in the making.
    """
    state, limits = work.state, work.limits
    state.total, state.fresh = total, fresh
    is_low = total < limits.high * fresh and state.alert.is_calm()
    if parcel is None or not fresh or is_low:
        return state.alert.is_calm()
    transition = advance(state.alert, state.total // state.fresh, state.clock, limits)
    if transition is not None:
        measures = window_measures(latest(state), work.road)
        work.folded.changes.append(Change(transition, parcel.reference_ms, measures))
    return state.alert.is_calm()


def _admit(work: Work, parcel: Parcel, reading: Any, at: int) -> Optional[Slot]:
    sensors = work.state.sensors
    if newcomer_fault(reading.sensor_id, len(sensors)) is not None:
        return None
    if parcel.redriven and is_forgotten(at, work.state.clock):
        return None
    slot = sensors[reading.sensor_id] = Slot(-1, NOTHING, None)
    return slot


def _pass_over(work: Work, parcel: Parcel, reading: Any, at: int) -> None:
    """Refuse a newcomer, put a reading back, or count it as one that is known."""
    sensors, folded = work.state.sensors, work.folded
    is_known = reading.sensor_id in sensors
    fault = None if is_known else newcomer_fault(reading.sensor_id, len(sensors))
    if fault is not None:
        _reject(work, parcel, reading, fault)
    elif parcel.redriven and is_missing(work, reading, at):
        restore(work, reading, at)
    elif _is_published_again(work.state, parcel, reading):
        folded.duplicate += 1
    else:
        folded.redelivered += 1


def _is_published_again(state: WorkingState, parcel: Parcel, reading: Any) -> bool:
    """Whether a known reading was published twice, and not only delivered twice."""
    here = int(parcel.sequence_number), _place_of(parcel, reading)
    return here > (state.last_sequence, state.last_place)


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
