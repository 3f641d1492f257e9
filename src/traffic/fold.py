"""Readings into the working state of their segment, one after the other.

The outcome depends on the order of the readings and on where messages end, never on
how records were cut into batches: a record is delivered whole, a batch is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

from .alerts import Thresholds, Transition, advance
from .checks import fault_of, newcomer_fault
from .enrich import Measures, score_of
from .model import Parcel, Rejection, Road, Tallies
from .policy import MAX_AGE_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS, Policy
from .restore import Restored, Row, Rows, is_forgotten
from .state import NOTHING, Slot, WorkingState, latest, roll, silence
from .times import instant_of
from .windows import Summand, Window, window_measures

News = tuple[Parcel, Any, Slot, int]  # a message, its reading, its sensor, the instant
_NO_ROWS: Rows = {}


class Change(NamedTuple):
    """An alert's transition, the receipt time (ms) of the message that caused it, and
    the traffic of that moment."""

    transition: Transition
    received_at: int
    measures: Measures


@dataclass
class Folded:
    """What came of folding: counts, set-aside readings, minutes and transitions.

    *late* holds sums per minute for readings older than both open windows, *restored*
    those of readings that redrive put back; all of these count as late.
    """

    accepted: int = 0
    late_count: int = 0
    duplicate: int = 0
    redelivered: int = 0
    rejected: list[tuple[Parcel, Rejection]] = field(default_factory=list)
    closed: list[tuple[int, Window]] = field(default_factory=list)
    late: dict[int, Window] = field(default_factory=dict)
    restored: dict[int, Row] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def tallies(self) -> Tallies:
        """Return the readings counted for the first time, by fate."""
        return Tallies(self.accepted, self.late_count, self.duplicate)


@dataclass
class _Work:
    """A fold under way; *rows* are readings not yet summed into *window*."""

    state: WorkingState
    road: Road
    limits: Thresholds
    default_interval_ms: int
    folded: Folded
    restored: Restored
    window: Window = field(default_factory=Window)
    rows: list[Summand] = field(default_factory=list)

    def settle(self) -> None:
        """Sum up what is waiting to be."""
        self.window.add_all(self.rows)
        self.folded.accepted += len(self.rows)
        self.rows.clear()


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
    work = _Work(state, road, Thresholds.of(policy), interval_ms, folded, restored)
    _take(work, parcels)
    if parcels:
        newest = parcels[-1]
        mark = int(newest.sequence_number), _place(newest, len(newest.readings) - 1)
        last = state.last_sequence, state.last_place
        state.last_sequence, state.last_place = max(mark, last)
    late = [*folded.late.values(), *(row.window for row in folded.restored.values())]
    folded.late_count = sum(window.readings for window in late)
    return folded


def _take(work: _Work, parcels: Sequence[Parcel]) -> None:
    """Take what is news into the state: the loop that every reading goes through.

    *clock*, *total* and *fresh* are those of the state, in local names for speed: it is
    brought up to date before anything else looks at it.
    """
    state, high, add = work.state, work.limits.high, work.rows.append
    free_flow, default_ms = work.road.free_flow_speed, work.default_interval_ms
    clock, total, fresh = state.clock, state.total, state.fresh
    calm, message, begin, end = state.alert.is_calm(), None, 0, 0
    interval, span_ms = None, default_ms
    for parcel, reading, slot, at in _news(work, parcels):
        if parcel is not message or at > clock:  # what goes before is complete
            if not calm or total >= high * fresh:
                calm = _judge(work, message, total, fresh)
            if parcel.redriven:
                begin = end = 0
            message, clock = parcel, at if at > clock else clock
            state.clock = clock
        if not begin <= at < end:
            state.total, state.fresh = total, fresh
            begin, end = _turn_to(work, parcel, reading, at, slot)
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
            silence(state, slot, clock)
            total, fresh = state.total, state.fresh
    work.settle()
    _judge(work, message, total, fresh)


def _news(work: _Work, parcels: Sequence[Parcel]) -> Iterator[News]:
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
    work: _Work, parcel: Parcel, reading: Any, at: int, slot: Slot
) -> tuple[int, int]:
    """Sum into the minute of *at* from now on; return its begin and end (ms).

    What is put back is remembered one by one: for it, no minute has begun.
    """
    work.settle()
    minute = at // MINUTE_MS
    is_open = None if parcel.redriven else work.state.windows.get(minute)
    work.window = is_open or _window(work, parcel, reading, at, slot)
    begin = minute * MINUTE_MS
    return (0, 0) if parcel.redriven else (begin, begin + MINUTE_MS)


def _window(work: _Work, parcel: Parcel, reading: Any, at: int, slot: Slot) -> Window:
    """Return where the reading of *slot* is summed, in a minute not yet open."""
    state, minute = work.state, at // MINUTE_MS
    newest = max(state.windows, default=minute - 1)
    if minute > newest:
        work.folded.closed += roll(state, minute, slot)
    if parcel.redriven:
        return _aside(work, minute, reading.sensor_id, at)
    if minute >= newest - 1:
        return state.windows.setdefault(minute, Window())
    return work.folded.late.setdefault(minute, Window())


def _aside(work: _Work, minute: int, sensor_id: str, at: int) -> Window:
    """Return where a reading that was put back is summed: in its row, and at once.

    An open minute is marked as one that has a row already, to be merged with.
    """
    windows = work.state.windows
    if minute >= max(windows, default=minute) - 1:
        windows.setdefault(minute, Window()).late = 1
    return work.restored.give(minute, sensor_id, at)


def _judge(work: _Work, parcel: Optional[Parcel], total: int, fresh: int) -> bool:
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


def _admit(work: _Work, parcel: Parcel, reading: Any, at: int) -> Optional[Slot]:
    sensors = work.state.sensors
    if newcomer_fault(reading.sensor_id, len(sensors)) is not None:
        return None
    if parcel.redriven and is_forgotten(at, work.state.clock):
        return None
    slot = sensors[reading.sensor_id] = Slot(-1, NOTHING, None)
    return slot


def _pass_over(work: _Work, parcel: Parcel, reading: Any, at: int) -> None:
    """Refuse a newcomer, put a reading back, or count it as one that is known."""
    sensors, folded = work.state.sensors, work.folded
    is_known = reading.sensor_id in sensors
    fault = None if is_known else newcomer_fault(reading.sensor_id, len(sensors))
    if fault is not None:
        _reject(work, parcel, reading, fault)
    elif parcel.redriven and _is_missing(work, reading, at):
        _restore(work, reading, at)
    elif _is_published_again(work.state, parcel, reading):
        folded.duplicate += 1
    else:
        folded.redelivered += 1


def _is_missing(work: _Work, reading: Any, at: int) -> bool:
    """Whether a reading put back is of a minute without any of the ordinary way."""
    work.settle()
    minute, folded = at // MINUTE_MS, work.folded
    is_open = work.state.windows.get(minute)
    return not (
        minute in folded.late
        or (is_open is not None and is_open.readings)
        or any(one == minute for one, _ in folded.closed)
    ) and work.restored.takes(minute, reading.sensor_id, at)


def _restore(work: _Work, reading: Any, at: int) -> None:
    """Put a reading back into its minute; the present has gone on without it."""
    count, score = reading.vehicle_count, reading.congestion_score
    speed, occupancy = reading.average_speed, reading.occupancy
    if score is None:
        score = score_of(count, speed, occupancy, work.road.free_flow_speed)
    interval = reading.interval
    span_ms = work.default_interval_ms if interval is None else int(interval * 1000)
    window = _aside(work, at // MINUTE_MS, reading.sensor_id, at)
    window.add_all([(count, speed, occupancy, span_ms, int(score * 10 + 0.5))])
    work.folded.accepted += 1


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
