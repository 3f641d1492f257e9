"""What a sweep decides, from what it found and what the last one remembered: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from ..segment.left_out import Reasons
from . import thresholds
from .details import detail_of
from .faults import (
    CITY,
    DISMISSED,
    OPEN,
    Fault,
    Key,
    closed,
    opened,
    reminded,
    sensor_subject,
)
from .last_heard import Heard, Seen, Sensor, listen
from .left_out import LeftOut, blind, changed_in, left_out
from .mails import mail
from .memory import Memory
from .outages import Members, Outages, Silence, sensor_fault
from .suspects import Track
from .verdicts import is_over, raised


@dataclass
class Judgement:
    """What is to be written: faults with the events that tell of them, and what to
    remember. *changed* pairs each fault with what it was; *silent* are segments without
    a word from any sensor, to be put to rest; *figures* are metrics by name."""

    memory: Memory
    opened: list[Fault] = field(default_factory=list)
    changed: list[tuple[Fault, Fault]] = field(default_factory=list)
    silent: list[Seen] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


def judge(
    segments: Iterable[Seen],
    faults: Sequence[Fault],
    memory: Memory,
    now_ms: int,
    silent_ms: int,
    is_held: bool = False,
) -> Judgement:
    """Decide which faults begin, last and end.

    *faults* are the rows of the index; *silent_ms* the deployment's patience; with
    *is_held* silence proves nothing now. A fault that a later sweep than this one has
    found is none of this one's business.
    """
    work = _Sweep(faults, now_ms)
    city = listen(segments, memory, now_ms, silent_ms)
    members = [work.on_the_street(heard) for heard in city]
    work.forget_areas()
    outages = Outages(work.known, memory.eased, now_ms, silent_ms, is_held)
    silence = outages.look(members)
    for fault in silence.raised:
        work.made.opened.append(opened(fault))
    for key in silence.over:
        work.end(key)
    for one in members:
        work.suspect(one)
    work.remind(silence)
    work.remember(city, silence)
    work.leave_out(members)
    if not is_held:
        work.made.silent = [heard.seen for heard in city if heard.is_silent()]
    work.count(members, silence)
    work.made.memory.mailed = mail(work.made.opened, work.made.changed, memory, now_ms)
    return work.made


_WIDE = (thresholds.FLEET, thresholds.DISTRICT)


class _Sweep:
    def __init__(self, faults: Sequence[Fault], now_ms: int) -> None:
        self.made = Judgement(Memory(swept_at=now_ms))
        self.known: dict[Key, Fault] = {}
        self._now_ms = now_ms
        self._away: dict[Key, Fault] = {}
        self._areas: set[Key] = set()  # dismissed, and still without some sensors
        self._suspects: dict[str, Fault] = {}
        ranked = sorted(faults, key=lambda fault: (fault.detected_at, fault.since))
        for fault in (one for one in ranked if one.standing == OPEN):
            if fault.key in self.known:  # two sweeps at once have raised it
                self.made.changed.append((fault, closed(fault, now_ms)))
                continue
            self.known[fault.key] = fault
            if fault.kind in thresholds.SUSPECT_KINDS:
                self._suspects[fault.subject] = fault
        for fault in (one for one in ranked if one.standing == DISMISSED):
            older = self._away.get(fault.key)
            if older is not None:  # the later one has what it had
                self.made.changed.append((older, closed(older, now_ms)))
            self._away[fault.key] = fault

    def on_the_street(self, heard: Heard) -> Members:
        """Return the sensors of a segment, but for those that were dismissed."""
        subject = heard.segment_id
        keys = [
            Key(thresholds.SEGMENT, subject, kind) for kind in thresholds.ABSENT_KINDS
        ]
        if any(self._is_away(key, heard) for key in keys):
            return Members(heard, ())
        return Members(heard, [s for s in heard.sensors if not self._is_off(heard, s)])

    def _is_off(self, heard: Heard, sensor: Sensor) -> bool:
        if not self._away:
            return False
        if self._is_off_with_its_area(heard, sensor):
            return True
        subject = sensor_subject(heard.segment_id, sensor.sensor_id)
        kinds = (*thresholds.ABSENT_KINDS, *thresholds.SUSPECT_KINDS)
        keys = [Key(thresholds.SENSOR, subject, kind) for kind in kinds]
        return any(self._is_away(key, heard, sensor) for key in keys)

    def _is_off_with_its_area(self, heard: Heard, sensor: Sensor) -> bool:
        """Whether it went with a district or fleet that was dismissed.

        Not if it was listed for itself before: so it stays, until dismissed itself.
        """
        if not sensor.is_silent:
            return False
        subject = sensor_subject(heard.segment_id, sensor.sensor_id)
        own = (thresholds.SENSOR, subject), (thresholds.SEGMENT, heard.segment_id)
        keys = [Key(*one, kind) for one in own for kind in thresholds.ABSENT_KINDS]
        if any(key in self.known for key in keys):
            return False
        district = heard.seen.stored.road.district
        gone = [
            key
            for key in _areas_of(district)
            if key in self._away and sensor.heard_at <= self._away[key].detected_at
        ]
        self._areas.update(gone)
        return bool(gone)

    def forget_areas(self) -> None:
        """End what was dismissed of districts and fleet once all of it speaks again."""
        wide = [key for key in self._away if key.scope in _WIDE]
        for key in wide:
            if key not in self._areas:
                fault = self._away.pop(key)
                self.made.changed.append((fault, closed(fault, self._now_ms)))

    def _is_away(self, key: Key, heard: Heard, *sensors: Sensor) -> bool:
        """Whether it was dismissed and has not spoken since; if it has, it is back."""
        fault = self._away.get(key)
        if fault is None or fault.dismissed_at is None:
            return False
        since = fault.dismissed_at
        speaks = [s for s in sensors or heard.sensors if s.heard_at > since]
        for sensor in speaks:
            track = heard.tracks[sensor.sensor_id]
            heard.tracks[sensor.sensor_id] = _anew(track)
        if speaks:
            self.made.changed.append((fault, closed(fault, self._now_ms)))
            del self._away[key]
        return not speaks

    def end(self, key: Key) -> None:
        """End the fault of that key."""
        fault = self.known.pop(key)
        if fault.detected_at > self._now_ms:
            self.known[key] = fault
            return
        self.made.changed.append((fault, closed(fault, self._now_ms)))

    def suspect(self, one: Members) -> None:
        """Begin and end faults of sensors that speak, but say nothing to believe."""
        for sensor in one.sensors:
            track = one.heard.tracks[sensor.sensor_id]
            fault = self._suspects.get(sensor_subject(one.segment_id, sensor.sensor_id))
            if fault is not None and is_over(fault.kind, track):
                self.end(fault.key)
                continue
            found = None if sensor.is_silent else raised(track)
            if found is None or (fault is not None and not _outdone(fault, found[0])):
                continue
            if fault is not None:
                self.end(fault.key)
            kind, since = found
            begun = sensor_fault(one.heard, sensor, kind, self._now_ms)
            detail = detail_of(kind, track, one.heard.slot(sensor.sensor_id))
            begun = replace(begun, since=since, detail=detail)
            self.made.opened.append(opened(begun))

    def remind(self, silence: Silence) -> None:
        """Tell once more of a district or fleet that stays out."""
        for key, fault in self.known.items():
            if (
                key.scope in _WIDE
                and self._now_ms - fault.told_at >= thresholds.REMIND_MS
            ):
                affected = silence.affected.get(key, fault.sensors)
                told = reminded(fault, affected, self._now_ms)
                self.made.changed.append((fault, told))

    def remember(self, city: Sequence[Heard], silence: Silence) -> None:
        """Keep the tracks, and for a while that a silence has ended."""
        self.made.memory.tracks = {heard.segment_id: heard.tracks for heard in city}
        self.made.memory.eased = silence.eased

    def leave_out(self, members: Sequence[Members]) -> None:
        """Say which sensors each segment's figures have to do without.

        Where that leaves none that reports, the segment has no figures: a fault.
        """
        found = left_out([*self.known.values(), *self.made.opened])
        for one in members:
            self._figures_of(one, found.get(one.segment_id, {}))
        del self.made.opened[thresholds.MOST_RAISED :]  # the broadest come first
        found = left_out([*self.known.values(), *self.made.opened])
        for one in members:
            names = found.get(one.segment_id, {})
            self.made.left_out += changed_in(one.heard.seen, names)

    def _figures_of(self, one: Members, names: Reasons) -> None:
        key = Key(thresholds.SEGMENT, one.segment_id, thresholds.NO_FIGURES)
        speaking = [s.sensor_id for s in one.sensors if not s.is_silent]
        is_blind = bool(speaking) and all(name in names for name in speaking)
        if key in self._away and not is_blind:
            fault = self._away.pop(key)
            self.made.changed.append((fault, closed(fault, self._now_ms)))
        elif key in self.known and not is_blind:
            self.end(key)
        elif is_blind and key not in self.known and key not in self._away:
            self.made.opened.append(opened(blind(one, self._now_ms)))

    def count(self, members: Sequence[Members], silence: Silence) -> None:
        """Count what there is, whatever explains it."""
        figures = self.made.figures
        known = sum(len(one.sensors) for one in members)
        begun = sum(f.kind in thresholds.LEFT_OUT_KINDS for f in self.made.opened)
        lasting = sum(key.kind in thresholds.LEFT_OUT_KINDS for key in self.known)
        figures["SensorsKnown"] = known
        figures["SensorsSilent"] = silence.sensors
        figures["SensorsSuspect"] = begun + lasting
        figures["SegmentsSilent"] = silence.segments
        figures["DistrictsSilent"] = silence.districts
        is_all = 0 < known == silence.sensors
        figures["FleetSilent"] = int(is_all or silence.is_fleet_out)


def _outdone(fault: Fault, kind: str) -> bool:
    """Whether a lane that was blocked turns out to be something worse."""
    return fault.kind == thresholds.LANE_BLOCKED and kind != fault.kind


def _areas_of(district: Optional[str]) -> list[Key]:
    """Return the areas that a segment of *district* lies in."""
    names = [(thresholds.FLEET, CITY)]
    if district is not None:
        names.append((thresholds.DISTRICT, district))
    return [Key(scope, name, thresholds.SILENT) for scope, name in names]


def _anew(track: Track) -> Track:
    """Return a track without its runs: who was repaired is judged from now on."""
    made = Track(track.timestamp, track.heard_at, track.sampled_at)
    made.vehicle_count, made.speed = track.vehicle_count, track.speed
    made.occupancy, made.same_since = track.occupancy, track.sampled_at
    return made
