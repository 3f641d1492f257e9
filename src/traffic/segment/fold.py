"""Fold readings into the working state of their segment, in their order.

The result depends on the order of the readings and on where messages end, never on how
records are split into batches: a record is delivered whole, a batch is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model import DecodedMessage, Road
from ..policy import (
    EVIDENCE_VEHICLES,
    LAST_INSTANT_MS,
    MAX_AGE_MS,
    MAX_CLOCK_LEAD_MS,
    MINUTE_MS,
    STANDING_OCCUPANCY,
    Policy,
)
from .alerts import Thresholds, advance
from .arrival import accept_if_new, place_of_last
from .fast_path import NO_FAST_PATH, FastPath, fast_path_of
from .fold_result import AlertChange, FoldContext, FoldResult
from .live import is_queue, live_measures, live_score, mean_score
from .reading_values import reading_values
from .sensor_ids import device_hash_of
from .state import (
    SensorState,
    WorkingState,
    exclude_suspects,
    expire_if_stale,
    mark_fresh,
    roll_windows,
)
from .windows import (
    PACE_UNITS,
    TO_WHOLE,
    Summand,
    Sums,
    Window,
    sum_readings,
    tenths_of,
)

_AFTER_LAST_INSTANT_MS = LAST_INSTANT_MS + 1
_NO_SUSPECTS: frozenset[str] = frozenset()


def fold(
    state: WorkingState,
    messages: Sequence[DecodedMessage],
    road: Road,
    policy: Policy,
    suspects: frozenset[str] = _NO_SUSPECTS,
) -> FoldResult:
    """Fold the readings of *messages*, in their order, into *state*.

    A reading that is not new by the rule of `spans` is only counted. Readings of
    *suspects* are left out of all sums. Changes *state* in place: `decide` unpacks a
    fresh one for each call.
    """
    result = FoldResult()
    default_ms = int(policy.default_interval_s * 1000)
    limits = Thresholds.of(policy)
    exclude_suspects(state, suspects)
    context = FoldContext(state, road, limits, default_ms, result, suspects)
    _accumulate(context, messages)
    _sum_pending(context)
    if messages:
        last = state.last_sequence, state.last_position
        state.last_sequence, state.last_position = max(
            last, place_of_last(messages[-1])
        )
    result.late_count = sum(window.readings for window in result.late.values())
    return result


def _accumulate(context: FoldContext, messages: Sequence[DecodedMessage]) -> None:  # noqa: C901 - the hot loop
    """Accumulate the new readings: the hot loop that every reading goes through.

    Nearly every reading takes the fast path: it is the next one of a plain sensor, in
    free traffic, with the limits of `FastPath`. Then it is new, and cannot change a
    calm alert. Such readings are summed here, in local names for speed; all others go
    through `_accumulate_one`.
    """
    state, get = context.state, context.state.sensors.get
    fast, instant, oldest = NO_FAST_PATH, -1, _AFTER_LAST_INSTANT_MS
    device, device_hash = None, device_hash_of(None)
    interval, span_ms, is_scored, stale_ms, gap_ms, max_count, min_speed, limit = fast
    n = vehicles = pace = occupied = observed = scores = 0
    for message in messages:
        if context.is_busy:
            _add_run(context, fast, n, vehicles, pace, occupied, observed, scores)
            n = vehicles = pace = occupied = observed = scores = 0
            _update_alert(context)  # all earlier readings are summed
        context.message, received = message, message.reference_ms
        earliest, utmost = received - MAX_AGE_MS, received + MAX_CLOCK_LEAD_MS
        if message.device_id != device:
            device, device_hash = message.device_id, device_hash_of(message.device_id)
        fast_key = 2 * device_hash + is_scored  # see `fast_key_of`
        for reading in message.readings:
            sensor, at = get(reading.sensor_id), reading.timestamp
            count, speed = reading.vehicle_count, reading.average_speed
            occupancy, score = reading.occupancy, reading.congestion_score
            if (
                (at.__class__ is not int or at < oldest)
                or not earliest <= at <= utmost
                or (sensor is None or sensor.fast_key != fast_key)
                or sensor.last_summand[3] != span_ms
                or not 0 < at - sensor.timestamp <= stale_ms
                or (reading.interval != interval or count is None or count > max_count)
                or (count and (speed is None or speed < min_speed))
                or (occupancy or 0.0) >= STANDING_OCCUPANCY
                or (is_scored if score is None else score >= limit)
            ):
                accepted = accept_if_new(context, message, reading, device_hash)
                if accepted is None:
                    continue
                _add_run(context, fast, n, vehicles, pace, occupied, observed, scores)
                n = vehicles = pace = occupied = observed = scores = 0
                fast = _accumulate_one(context, message, reading, *accepted)
                interval, span_ms, is_scored, stale_ms = fast[:4]
                gap_ms, max_count, min_speed, limit = fast[4:]
                instant, oldest = context.instant, state.clock - stale_ms
                fast_key = 2 * device_hash + is_scored
                continue
            if at != instant:
                _add_run(context, fast, n, vehicles, pace, occupied, observed, scores)
                n = vehicles = pace = occupied = observed = scores = 0
                _switch_instant(context, message, sensor, at, span_ms)
                instant, oldest = at, state.clock - stale_ms
            if sensor.step_ms > gap_ms:
                sensor.remember_gap()
            sensor.step_ms, sensor.timestamp = at - sensor.timestamp, at
            sensor.raw_reading, n = reading, n + 1
            if count:
                sensor.counted_at = at
                vehicles += count
                pace += PACE_UNITS * count / speed + TO_WHOLE - TO_WHOLE
            if occupancy is not None:
                observed += 1
                occupied += int(occupancy * span_ms + 0.5)
            if score:
                scores += (score * 10 + 0.5) // 1  # as `tenths_of` rounds
    _add_run(context, fast, n, vehicles, pace, occupied, observed, scores)
    _update_alert(context)


def _accumulate_one(
    context: FoldContext,
    message: DecodedMessage,
    reading: Any,
    sensor: SensorState,
    at: int,
    span_ms: int,
) -> FastPath:
    """Accumulate any new reading; return the fast path of those that follow it."""
    if at != context.instant:
        _switch_instant(context, message, sensor, at, span_ms)
    if not (context.is_busy or _keeps_calm(context, sensor, reading)):
        _sum_pending(context)
        context.is_busy, context.vehicles = True, 0  # earlier vehicles are no evidence
    summand = reading_values(sensor, reading, at, span_ms, context.road)
    if sensor.is_suspect:
        context.window.readings += 1
        context.result.accepted += 1
        context.has_new_readings = True
    else:
        context.pending.append(summand)
    _update_sensor(context.state, sensor, at, summand)
    is_scored, high = reading.congestion_score is not None, context.limits.high
    return fast_path_of(reading.interval, span_ms, is_scored, context.low_kmh, high)


def _keeps_calm(context: FoldContext, sensor: SensorState, reading: Any) -> bool:
    """Whether a calm alert stays calm: the reading is plain and of free traffic."""
    count, speed = reading.vehicle_count, reading.average_speed
    tenths = tenths_of(reading.congestion_score)
    if tenths is not None:
        is_free = tenths < context.limits.high
    else:
        is_free = not count if speed is None else speed >= context.low_kmh
    is_covered = (reading.occupancy or 0.0) >= STANDING_OCCUPANCY
    return is_free and sensor.is_plain and not is_covered


def _update_sensor(
    state: WorkingState, sensor: SensorState, at: int, summand: Summand
) -> None:
    """Record a new reading of a sensor: the newest, or one that was missing."""
    if summand[0]:
        sensor.counted_at = max(sensor.counted_at, at)
    if at < sensor.timestamp:
        sensor.fill(at, summand[3])
        return
    sensor.record(at, summand)
    if not sensor.is_fresh:
        mark_fresh(state, sensor)
    if at < state.clock:
        expire_if_stale(state, sensor, state.clock)


def _switch_instant(
    context: FoldContext,
    message: DecodedMessage,
    sensor: SensorState,
    at: int,
    span_ms: int,
) -> None:
    """Switch to readings of another instant *at*, and to its window."""
    state, minute = context.state, at // MINUTE_MS
    if at > state.clock:
        if context.is_busy:
            _update_alert(context)  # all earlier readings are summed
        state.clock, context.result.received_at = at, message.reference_ms
    if context.pending:
        _sum_pending(context)
    context.instant = at
    if not state.moved_at:  # what stands from the first reading on may wait at a signal
        state.moved_at = max(at - span_ms, 1)
    if minute == context.minute:
        return
    context.minute, newest = minute, state.minute
    if minute > newest:
        context.result.closed += roll_windows(state, minute, sensor, span_ms)
    if minute < newest - 1:
        context.window = context.result.late.setdefault(minute, Window())
    else:
        context.window = state.windows.setdefault(minute, Window())


def _sum_pending(context: FoldContext) -> None:
    """Add the pending readings of an instant to their window and to the live sums."""
    if context.pending:
        _add_sums(context, sum_readings(context.pending), len(context.pending))
        context.pending.clear()


def _add_run(context: FoldContext, fast: FastPath, n: int, *sums_of_run: Any) -> None:
    """Add the sums of *n* readings of one instant that took the fast path."""
    if not n:
        return
    vehicles, pace, occupied, observed, scores = sums_of_run
    total, moving = n * fast.span_ms, int(pace)
    unobserved = (n - observed) * fast.span_ms
    sums = Sums(total, vehicles, moving, occupied, unobserved)
    if fast.is_scored:
        sums.scored, sums.scored_ms = int(scores) * fast.span_ms, total
        sums.scored_moving, sums.scored_pace = vehicles, moving
    _add_sums(context, sums, n)


def _add_sums(context: FoldContext, sums: Sums, count: int) -> None:
    state, at, window = context.state, context.instant, context.window
    state.live.add(sums, state.weight_of(at))
    window.sums.add(sums)
    window.readings += count
    context.result.accepted += count
    context.has_new_readings = True
    vehicles = sums.vehicles + EVIDENCE_VEHICLES * sums.probes
    if vehicles:
        context.vehicles += vehicles
        state.moved_at = max(state.moved_at, at)


def _update_alert(context: FoldContext) -> None:
    """Advance the alert to the score after the readings so far.

    Skipped while the segment is calm and no reading could change that.
    """
    state, limits, message = context.state, context.limits, context.message
    if not context.is_busy:
        return
    _sum_pending(context)
    if not context.has_new_readings:
        return
    vehicles, context.vehicles, context.has_new_readings = context.vehicles, 0, False
    tenths = tenths_of(live_score(state, context.road)) or 0
    context.is_busy = tenths >= limits.high or not context.is_calm()
    if tenths < limits.high and state.alert.is_calm():
        return
    if is_queue(state) or mean_score(state) >= limits.high:
        vehicles = EVIDENCE_VEHICLES
    transition = advance(state.alert, tenths, state.clock, limits, vehicles)
    if transition is not None and message is not None:
        figures = live_measures(state, context.road)
        context.result.changes.append(
            AlertChange(transition, message.reference_ms, figures, state.is_passing())
        )
