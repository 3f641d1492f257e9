"""The working state of a segment: what the processor remembers between two batches."""

from __future__ import annotations

import math
from typing import Any, Optional

import msgspec

from ..policy import (
    DECAY_INTERVALS,
    DECAY_S,
    FORGET_AFTER_MS,
    GAP_INTERVALS,
    HOUR_MS,
    MINUTE_MS,
    PASSING_DECAYS,
    PERCENT_FOR_MS,
    STALE_AFTER_INTERVALS,
    STALE_AFTER_MS,
)
from .alerts import AlertState, forget_pending
from .spans import Past, filled, is_missing, settled, with_span
from .windows import Summand, Sums, Window, plain

NOTHING: Summand = (None, None, None, 0, None, 0.0)
NEVER = -1  # no instant, and no device
_WHOLE = 1000  # the weight of a reading that was just made


class Slot(msgspec.Struct, gc=False):
    """A sensor: its newest accepted reading (event time in ms), and what is known of
    it.

    *is_fresh* says that the reading speaks for the present, *counts* that the sensor
    has ever counted a vehicle, *estimates* that its speeds are estimated from cover.
    *percent_at* is when it last reported an occupancy over 1, *device* a mark of the
    device that sends it; 0 is unknown for both. Not stored are *is_suspect*, which
    sensor health says, *is_plain*: the sensor counts, measures speed and no percent,
    *latest*: a plain reading that is not yet *noted*, and *gait*: that of a plain,
    fresh sensor that is no suspect, else `NEVER`.
    """

    timestamp: int
    step_ms: int
    past: Past
    noted: Summand = NOTHING
    is_fresh: bool = False
    counts: bool = False
    estimates: bool = False
    percent_at: int = 0
    device: int = 0
    is_suspect: bool = False
    is_plain: bool = False
    gait: int = NEVER
    latest: Any = None

    @property
    def said(self) -> Summand:
        """Its newest reading, as it is summed."""
        if self.latest is not None:
            self.noted, self.latest = plain(self.latest, self.noted[3]), None
        return self.noted

    @property
    def vehicle_count(self) -> Optional[int]:
        """Vehicles in the interval, None where the sensor does not count."""
        return self.said[0]

    @property
    def speed(self) -> Optional[float]:
        """Average speed in km/h."""
        return self.said[1]

    @property
    def occupancy(self) -> Optional[float]:
        """Occupancy, 0-1."""
        return self.said[2]

    @property
    def interval_ms(self) -> int:
        """The interval of the reading."""
        return self.noted[3]

    @property
    def score(self) -> Optional[int]:
        """The sensor's own congestion score, in tenths."""
        return self.said[4]

    def step(self, at: int, said: Summand) -> None:
        """Note a reading of *at*, later than the newest."""
        if self.timestamp >= 0:  # else it is the first: its past is known
            if self.step_ms > GAP_INTERVALS * self.noted[3]:
                self.remember_gap()
            self.step_ms = at - self.timestamp
        self.timestamp, self.noted, self.latest = at, said, None
        is_in_step = self.is_plain and not self.is_suspect
        self.gait = gait_of(self.device, said[4] is not None) if is_in_step else NEVER

    def remember_gap(self) -> None:
        """Remember the latest step, before another one, if it is a gap."""
        span = (self.timestamp - self.step_ms, self.timestamp)
        self.past = with_span(self.past, span, self.noted[3])

    def is_missing(self, at: int) -> bool:
        """Whether nothing was accepted at *at*, earlier than the newest reading."""
        begin, newest = self.timestamp - self.step_ms, self.timestamp
        return begin < at < newest or is_missing(self.past, at)

    def fill(self, at: int) -> None:
        """Note that a reading of *at*, which was missing, is accepted."""
        begin, interval_ms = self.timestamp - self.step_ms, self.noted[3]
        if at > begin:
            self.past = with_span(self.past, (begin, at), interval_ms)
            self.step_ms = self.timestamp - at
        else:
            self.past = filled(self.past, at, interval_ms)
        self.gait = NEVER

    @property
    def percent(self) -> bool:
        """Whether the sensor reports occupancy in percent, by its newest reading."""
        return self.is_percent(self.timestamp)

    def is_percent(self, at: int) -> bool:
        """Whether the sensor reports occupancy in percent, as far as known at *at*."""
        return bool(self.percent_at) and abs(at - self.percent_at) < PERCENT_FOR_MS


def gait_of(device: int, is_scored: bool) -> int:
    """Return the mark of a sensor that is in step: its device, and if it has scores."""
    return 2 * device + is_scored


class WorkingState(msgspec.Struct):
    """What the processor remembers of a segment between two batches.

    *clock* is the newest accepted event time (ms), *minute* the newest that was opened;
    *last_sequence* and *last_position* identify the last processed reading: its record
    and its position in the message; *fresh* counts the sensors whose newest reading is
    current; *windows* holds the two open minutes.

    *live* are the sums of all readings, each `weight_of` its event time times: that is
    1000 at the end of the newest minute, and e times less *decay_s* before. All are
    scaled down when a minute begins. *moved_at* is when the last vehicle passed.
    """

    clock: int = 0
    minute: int = -1
    last_sequence: int = 0
    last_position: int = 0
    fresh: int = 0
    sensors: dict[str, Slot] = {}
    windows: dict[int, Window] = {}
    alert: AlertState = msgspec.field(default_factory=AlertState)
    live: Sums = msgspec.field(default_factory=Sums)
    decay_s: int = DECAY_S
    moved_at: int = 0

    def weight_of(self, at: int) -> int:
        """Return the weight in *live* of a reading of that instant (ms)."""
        end_ms = (self.minute + 1) * MINUTE_MS
        return int(_WHOLE * math.exp((at - end_ms) / (self.decay_s * 1000)))

    def is_passing(self) -> bool:
        """Whether vehicles pass now."""
        return self.clock - self.moved_at <= PASSING_DECAYS * self.decay_s * 1000


