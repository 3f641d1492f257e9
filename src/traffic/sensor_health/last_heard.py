"""When each sensor was last heard, regardless of its own clock: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ..model import StoredSegment
from ..segment.state import SensorState, WorkingState
from .clocks import update_lag
from .lanes import compare_lanes, count_days, lane_counts, weigh_cover
from .memory import Memory
from .suspects import Track, first_track, with_sample
from .thresholds import patience_ms


@dataclass(frozen=True)
class ScannedSegment:
    """A segment as scanned; *received_at* and *updated_at* are wall clock (ms).

    *left_out* lists the sensors left out of its figures, and why.
    """

    stored: StoredSegment
    state: WorkingState
    received_at: int
    updated_at: int
    left_out: Optional[str] = None


class Sensor(NamedTuple):
    """A sensor, when it was last heard, and whether that is too long ago.

    *is_sure* means that its silence does not depend on its own clock.
    """

    sensor_id: str
    heard_at: int
    is_silent: bool
    is_sure: bool = True


@dataclass(frozen=True)
class SensorReports:
    """A segment, when its sensors were last heard, and their tracks."""

    scanned: ScannedSegment
    sensors: tuple[Sensor, ...] = ()
    tracks: dict[str, Track] = field(default_factory=dict)

    @property
    def segment_id(self) -> str:
        """The segment's id."""
        return self.scanned.stored.segment_id

    def state_of(self, sensor_id: str) -> SensorState:
        """Return the last reading of one of its sensors."""
        return self.scanned.state.sensors[sensor_id]

    def is_silent(self) -> bool:
        """Whether it has sensors, and all of them are silent."""
        return bool(self.sensors) and all(one.is_silent for one in self.sensors)


def last_reports(
    segments: Iterable[ScannedSegment], memory: Memory, now_ms: int, silent_ms: int
) -> list[SensorReports]:
    """Return the reports of each segment's sensors since the last sweep."""
    return [
        _segment_reports(scanned, memory, now_ms, silent_ms) for scanned in segments
    ]


def _segment_reports(
    scanned: ScannedSegment, memory: Memory, now_ms: int, silent_ms: int
) -> SensorReports:
    tracks_before = memory.tracks.get(scanned.stored.segment_id, {})
    states, tracks, sensors = scanned.state.sensors, {}, []
    counted = {
        name: _counted_since(track.timestamp, states[name], scanned)
        for name, track in tracks_before.items()
        if name in states
    }
    for name, state in states.items():
        track, has_counted = tracks_before.get(name), counted.get(name)
        tracks[name] = _updated_track(
            track, state, scanned, memory, now_ms, has_counted
        )
    compare_lanes(tracks_before, tracks, states, lane_counts(scanned.state, counted))
    weigh_cover(tracks_before, tracks, states, counted)
    count_days(tracks_before, tracks, states)
    for name, state in states.items():
        track = tracks[name]
        patience = patience_ms(state.interval_ms, silent_ms)
        is_silent = now_ms - track.heard_at >= patience
        watched_ms = now_ms - min(track.first_at, scanned.received_at)
        sensors.append(Sensor(name, track.heard_at, is_silent, watched_ms >= patience))
    return SensorReports(scanned, tuple(sensors), tracks)


def _updated_track(
    track: Optional[Track],
    state: SensorState,
    scanned: ScannedSegment,
    memory: Memory,
    now_ms: int,
    counted_since: Optional[bool],
) -> Track:
    if track is not None and track.timestamp == state.timestamp:
        return track
    heard_at = heard_at_of(state, scanned, now_ms)
    if track is None:
        return first_track(state, heard_at, now_ms)
    updated = with_sample(track, state, scanned.stored.road, now_ms, counted_since)
    updated.heard_at = min(now_ms, max(heard_at, memory.swept_at))
    update_lag(updated, state, min(now_ms, scanned.received_at))
    return updated


def _counted_since(
    timestamp: int, sensor: SensorState, scanned: ScannedSegment
) -> Optional[bool]:
    """Return whether a *sensor* counted a vehicle after that instant (ms), if known.

    A state that an earlier version stored does not say it. Then the segment's last
    vehicle shows that no sensor did, or that the only one did.
    """
    if sensor.counted_at or not sensor.has_counted:
        return sensor.counted_at > timestamp
    if scanned.stored.suspects:
        return None  # their vehicles are not counted as the segment's
    if scanned.state.moved_at <= timestamp:
        return False
    return True if len(scanned.state.sensors) == 1 else None


def heard_at_of(state: SensorState, scanned: ScannedSegment, now_ms: int) -> int:
    """Return when the sensor was last heard, by its segment's item alone (ms).

    The item has the receipt time of its newest message, and how much older the sensor's
    reading is than the segment's newest. Device clocks may be wrong by a day, so this
    is only used for a new sensor: later, a changed timestamp means heard since the last
    sweep.
    """
    behind = max(0, scanned.state.clock - state.timestamp)
    return min(now_ms, scanned.received_at - behind)
