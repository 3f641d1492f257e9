"""The working state of a segment: what the processor remembers between two batches."""

from __future__ import annotations

import math
from typing import Any, Optional

import msgspec

from ..policy import (
    DECAY_S,
    FORGET_AFTER_MS,
    HOUR_MS,
    MINUTE_MS,
    PERCENT_FOR_MS,
    STALE_AFTER_INTERVALS,
    STALE_AFTER_MS,
)
from .alerts import AlertState, forget_pending
from .decay import decay_s_of, is_passing, is_passing_sensor, weight_in
from .spans import MissingSpans, is_gap, is_missing, pruned, with_span, without_instant
from .windows import Summand, Sums, Window, plain_summand, tenths_of

NO_READING: Summand = (None, None, None, 0, None, 0.0)
UNKNOWN = -1  # no instant, no fast path


class SensorState(msgspec.Struct, gc=False):
    """A sensor's newest accepted reading (event time in ms) and its traits.

    *step_ms* is the time between its two newest readings. *is_fresh* means that the
    newest one is current, *has_counted* that the sensor has ever counted a vehicle,
    *estimates_speed* that its speeds are estimated from occupancy. *percent_at* is when
    it last reported an occupancy over 1, *device* a hash of the device that sends it;
    *counted_at* is when it last counted a vehicle, stored in whole seconds. 0 is
    unknown for all three.

    Not stored: *is_suspect*, which sensor health decides; *is_plain*: the sensor
    counts, measures speed and does not report percent; *raw_reading*: a plain reading
    not yet converted to *last_summand*; *fast_key*: that of a plain, fresh sensor that
    is not a suspect, else `UNKNOWN`.
    """

    timestamp: int
    step_ms: int
    missing: MissingSpans
    last_summand: Summand = NO_READING
    is_fresh: bool = False
    has_counted: bool = False
    estimates_speed: bool = False
    percent_at: int = 0
    device: int = 0
    counted_at: int = 0
    is_suspect: bool = False
    is_plain: bool = False
    fast_key: int = UNKNOWN
    raw_reading: Any = None

    @property
    def last_reading(self) -> Summand:
        """The newest reading, in the form that is summed."""
        if self.raw_reading is not None:
            self.last_summand, self.raw_reading = (
                plain_summand(self.raw_reading, self.last_summand[3]),
                None,
            )
        return self.last_summand

    @property
    def vehicle_count(self) -> Optional[int]:
        """Vehicles in the interval, None where the sensor does not count."""
        return self.last_reading[0]

    @property
    def speed(self) -> Optional[float]:
        """Average speed in km/h."""
        return self.last_reading[1]

    @property
    def vehicles(self) -> Optional[int]:
        """Vehicles in the interval; a probe's speed, in tenths, stands for some."""
        count = self.vehicle_count
        return tenths_of(self.speed) if count is None else count

    @property
    def occupancy(self) -> Optional[float]:
        """Occupancy, 0-1."""
        return self.last_reading[2]

    @property
    def interval_ms(self) -> int:
        """The interval of the reading."""
        return self.last_summand[3]

    @property
    def score(self) -> Optional[int]:
        """The sensor's own congestion score, in tenths."""
        return self.last_reading[4]

    def record(self, at: int, summand: Summand) -> None:
        """Record a reading of *at*, later than the newest."""
        if self.timestamp >= 0:  # else it is the first one
            self.remember_gap()
            self.step_ms = at - self.timestamp
        self.timestamp, self.last_summand, self.raw_reading = at, summand, None
        is_in_step = self.is_plain and not self.is_suspect
        self.fast_key = (
            fast_key_of(self.device, summand[4] is not None) if is_in_step else UNKNOWN
        )

    def remember_gap(self) -> None:
        """Add the latest step to the missing spans, if it is a gap."""
        if is_gap(self.step_ms, self.interval_ms):
            span = (self.timestamp - self.step_ms, self.timestamp)
            self.missing = with_span(self.missing, span, self.interval_ms)

    def is_missing(self, at: int) -> bool:
        """Whether nothing was accepted at *at*, earlier than the newest reading."""
        begin, newest = self.timestamp - self.step_ms, self.timestamp
        return begin < at < newest or is_missing(self.missing, at)

    def fill(self, at: int, interval_ms: int) -> None:
        """Record a reading of *at* and of that interval, which was missing."""
        begin = self.timestamp - self.step_ms
        if at > begin:
            self.missing = with_span(self.missing, (begin, at), interval_ms)
            self.step_ms = self.timestamp - at
        else:
            self.missing = without_instant(self.missing, at, interval_ms)
        self.fast_key = UNKNOWN

    @property
    def reports_percent(self) -> bool:
        """Whether the sensor reports occupancy in percent, by its newest reading."""
        return self.is_percent(self.timestamp)

    def is_percent(self, at: int) -> bool:
        """Whether the sensor reported occupancy in percent around *at*."""
        return bool(self.percent_at) and abs(at - self.percent_at) < PERCENT_FOR_MS


def fast_key_of(device: int, is_scored: bool) -> int:
    """Return the key that a reading of the fast path must match: device and scoring."""
    return 2 * device + is_scored