def roll(
    state: WorkingState, minute: int, speaker: Optional[Slot], interval_ms: int
) -> list[tuple[int, Window]]:
    """Open *minute*, newer than all; return the windows that closed, oldest first.

    It is also the moment when silent sensors stop to speak for the present, and when
    those silent for days are forgotten, but for the *speaker* that opens the minute
    with a reading of *interval_ms*.
    """
    was, now_ms = state.minute * MINUTE_MS, minute * MINUTE_MS
    state.live.decay(math.exp((was - now_ms) / 1000 / state.decay_s))
    closed = _close_before(state, minute - 1)
    state.windows[minute], state.minute = Window(), minute
    _drop_silent(state, now_ms, speaker)
    decay_s = max(DECAY_S, round(DECAY_INTERVALS * interval_ms / 1000))
    if decay_s > state.decay_s or was // HOUR_MS != now_ms // HOUR_MS:
        _settle_hour(state, now_ms, decay_s)
    return closed


def _settle_hour(state: WorkingState, now_ms: int, decay_s: int) -> None:
    """Settle what needs no look each minute: long intervals, and old pasts."""
    for slot in state.sensors.values():
        slot.past = settled(slot.past, now_ms)
        if slot.is_fresh:
            decay_s = max(decay_s, round(DECAY_INTERVALS * slot.interval_ms / 1000))
    state.decay_s = decay_s


def flush(state: WorkingState) -> list[tuple[int, Window]]:
    """Close the open minutes, as a reading two minutes on would; oldest first.

    Nothing speaks for the present then. A reading of these minutes that still comes is
    late, and joins their rows.
    """
    for slot in state.sensors.values():
        slot.is_fresh = False
    state.fresh = 0
    state.live, state.moved_at = Sums(), 0
    if not state.windows:
        return []
    minute = state.minute + 2
    closed = _close_before(state, minute - 1)
    state.windows[minute], state.minute = Window(), minute
    return closed


def _close_before(state: WorkingState, minute: int) -> list[tuple[int, Window]]:
    """Take the windows older than *minute*; one that a flush left empty is nothing."""
    closing = [m for m in state.windows if m < minute]
    if not closing:
        return []
    closed = [(m, state.windows.pop(m)) for m in sorted(closing)]
    return [(m, window) for m, window in closed if window.readings]


def _drop_silent(state: WorkingState, now_ms: int, speaker: Optional[Slot]) -> None:
    patient_ms = now_ms - STALE_AFTER_MS
    late = [name for name, one in state.sensors.items() if one.timestamp < patient_ms]
    for name in late:
        slot = state.sensors[name]
        silence(state, slot, now_ms)
        if slot is not speaker and now_ms - slot.timestamp > FORGET_AFTER_MS:
            del state.sensors[name]
    if not state.fresh:
        forget_pending(state.alert)


def leave_out(state: WorkingState, suspects: frozenset[str]) -> None:
    """Mark the sensors that do not speak for the present, whatever they report."""
    for name in suspects:
        slot = state.sensors.get(name)
        if slot is not None:
            if slot.is_fresh:
                rest(state, slot)
                slot.is_fresh = True
            slot.is_suspect, slot.gait = True, NEVER


def speak(state: WorkingState, slot: Slot) -> None:
    """Let a sensor speak for the present; a suspect is not counted."""
    slot.is_fresh = True
    if slot.is_suspect:
        return
    state.fresh += 1


def rest(state: WorkingState, slot: Slot) -> None:
    """Let a sensor that speaks for the present do so no longer."""
    slot.is_fresh, slot.gait = False, NEVER
    if slot.is_suspect:
        return
    state.fresh -= 1


def own_scores(state: WorkingState) -> list[int]:
    """Return the own scores (tenths) of the sensors that speak for the present."""
    scores = [
        slot.said[4]
        for slot in state.sensors.values()
        if slot.is_fresh and not slot.is_suspect
    ]
    return [score for score in scores if score is not None]


def highest_score(state: WorkingState) -> int:
    """Return the highest of these, 0 where there is none."""
    return max(own_scores(state), default=0)


def mean_score(state: WorkingState) -> float:
    """Return their mean, 0 where there is none."""
    scores = own_scores(state)
    return sum(scores) / len(scores) if scores else 0.0


def silence(state: WorkingState, slot: Slot, now_ms: int) -> None:
    """Let the sensor no longer speak for the present if it last spoke too long ago."""
    patience = max(STALE_AFTER_MS, STALE_AFTER_INTERVALS * slot.interval_ms)
    if slot.is_fresh and now_ms - slot.timestamp > patience:
        rest(state, slot)
