"""What a sweep decides, from the scanned city and the last sweep's memory: pure."""

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
from .last_heard import ScannedSegment, Sensor, SensorReports, last_reports
from .left_out import (
    LeftOut,
    changes_of,
    excluded_sensors,
    leaves_out,
    no_figures_fault,
)
from .mails import mark_mails
from .memory import Memory
from .outages import ActiveSegment, Outages, SilenceReport, sensor_fault
from .suspects import Track
from .verdicts import fault_shown, is_back, is_over, supersedes


@dataclass
class Judgement:
    """What a sweep writes: faults with their events, and the memory.

    *changed* pairs each fault before and after; *silent* are segments to close, whose
    sensors are all silent; *figures* are metrics by name.
    """

    memory: Memory
    opened: list[Fault] = field(default_factory=list)
    changed: list[tuple[Fault, Fault]] = field(default_factory=list)
    silent: list[ScannedSegment] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


def judge(
    segments: Iterable[ScannedSegment],
    faults: Sequence[Fault],
    memory: Memory,
    now_ms: int,
    silent_ms: int,
    is_held: bool = False,
) -> Judgement:
    """Decide which faults open, stay open and close.

    *faults* are the rows of the index; *silent_ms* is `SensorSilentSeconds`; with
    *is_held* silence is ignored. A fault that a later sweep has found is ignored by
    this sweep.
    """
    sweep = _Sweep(faults, now_ms)
    city = last_reports(segments, memory, now_ms, silent_ms)
    active = [sweep.active_sensors(reports) for reports in city]
    sweep.expire_dismissed_areas()
    outages = Outages(sweep.known, memory.eased, now_ms, silent_ms, is_held)
    silence = outages.assess(active)
    for fault in silence.raised:
        sweep.judgement.opened.append(opened(fault))
    for key in silence.over:
        sweep.end(key)
    for one in active:
        sweep.update_suspects(one)
    sweep.remind(silence)
    sweep.remember(city, silence)
    sweep.leave_out(active)
    if not is_held:
        sweep.judgement.silent = [
            reports.scanned for reports in city if reports.is_silent()
        ]
    sweep.count(active, silence)
    sweep.judgement.memory.mailed = mark_mails(
        sweep.judgement.opened, sweep.judgement.changed, memory, now_ms
    )
    return sweep.judgement


_WIDE = (thresholds.FLEET, thresholds.DISTRICT)