class WorkingState(msgspec.Struct):
    """What the processor remembers of a segment between two batches.

    *clock* is the newest accepted event time (ms), *minute* the newest that was opened;
    *last_sequence* and *last_position* identify the last processed reading: its record
    and its position in the message; *fresh* counts the sensors whose newest reading is
    current; *windows* holds the two open minutes.

    *live* are sums of all readings, weighted by age (`weight_of`): 1000 at the end of
    the newest minute, and less by a factor of e per *decay_s* before. They are scaled
    down when a minute begins. *moved_at* is when the last vehicle passed, or when the
    first reading began.
    """

    clock: int = 0
    minute: int = -1
    last_sequence: int = 0
    last_position: int = 0
    fresh: int = 0
    sensors: dict[str, SensorState] = {}
    windows: dict[int, Window] = {}
    alert: AlertState = msgspec.field(default_factory=AlertState)
    live: Sums = msgspec.field(default_factory=Sums)
    decay_s: int = DECAY_S
    moved_at: int = 0

    def weight_of(self, at: int) -> int:
        """Return the weight in *live* of a reading of that instant (ms)."""
        return weight_in(at, self.minute, self.decay_s)

    def is_passing(self) -> bool:
        """Whether vehicles pass now."""
        return is_passing(self.clock - self.moved_at, self.decay_s) or any(
            is_passing_sensor(self.clock - one.timestamp, one.vehicles, one.interval_ms)
            for one in self.sensors.values()
            if one.is_fresh and not one.is_suspect
        )


def roll_windows(
    state: WorkingState, minute: int, sender: Optional[SensorState], interval_ms: int
) -> list[tuple[int, Window]]:
    """Open *minute*, newer than all; return the windows that closed, oldest first.

    Also marks silent sensors stale and drops those silent for days, except the *sender*
    that opens the minute with a reading of *interval_ms*.
    """
    before_ms, now_ms = state.minute * MINUTE_MS, minute * MINUTE_MS
    state.live.decay(math.exp((before_ms - now_ms) / 1000 / state.decay_s))
    closed = close_before(state.windows, minute - 1)
    state.windows[minute], state.minute = Window(), minute
    _drop_silent(state, now_ms, sender)
    decay_s = decay_s_of(interval_ms)
    if decay_s > state.decay_s or before_ms // HOUR_MS != now_ms // HOUR_MS:
        _run_hourly_cleanup(state, now_ms, decay_s)
    return closed


def _run_hourly_cleanup(state: WorkingState, now_ms: int, decay_s: int) -> None:
    """Prune missing spans, and adapt the decay to the sensors' intervals."""
    for sensor in state.sensors.values():
        sensor.missing = pruned(sensor.missing, now_ms)
        if sensor.is_fresh:
            decay_s = max(decay_s, decay_s_of(sensor.interval_ms))
    state.decay_s = decay_s


def flush(state: WorkingState) -> list[tuple[int, Window]]:
    """Close the open minutes, as a reading two minutes later would; oldest first.

    No sensor is fresh then. Further readings of these minutes are late and are merged
    into their rows.
    """
    for sensor in state.sensors.values():
        if sensor.is_fresh:
            mark_stale(state, sensor)
    state.live, state.moved_at = Sums(), 0
    if not state.windows:
        return []
    minute = state.minute + 2
    closed = close_before(state.windows, minute - 1)
    state.windows[minute], state.minute = Window(), minute
    return closed


def close_before(windows: dict[int, Window], minute: int) -> list[tuple[int, Window]]:
    """Remove and return the windows older than *minute*, except empty ones."""
    closing = [m for m in windows if m < minute]
    if not closing:
        return []
    closed = [(m, windows.pop(m)) for m in sorted(closing)]
    return [(m, window) for m, window in closed if window.readings]


def _drop_silent(
    state: WorkingState, now_ms: int, sender: Optional[SensorState]
) -> None:
    oldest_ms = now_ms - STALE_AFTER_MS
    silent = [name for name, one in state.sensors.items() if one.timestamp < oldest_ms]
    for name in silent:
        sensor = state.sensors[name]
        expire_if_stale(state, sensor, now_ms)
        if sensor is not sender and now_ms - sensor.timestamp > FORGET_AFTER_MS:
            del state.sensors[name]
    if not any(sensor.is_fresh for sensor in state.sensors.values()):
        forget_pending(state.alert)


def exclude_suspects(state: WorkingState, suspects: frozenset[str]) -> None:
    """Mark the suspects and take them out of the count of fresh sensors."""
    for name in suspects:
        sensor = state.sensors.get(name)
        if sensor is not None:
            if sensor.is_fresh:
                mark_stale(state, sensor)
                sensor.is_fresh = True
            sensor.is_suspect, sensor.fast_key = True, UNKNOWN


def mark_fresh(state: WorkingState, sensor: SensorState) -> None:
    """Mark a sensor fresh; suspects are not counted."""
    sensor.is_fresh = True
    if not sensor.is_suspect:
        state.fresh += 1


def mark_stale(state: WorkingState, sensor: SensorState) -> None:
    """Mark a fresh sensor stale."""
    sensor.is_fresh, sensor.fast_key = False, UNKNOWN
    if not sensor.is_suspect:
        state.fresh -= 1


def expire_if_stale(state: WorkingState, sensor: SensorState, now_ms: int) -> None:
    """Mark a fresh sensor stale if its newest reading is too old."""
    age_ms = now_ms - sensor.timestamp
    if sensor.is_fresh and age_ms > stale_after_ms(sensor.interval_ms):
        mark_stale(state, sensor)


def stale_after_ms(interval_ms: int) -> int:
    """Return for how long a reading is current that has that interval."""
    return max(STALE_AFTER_MS, STALE_AFTER_INTERVALS * interval_ms)
