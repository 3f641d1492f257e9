"""Readings into the working state of their segment, one after the other.

The outcome depends on the order of the readings and on where messages end, never on
how records were cut into batches: a record is delivered whole, a batch is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model import DecodedMessage, Road
from ..policy import (
    EVIDENCE_VEHICLES,
    FULL_OCCUPANCY,
    LAST_INSTANT_MS,
    MAX_AGE_MS,
    MAX_CLOCK_LEAD_MS,
    MINUTE_MS,
    STANDING_OCCUPANCY,
    Policy,
)
from .alerts import Thresholds, advance
from .arrival import admit, position_of
from .fast_path import NONE, Like, like_of
from .fold_result import Change, Folded, Work
from .live import present, score_now
from .measures import is_covered
from .reading_values import seen
from .sensor_ids import mark_of
from .state import Slot, WorkingState, leave_out, mean_score, roll, silence, speak
from .windows import PACE_UNITS, TO_WHOLE, Summand, Sums, Window, summed

FAR = LAST_INSTANT_MS + 1
_NOBODY: frozenset[str] = frozenset()


def fold(
    state: WorkingState,
    messages: Sequence[DecodedMessage],
    road: Road,
    policy: Policy,
    suspects: frozenset[str] = _NOBODY,
) -> Folded:
    """Take the readings of *messages*, in their order, into *state*.

    A reading that is not new by the rule of `spans` is only counted. Those of
    *suspects* are left out of all sums. *state* is changed in place: `decide` unpacks a
    fresh one for each call.
    """
    folded = Folded()
    default_ms = int(policy.default_interval_s * 1000)
    limits = Thresholds.of(policy)
    leave_out(state, suspects)
    work = Work(state, road, limits, default_ms, folded, suspects)
    _take(work, messages)
    _settle(work)
    if messages:
        newest = messages[-1]
        mark = (
            int(newest.sequence_number),
            position_of(newest, len(newest.readings) - 1),
        )
        last = state.last_sequence, state.last_position
        state.last_sequence, state.last_position = max(mark, last)
    folded.late_count = sum(window.readings for window in folded.late.values())
    return folded


def _take(work: Work, messages: Sequence[DecodedMessage]) -> None:  # noqa: C901 - the hot loop
    """Take what is new in the messages: the loop that every reading goes through.

    Nearly every reading is as expected: the next one of a plain sensor, `Like` the
    reading before, and of free traffic. Then it is new, and no calm alert can change by
    it. Such readings are summed up here, in local names for speed; the others are taken
    one by one.
    """
    state, get = work.state, work.state.sensors.get
    like, instant, oldest = NONE, -1, FAR
    device, mark = None, mark_of(None)
    interval, span_ms, is_scored, patience_ms, reach_ms, most, slowest, highest = like
    n = vehicles = pace = occupied = observed = scores = 0
    for message in messages:
        if work.is_busy:
            _add_run(work, like, n, vehicles, pace, occupied, observed, scores)
            n = vehicles = pace = occupied = observed = scores = 0
            _judge(work)  # what goes before is complete
        work.message, received = message, message.reference_ms
        earliest, utmost = received - MAX_AGE_MS, received + MAX_CLOCK_LEAD_MS
        if message.device_id != device:
            device, mark = message.device_id, mark_of(message.device_id)
        gait = 2 * mark + is_scored  # as `gait_of` has it
        for reading in message.readings:
            slot, at = get(reading.sensor_id), reading.timestamp
            count, speed = reading.vehicle_count, reading.average_speed
            occupancy, score = reading.occupancy, reading.congestion_score
            if (
                (at.__class__ is not int or at < oldest)
                or not earliest <= at <= utmost
                or (slot is None or slot.gait != gait or slot.noted[3] != span_ms)
                or not 0 < at - slot.timestamp <= patience_ms
                or (reading.interval != interval or count is None or count > most)
                or (count and (speed is None or speed < slowest))
                or (occupancy or 0.0) >= STANDING_OCCUPANCY
                or (is_scored if score is None else score >= highest)
            ):
                admitted = admit(work, message, reading, mark)
                if admitted is None:
                    continue
                _add_run(work, like, n, vehicles, pace, occupied, observed, scores)
                n = vehicles = pace = occupied = observed = scores = 0
                like = _take_one(work, message, reading, *admitted)
                interval, span_ms, is_scored, patience_ms = like[:4]
                reach_ms, most, slowest, highest = like[4:]
                instant, oldest = work.instant, state.clock - patience_ms
                gait = 2 * mark + is_scored
                continue
            if at != instant:
                _add_run(work, like, n, vehicles, pace, occupied, observed, scores)
                n = vehicles = pace = occupied = observed = scores = 0
                _turn_to(work, message, slot, at, span_ms)
                instant, oldest = at, state.clock - patience_ms
            if slot.step_ms > reach_ms:
                slot.remember_gap()
            slot.step_ms, slot.timestamp = at - slot.timestamp, at
            slot.latest = reading
            n += 1
            if count:
                vehicles += count
                pace += PACE_UNITS * count / speed + TO_WHOLE - TO_WHOLE
            if occupancy is not None:
                observed += 1
                occupied += int(occupancy * span_ms + 0.5)
            if score:
                scores += (score * 10 + 0.5) // 1
    _add_run(work, like, n, vehicles, pace, occupied, observed, scores)
    _judge(work)


def _take_one(
    work: Work, message: DecodedMessage, reading: Any, slot: Slot, at: int, span_ms: int
) -> Like:
    """Take a reading that is new, whatever it says; return what others are like."""
    if at != work.instant:
        _turn_to(work, message, slot, at, span_ms)
    if not (work.is_busy or _is_calm(work, slot, reading)):
        _settle(work)
        work.is_busy, work.vehicles = True, 0  # what went before is no evidence
    said = seen(slot, reading, at, span_ms, work.road)
    if slot.is_suspect:
        work.window.readings += 1
        work.folded.accepted += 1
        work.is_new = True
    else:
        work.rows.append(said)
    _renew(work.state, slot, at, said)
    is_scored, high = reading.congestion_score is not None, work.limits.high
    return like_of(reading.interval, span_ms, is_scored, work.low_kmh, high)


def _is_calm(work: Work, slot: Slot, reading: Any) -> bool:
    """Whether a calm alert stays so: the reading is plain, and of free traffic."""
    count, speed = reading.vehicle_count, reading.average_speed
    score = reading.congestion_score
    if score is not None:
        is_free = int(score * 10 + 0.5) < work.limits.high
    else:
        is_free = not count if speed is None else speed >= work.low_kmh
    is_covered = (reading.occupancy or 0.0) >= STANDING_OCCUPANCY
    return is_free and slot.is_plain and not is_covered


def _renew(state: WorkingState, slot: Slot, at: int, said: Summand) -> None:
    """Let a sensor speak for the present by its newest reading, *said* at *at*.

    One that is older fills a place in its past.
    """
    if at < slot.timestamp:
        slot.fill(at)
        return
    slot.step(at, said)
    if not slot.is_fresh:
        speak(state, slot)
    if at < state.clock:
        silence(state, slot, state.clock)


def _turn_to(
    work: Work, message: DecodedMessage, slot: Slot, at: int, span_ms: int
) -> None:
    """Take readings of another instant *at* from now on."""
    state, minute = work.state, at // MINUTE_MS
    if at > state.clock:
        if work.is_busy:
            _judge(work)  # what goes before is complete
        state.clock, work.folded.received_at = at, message.reference_ms
    if work.rows:
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
    if work.rows:
        _add(work, summed(work.rows), len(work.rows))
        work.rows.clear()


def _add_run(work: Work, like: Like, n: int, *sums_of_run: Any) -> None:
    """Add *n* readings of one instant that are alike, by their sums."""
    if not n:
        return
    vehicles, pace, occupied, observed, scores = sums_of_run
    total, moving = n * like.span_ms, int(pace)
    unobserved = (n - observed) * like.span_ms
    sums = Sums(total, vehicles, moving, occupied, unobserved)
    if like.is_scored:
        sums.scored, sums.scored_ms = int(scores) * like.span_ms, total
        sums.scored_moving, sums.scored_pace = vehicles, moving
    _add(work, sums, n)


def _add(work: Work, sums: Sums, count: int) -> None:
    state, at, window = work.state, work.instant, work.window
    state.live.add(sums, state.weight_of(at))
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
    if not work.is_busy:
        return
    _settle(work)
    if not work.is_new:
        return
    vehicles, work.vehicles, work.is_new = work.vehicles, 0, False
    score = score_now(state, work.road)
    tenths = 0 if score is None else int(score * 10 + 0.5)
    work.is_busy = tenths >= limits.high or not work.is_calm()
    if tenths < limits.high and state.alert.is_calm():
        return
    if _is_queue(state) or mean_score(state) >= limits.high:
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
