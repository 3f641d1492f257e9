"""When each sensor was last heard, however wrong its own clock is: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ..model import StoredSegment
from ..segment.state import SensorState, WorkingState
from .clocks import note
from .lanes import compare, note_days
from .memory import Memory
from .suspects import Track, first_track, sampled
from .thresholds import patience_ms


@dataclass(frozen=True)
class Seen:
    """A segment as the scan found it; *received_at* and *updated_at* are wall clock.

    *left_out* says which of its sensors are left out of its figures, and why.
    """

    stored: StoredSegment
    state: WorkingState
    received_at: int
    updated_at: int
    left_out: Optional[str] = None


class Sensor(NamedTuple):
    """A sensor of the street, when it was last heard, and whether that is too long.

    *is_sure* says that its silence does not only follow from its own clock.
    """

    sensor_id: str
    heard_at: int
    is_silent: bool
    is_sure: bool = True


@dataclass(frozen=True)
class Heard:
    """A segment and its sensors, with what there is to remember of them."""

    seen: Seen
    sensors: tuple[Sensor, ...] = ()
    tracks: dict[str, Track] = field(default_factory=dict)

    @property
    def segment_id(self) -> str:
        """The segment's id."""
        return self.seen.stored.segment_id

    def slot(self, sensor_id: str) -> SensorState:
        """Return the last reading of one of its sensors."""
        return self.seen.state.sensors[sensor_id]

    def is_silent(self) -> bool:
        """Whether it has sensors, and none of them is heard any more."""
        return bool(self.sensors) and all(one.is_silent for one in self.sensors)


def listen(
    segments: Iterable[Seen], memory: Memory, now_ms: int, silent_ms: int
) -> list[Heard]:
    """Return what each segment's sensors let be heard since the last sweep."""
    return [_listen(seen, memory, now_ms, silent_ms) for seen in segments]


def _listen(seen: Seen, memory: Memory, now_ms: int, silent_ms: int) -> Heard:
    known, slots = memory.tracks.get(seen.stored.segment_id, {}), seen.state.sensors
    tracks, sensors = {}, []
    for name, slot in slots.items():
        tracks[name] = _follow(known.get(name), slot, seen, memory, now_ms)
    compare(known, tracks, slots)
    note_days(known, tracks, slots)
    for name, slot in slots.items():
        track = tracks[name]
        patience = patience_ms(slot.interval_ms, silent_ms)
        is_silent = now_ms - track.heard_at >= patience
        watched_ms = now_ms - min(track.first_at, seen.received_at)
        sensors.append(Sensor(name, track.heard_at, is_silent, watched_ms >= patience))
    return Heard(seen, tuple(sensors), tracks)


def _follow(
    track: Optional[Track], slot: SensorState, seen: Seen, memory: Memory, now_ms: int
) -> Track:
    if track is not None and track.timestamp == slot.timestamp:
        return track
    heard_at = heard_at_of(slot, seen, now_ms)
    if track is None:
        return first_track(slot, heard_at, now_ms)
    made = sampled(track, slot, seen.stored.road, now_ms)
    made.heard_at = min(now_ms, max(heard_at, memory.swept_at))
    note(made, slot, min(now_ms, seen.received_at))
    return made


def heard_at_of(slot: SensorState, seen: Seen, now_ms: int) -> int:
    """Return when the sensor was last heard, by its segment's item alone (ms).

    The item tells when its newest message came, and how much older the sensor's
    reading is than the segment's newest. Device clocks may be wrong by a day, so this
    only serves a first sight: later, what moved between two sweeps was heard there.
    """
    behind = max(0, seen.state.clock - slot.timestamp)
    return min(now_ms, seen.received_at - behind)