class _Sweep:
    def __init__(self, faults: Sequence[Fault], now_ms: int) -> None:
        self.judgement = Judgement(Memory(swept_at=now_ms))
        self.known: dict[Key, Fault] = {}
        self._now_ms = now_ms
        self._dismissed: dict[Key, Fault] = {}
        self._areas: set[Key] = set()  # dismissed, with sensors that are still silent
        self._suspects: dict[str, Fault] = {}
        ranked = sorted(faults, key=lambda fault: (fault.detected_at, fault.since))
        for fault in (one for one in ranked if one.standing == OPEN):
            if fault.key in self.known:  # two concurrent sweeps raised it
                self.judgement.changed.append((fault, closed(fault, now_ms)))
                continue
            self.known[fault.key] = fault
            if fault.kind in thresholds.SUSPECT_KINDS:
                self._suspects[fault.subject] = fault
        for fault in (one for one in ranked if one.standing == DISMISSED):
            older = self._dismissed.get(fault.key)
            if older is not None:  # the later one replaces it
                self.judgement.changed.append((older, closed(older, now_ms)))
            self._dismissed[fault.key] = fault

    def active_sensors(self, reports: SensorReports) -> ActiveSegment:
        """Return the segment without its dismissed sensors."""
        subject = reports.segment_id
        keys = [
            Key(thresholds.SEGMENT, subject, kind) for kind in thresholds.ABSENT_KINDS
        ]
        if any(self._stays_dismissed(key, reports) for key in keys):
            return ActiveSegment(reports, ())
        return ActiveSegment(
            reports, [s for s in reports.sensors if not self._is_dismissed(reports, s)]
        )

    def _is_dismissed(self, reports: SensorReports, sensor: Sensor) -> bool:
        if not self._dismissed:
            return False
        if self._is_dismissed_with_area(reports, sensor):
            return True
        subject = sensor_subject(reports.segment_id, sensor.sensor_id)
        kinds = (*thresholds.ABSENT_KINDS, *thresholds.SUSPECT_KINDS)
        keys = [Key(thresholds.SENSOR, subject, kind) for kind in kinds]
        return any(self._stays_dismissed(key, reports, sensor) for key in keys)

    def _is_dismissed_with_area(self, reports: SensorReports, sensor: Sensor) -> bool:
        """Whether the sensor was dismissed with its district or the fleet.

        Not if it had a fault of its own before: that fault has to be dismissed itself.
        """
        if not sensor.is_silent:
            return False
        subject = sensor_subject(reports.segment_id, sensor.sensor_id)
        own = (thresholds.SENSOR, subject), (thresholds.SEGMENT, reports.segment_id)
        keys = [Key(*one, kind) for one in own for kind in thresholds.ABSENT_KINDS]
        if any(key in self.known for key in keys):
            return False
        district = reports.scanned.stored.road.district
        gone = [
            key
            for key in _areas_of(district)
            if key in self._dismissed
            and sensor.heard_at <= self._dismissed[key].detected_at
        ]
        self._areas.update(gone)
        return bool(gone)

    def expire_dismissed_areas(self) -> None:
        """Close dismissed faults of areas whose sensors all report again."""
        wide = [key for key in self._dismissed if key.scope in _WIDE]
        for key in wide:
            if key not in self._areas:
                fault = self._dismissed.pop(key)
                self.judgement.changed.append((fault, closed(fault, self._now_ms)))

    def _stays_dismissed(
        self, key: Key, reports: SensorReports, *sensors: Sensor
    ) -> bool:
        """Whether it was dismissed and is not back since; else close the fault."""
        fault = self._dismissed.get(key)
        if fault is None or fault.dismissed_at is None:
            return False
        since = fault.dismissed_at
        back = [
            sensor
            for sensor in sensors or reports.sensors
            if sensor.heard_at > since
            and is_back(key.kind, reports.tracks[sensor.sensor_id])
        ]
        for sensor in back:
            track = reports.tracks[sensor.sensor_id]
            reports.tracks[sensor.sensor_id] = _reset(track)
        if back:
            self.judgement.changed.append((fault, closed(fault, self._now_ms)))
            del self._dismissed[key]
        return not back

    def end(self, key: Key) -> None:
        """Close the fault of that key."""
        fault = self.known.pop(key)
        if fault.detected_at > self._now_ms:
            self.known[key] = fault
            return
        self.judgement.changed.append((fault, closed(fault, self._now_ms)))

    def update_suspects(self, one: ActiveSegment) -> None:
        """Open and close faults of sensors that report implausible readings."""
        for sensor in one.sensors:
            track = one.reports.tracks[sensor.sensor_id]
            fault = self._suspects.get(sensor_subject(one.segment_id, sensor.sensor_id))
            if fault is not None and is_over(fault.kind, track):
                self.end(fault.key)
                continue
            shown = None if sensor.is_silent else fault_shown(track)
            if shown is None or (
                fault is not None and not supersedes(shown[0], fault.kind)
            ):
                continue
            if fault is not None:
                self.end(fault.key)
            kind, since = shown
            new_fault = sensor_fault(one.reports, sensor, kind, self._now_ms)
            detail = detail_of(kind, track, one.reports.state_of(sensor.sensor_id))
            new_fault = replace(new_fault, since=since, detail=detail)
            self.judgement.opened.append(opened(new_fault))

    def remind(self, silence: SilenceReport) -> None:
        """Send a reminder of a district or fleet that stays out."""
        for key, fault in self.known.items():
            if (
                key.scope in _WIDE
                and self._now_ms - fault.told_at >= thresholds.REMIND_MS
            ):
                affected = silence.affected.get(key, fault.sensors)
                reminder = reminded(fault, affected, self._now_ms)
                self.judgement.changed.append((fault, reminder))

    def remember(self, city: Sequence[SensorReports], silence: SilenceReport) -> None:
        """Store the tracks, and for a while the ends of silences."""
        self.judgement.memory.tracks = {
            reports.segment_id: reports.tracks for reports in city
        }
        self.judgement.memory.eased = silence.eased

    def leave_out(self, active: Sequence[ActiveSegment]) -> None:
        """Decide which sensors are left out of each segment's figures.

        If no reporting sensor is left, the segment has no figures: a fault.
        """
        shown = excluded_sensors([*self.known.values(), *self.judgement.opened])
        for one in active:
            self._figures_of(one, shown.get(one.segment_id, {}))
        del self.judgement.opened[thresholds.MOST_RAISED :]  # the broadest come first
        shown = excluded_sensors([*self.known.values(), *self.judgement.opened])
        for one in active:
            names = shown.get(one.segment_id, {})
            self.judgement.left_out += changes_of(one.reports.scanned, names)

    def _figures_of(self, one: ActiveSegment, names: Reasons) -> None:
        key = Key(thresholds.SEGMENT, one.segment_id, thresholds.NO_FIGURES)
        speaking = [s.sensor_id for s in one.sensors if not s.is_silent]
        is_blind = bool(speaking) and all(name in names for name in speaking)
        if key in self._dismissed and not is_blind:
            fault = self._dismissed.pop(key)
            self.judgement.changed.append((fault, closed(fault, self._now_ms)))
        elif key in self.known and not is_blind:
            self.end(key)
        elif is_blind and key not in self.known and key not in self._dismissed:
            self.judgement.opened.append(opened(no_figures_fault(one, self._now_ms)))

    def count(self, active: Sequence[ActiveSegment], silence: SilenceReport) -> None:
        """Count all faulty sensors, segments and districts, explained or not."""
        figures = self.judgement.figures
        known = sum(len(one.sensors) for one in active)
        figures["SensorsKnown"] = known
        figures["SensorsSilent"] = silence.sensors
        faults = [*self.known.values(), *self.judgement.opened]
        figures["SensorsSuspect"] = sum(map(leaves_out, faults))
        figures["SegmentsSilent"] = silence.segments
        figures["DistrictsSilent"] = silence.districts
        is_all = 0 < known == silence.sensors
        figures["FleetSilent"] = int(is_all or silence.is_fleet_out)


def _areas_of(district: Optional[str]) -> list[Key]:
    """Return the areas that a segment of *district* lies in."""
    names = [(thresholds.FLEET, CITY)]
    if district is not None:
        names.append((thresholds.DISTRICT, district))
    return [Key(scope, name, thresholds.SILENT) for scope, name in names]


def _reset(track: Track) -> Track:
    """Return a track without its runs: a repaired sensor is judged from now on."""
    fresh = Track(track.timestamp, track.heard_at, track.sampled_at)
    fresh.vehicle_count, fresh.speed = track.vehicle_count, track.speed
    fresh.occupancy, fresh.same_since = track.occupancy, track.sampled_at
    return fresh
