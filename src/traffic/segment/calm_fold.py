"""Fold the messages of a segment in calm traffic, straight into its packed state.

Nearly every batch continues what the segment's sensors sent before: the next readings
of known, plain sensors of one device, in free traffic, which cannot change a calm
alert. They need no working state. A batch with anything else in it is left to `fold`,
which has the same result for every batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..model import DecodedMessage, Road
from ..policy import (
    FORGET_AFTER_MS,
    MAX_AGE_MS,
    MAX_CLOCK_LEAD_MS,
    MINUTE_MS,
    STALE_AFTER_MS,
    STANDING_OCCUPANCY,
    Policy,
)
from .alerts import Thresholds
from .arrival import is_corrected, position_in, rejection_of
from .decay import decay_s_of, weight_in
from .fast_path import NO_FAST_PATH, fast_path_of, low_speed
from .fold_result import FoldResult
from .live import is_free_flowing
from .packed_state import (
    COUNTS,
    FRESH,
    Column,
    PackedState,
    hour_of,
    summand_of,
    values_of,
)
from .sensor_ids import device_hash_of
from .state import close_before
from .validation import fault_of, is_impossible
from .windows import PACE_UNITS, TO_WHOLE, Summand, Window, plain_summand

_PLAIN = FRESH | COUNTS


class NotCalmError(Exception):
    """The messages have to be folded into a working state."""


def _require(condition: bool) -> None:
    if not condition:
        raise NotCalmError


def _highest(scores: Column) -> int:
    """Return the highest score of sensors that all report one."""
    try:
        return int(max(values_of(scores, 1)))
    except TypeError:
        raise NotCalmError from None


class CalmFold:
    """A fold in progress.

    *newest* are the newest instants of the plain sensors; of those that report,
    *latest* are the newest readings, *counted* the newest instants with a vehicle, and
    *odd_steps* the latest steps (ms) that are not one interval. *gaps* are steps in
    which readings are missing, as sensor, begin and end.
    """

    def __init__(self, packed: PackedState, messages: Sequence[DecodedMessage]) -> None:
        self.packed, self.messages, self.result = packed, messages, FoldResult()
        self.clock, self.minute = packed.clock, max(packed.windows, default=-1)
        self.moved_at, self.path = packed.moved_at, NO_FAST_PATH
        self.newest = packed.instants()
        self.latest: dict[str, Any] = {}
        self.counted: dict[str, int] = {}
        self.odd_steps: dict[str, int] = {}
        self.gaps: list[tuple[str, int, int]] = []

    def run(self, road: Road, policy: Policy) -> None:
        """Fold the messages; raises NotCalmError if they need a working state.

        An hour that begins needs one: missing spans are pruned then.
        """
        self._find_path(road, policy)
        self._add_readings()
        _require(hour_of(self.clock) == hour_of(self.packed.clock))

    def _find_path(self, road: Road, policy: Policy) -> None:
        """Require a calm segment, and find the fast path of the first reading."""
        packed, first = self.packed, self.messages[0]
        high, interval = Thresholds.of(policy).high, first.readings[0].interval
        interval_s = policy.default_interval_s if interval is None else interval
        low_kmh, is_scored = low_speed(road, high), packed.scores is not None
        span_ms = int(interval_s * 1000)
        _require(
            packed.intervals == span_ms
            and packed.devices == [device_hash_of(first.device_id)]
            and packed.alert.is_calm()
            and packed.moved_age is not None
            and is_free_flowing(packed.live, low_kmh)
            and not (is_scored and _highest(packed.scores) >= high)
        )
        if packed.flags != _PLAIN:
            self._leave_out_others()
        self.path = fast_path_of(interval, span_ms, is_scored, low_kmh, high)

    def _leave_out_others(self) -> None:
        """Leave only plain, fresh sensors among those that may report."""
        flags = values_of(self.packed.flags, len(self.newest))
        plain = zip(self.newest.items(), flags)
        self.newest = {name: at for (name, at), one in plain if one == _PLAIN}

    def _add_readings(self) -> None:  # noqa: C901, PLR0912, PLR0915 - the hot loop
        """Add the readings: the hot loop that nearly every reading goes through.

        Those of one instant are summed in local names, for speed.
        """
        newest, latest, odd_steps = self.newest, self.latest, self.odd_steps
        counted = self.counted
        interval, span_ms, is_scored, stale_ms = self.path[:4]
        gap_ms, max_count, min_speed, limit = self.path[4:]
        device, instant = self.messages[0].device_id, -1
        n = vehicles = pace = occupied = observed = scores = 0
        for message in self.messages:
            received = message.reference_ms
            earliest, utmost = received - MAX_AGE_MS, received + MAX_CLOCK_LEAD_MS
            if message.device_id != device:
                raise NotCalmError
            if not earliest <= instant <= utmost:
                self._add_run(instant, n, vehicles, pace, occupied, observed, scores)
                n = vehicles = pace = occupied = observed = scores = 0
                instant = -1
            for reading in message.readings:
                name, at = reading.sensor_id, reading.timestamp
                count, speed = reading.vehicle_count, reading.average_speed
                share, score = reading.occupancy, reading.congestion_score
                if (
                    (count is None or count > max_count or reading.interval != interval)
                    or (count and (speed is None or speed < min_speed))
                    or (share is not None and share >= STANDING_OCCUPANCY)
                    or (score is None) is is_scored
                    or (score is not None and score >= limit)
                ):
                    self._reject(message, reading)
                    continue
                try:
                    step_ms = at - newest[name]
                except (KeyError, TypeError):  # a new sensor, a timestamp as text
                    raise NotCalmError from None
                if step_ms != span_ms:
                    if step_ms == 0 and earliest <= at <= utmost:
                        self._count_known(message, reading)
                        continue
                    if not 0 < step_ms <= stale_ms:
                        raise NotCalmError
                    if step_ms > gap_ms:
                        self.gaps.append((name, newest[name], at))
                    odd_steps[name] = step_ms
                elif odd_steps:
                    odd_steps.pop(name, None)
                if at != instant:
                    self._add_run(
                        instant, n, vehicles, pace, occupied, observed, scores
                    )
                    n = vehicles = pace = occupied = observed = scores = 0
                    if not earliest <= at <= utmost:
                        raise NotCalmError
                    instant = at
                    self._begin(at, received)
                newest[name], latest[name] = at, reading
                n += 1
                if count:
                    counted[name] = at
                    vehicles += count
                    pace += PACE_UNITS * count / speed + TO_WHOLE - TO_WHOLE
                if share is not None:
                    observed += 1
                    occupied += int(share * span_ms + 0.5)
                if score:
                    scores += (score * 10 + 0.5) // 1  # as `tenths_of` rounds
        self._add_run(instant, n, vehicles, pace, occupied, observed, scores)

    def _begin(self, at: int, received: int) -> None:
        """Begin with the readings of an instant, and open its minute if it is new."""
        minute = at // MINUTE_MS
        if at > self.clock:
            self.clock, self.result.received_at = at, received
        if minute > self.minute:
            self._open(minute)
        oldest_ms = self.clock - self.path.stale_after_ms
        _require(minute >= self.minute - 1 and at >= oldest_ms)

    def _open(self, minute: int) -> None:
        """Open a *minute*, as `roll_windows` does."""
        packed = self.packed
        before_ms, now_ms = self.minute * MINUTE_MS, minute * MINUTE_MS
        _require(decay_s_of(self.path.span_ms) <= packed.decay_s)
        if (
            min(self.newest.values()) < now_ms - STALE_AFTER_MS
            or packed.flags != _PLAIN
        ):
            self._check_silent(now_ms)
        packed.live.decay(math.exp((before_ms - now_ms) / 1000 / packed.decay_s))
        self.result.closed += close_before(packed.windows, minute - 1)
        packed.windows[minute], self.minute = Window(), minute

    def _check_silent(self, now_ms: int) -> None:
        """Require that no sensor becomes stale, and none is forgotten."""
        stored = self.packed.instants()
        flags = values_of(self.packed.flags, len(stored))
        for (name, at), flag in zip(stored.items(), flags):
            limit_ms = self.path.stale_after_ms if flag & FRESH else FORGET_AFTER_MS
            _require(now_ms - self.newest.get(name, at) <= limit_ms)

    def _add_run(
        self,
        at: int,
        n: int,
        vehicles: int,
        pace: float,
        occupied: int,
        observed: int,
        scores: float,
    ) -> None:
        """Add the sums of *n* readings of one instant."""
        if not n:
            return
        packed, span_ms, moving = self.packed, self.path.span_ms, int(pace)
        total_ms, unobserved_ms = n * span_ms, (n - observed) * span_ms
        window = packed.windows.get(at // MINUTE_MS)
        if window is None:
            window = packed.windows[at // MINUTE_MS] = Window()
        window.readings += n
        self.result.accepted += n
        if vehicles and at > self.moved_at:
            self.moved_at = at
        weight = weight_in(at, self.minute, packed.decay_s)
        for sums, factor in ((window.sums, 1), (packed.live, weight)):
            sums.total_ms += factor * total_ms
            sums.vehicles += factor * vehicles
            sums.pace += factor * moving
            sums.occupied_ms += factor * occupied
            sums.unobserved_ms += factor * unobserved_ms
            if self.path.is_scored:
                sums.scored += factor * int(scores) * span_ms
                sums.scored_ms += factor * total_ms
                sums.scored_moving += factor * vehicles
                sums.scored_pace += factor * moving

    def _reject(self, message: DecodedMessage, reading: Any) -> None:
        """Reject a reading of more vehicles than any carriageway carries."""
        at, span_ms = reading.timestamp, self.path.span_ms
        _require(reading.interval == self.path.interval and isinstance(at, int))
        _require(is_impossible(reading, span_ms))
        fault = fault_of(reading, at, message.reference_ms, span_ms)
        self.result.rejected.append(rejection_of(message, reading, fault))

    def _count_known(self, message: DecodedMessage, reading: Any) -> None:
        """Count a reading of an instant that its sensor reported before."""
        packed, result = self.packed, self.result
        place = int(message.sequence_number), position_in(message, reading)
        if place <= packed.last_place:
            result.redelivered += 1
        elif is_corrected(reading, self._newest_reading(reading.sensor_id)):
            result.stale += 1
        else:
            result.duplicate += 1

    def _newest_reading(self, name: str) -> Summand:
        """Return a sensor's newest reading."""
        packed, reading, span_ms = self.packed, self.latest.get(name), self.path.span_ms
        if reading is not None:
            return plain_summand(reading, span_ms)
        place, number = packed.names.index(name), len(packed.names)
        columns = packed.counts, packed.speeds, packed.shares, packed.scores
        return summand_of(span_ms, *(values_of(one, number)[place] for one in columns))
