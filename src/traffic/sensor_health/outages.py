"""Which silence is one outage, and which is many broken sensors: pure.

The broadest area that is out has the fault. While it lasts, and until its sensors have
had time to come back, no fault is raised within it; faults raised before stay open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from . import thresholds
from .faults import CITY, Fault, Key, sensor_subject
from .last_heard import Sensor, SensorReports
from .thresholds import DISTRICT, FLEET, INTERMITTENT, SEGMENT, SENSOR, SILENT

OpenFaults = Mapping[Key, Fault]
_LOOSE = (SEGMENT, SENSOR)  # scopes that can be intermittent


@dataclass(frozen=True)
class ActiveSegment:
    """A segment with its sensors, except dismissed ones."""

    reports: SensorReports
    sensors: Sequence[Sensor]

    @property
    def segment_id(self) -> str:
        """The segment's id."""
        return self.reports.segment_id

    @property
    def district(self) -> Optional[str]:
        """The segment's district, if the road file names one."""
        return self.reports.scanned.stored.road.district

    def silent(self) -> list[Sensor]:
        """Return the sensors that are silent."""
        return [sensor for sensor in self.sensors if sensor.is_silent]

    def is_silent(self) -> bool:
        """Whether it has sensors, and all of them are silent."""
        return bool(self.sensors) and all(sensor.is_silent for sensor in self.sensors)


@dataclass
class SilenceCount:
    """Sensors of an area that should report, the silent ones, their segments, and when
    the last of these was heard (ms)."""

    sensors: int = 0
    silent: int = 0
    segments: int = 0
    since: int = 0

    def is_out(self, is_open: bool) -> bool:
        """Whether the area is out, or with *is_open* still is."""
        share = self.silent / self.sensors if self.sensors else 0.0
        if is_open:
            return share >= thresholds.OUTAGE_OVER_SHARE
        is_wide = self.segments >= thresholds.OUTAGE_SEGMENTS
        return is_wide and share >= thresholds.OUTAGE_SHARE


@dataclass
class SilenceReport:
    """The silence of a city: faults to raise, keys of those that are over, and how many
    sensors, segments and districts are silent, explained or not.

    *eased* is when each place was last silent, or its silence ended (ms).
    """

    raised: list[Fault] = field(default_factory=list)
    over: list[Key] = field(default_factory=list)
    sensors: int = 0
    segments: int = 0
    districts: int = 0
    is_fleet_out: bool = False
    affected: dict[Key, int] = field(default_factory=dict)
    eased: dict[str, int] = field(default_factory=dict)


class Outages:
    """Assesses the silence of a city, from the fleet down to its sensors.

    With *is_held* no fault is raised, because the processor is behind. Open faults
    still close when their sensors are heard.
    """

    def __init__(
        self,
        known: OpenFaults,
        eased: Mapping[str, int],
        now_ms: int,
        silent_ms: int,
        is_held: bool,
    ) -> None:
        self._known = known
        self._is_held = is_held
        self._eased = {place for place, at in eased.items() if now_ms - at < silent_ms}
        lasting_ms = thresholds.INTERMITTENT_MS
        lately = {name: at for name, at in eased.items() if now_ms - at < lasting_ms}
        self._now_ms = now_ms
        self._out: set[Key] = set()
        self.report = SilenceReport(eased=lately)

    def assess(self, city: Sequence[ActiveSegment]) -> SilenceReport:
        """Return the silence of *city*."""
        self.report.is_fleet_out = self._area(FLEET, CITY, city)
        districts = _by_district(city)
        self._districts_gone(districts)
        for district, segments in districts.items():
            self.report.districts += self._area(DISTRICT, district, segments)
        for segment in city:
            self._segment(segment)
            self._sensors(segment)
        return self.report

    def _districts_gone(self, districts: Collection[str]) -> None:
        """Close the outages of districts that are no longer in the road file."""
        for key in self._known:
            if key.scope == DISTRICT and key.subject not in districts:
                self.report.over.append(key)

    def _area(
        self, scope: str, subject: str, segments: Sequence[ActiveSegment]
    ) -> bool:
        key = Key(scope, subject, SILENT)
        known = self._known.get(key)
        reference = known.detected_at if known else self._now_ms
        count = self._count(segments, scope, reference)
        is_out = count.is_out(known is not None)
        self.report.affected[key] = count.silent
        district = subject if scope == DISTRICT else None
        fault = Fault(scope, subject, SILENT, count.since, self._now_ms, count.silent)
        self._update_fault(key, is_out, fault, district)
        return is_out

    def _count(
        self, segments: Sequence[ActiveSegment], scope: str, reference: int
    ) -> SilenceCount:
        count, longest = SilenceCount(), reference - thresholds.LONG_BROKEN_MS
        for segment in segments:
            silent = [s for s in segment.silent() if s.is_sure]
            silent_now = [
                s for s in silent if not self._was_broken(segment, s, scope, longest)
            ]
            count.sensors += len(segment.sensors) - len(silent) + len(silent_now)
            count.silent += len(silent_now)
            count.segments += bool(silent_now)
            count.since = max([count.since, *(s.heard_at for s in silent_now)])
        return count

    def _was_broken(
        self, segment: ActiveSegment, sensor: Sensor, scope: str, longest: int
    ) -> bool:
        """Whether the sensor was silent long before, so that it is not expected."""
        subject = sensor_subject(segment.segment_id, sensor.sensor_id)
        keys = [
            Key(scope, name, kind)
            for scope, name in ((SENSOR, subject), (SEGMENT, segment.segment_id))
            for kind in thresholds.ABSENT_KINDS
        ]
        if scope == FLEET and segment.district:
            keys.append(Key(DISTRICT, segment.district, SILENT))
        faults = (self._known.get(key) for key in keys)
        return any(fault and fault.detected_at < longest for fault in faults)

    def _segment(self, segment: ActiveSegment) -> None:
        silent = segment.silent()
        self.report.sensors += len(silent)
        is_out = segment.is_silent()
        self.report.segments += is_out
        key = Key(SEGMENT, segment.segment_id, SILENT)
        if not segment.sensors:
            return
        road = segment.reports.scanned.stored.road
        newest = max(s.heard_at for s in segment.sensors)
        self.report.affected[key] = len(silent)
        fault = Fault(
            SEGMENT,
            segment.segment_id,
            SILENT,
            newest,
            self._now_ms,
            len(silent),
            segment_id=segment.segment_id,
            name=road.name,
            district=road.district,
        )
        is_sure = all(sensor.is_sure for sensor in segment.sensors)
        self._update_fault(key, is_out, fault, road.district, is_sure)

    def _sensors(self, segment: ActiveSegment) -> None:
        for sensor in segment.sensors:
            subject = sensor_subject(segment.segment_id, sensor.sensor_id)
            key = Key(SENSOR, subject, SILENT)
            intermittent = key._replace(kind=INTERMITTENT)
            if sensor.is_silent or key in self._known or intermittent in self._known:
                fault = sensor_fault(segment.reports, sensor, SILENT, self._now_ms)
                is_out, is_sure = sensor.is_silent, sensor.is_sure
                self._update_fault(key, is_out, fault, segment.district, is_sure)

    def _update_fault(
        self,
        key: Key,
        is_out: bool,
        fault: Fault,
        district: Optional[str],
        is_sure: bool = True,
    ) -> None:
        intermittent = key._replace(kind=INTERMITTENT)
        is_intermittent = intermittent in self._known
        if is_intermittent and not self._is_over(intermittent, is_out, fault):
            self._out |= {key} if is_out else set()
            return
        is_known = key in self._known
        if is_known and not is_out:
            self.report.over.append(key)
            self._record_end(key, fault)
        is_new = is_out and is_sure and not is_known and not self._is_held
        if is_new and not self._is_explained(fault, district):
            self.report.raised.append(self._as_intermittent(fault))
            is_known = True
        if is_out and is_known:
            self._out.add(key)

    def _record_end(self, key: Key, fault: Fault) -> None:
        """Record that a silence ended; of a segment or sensor, only if it was heard."""
        self._eased.add(place(key))
        if key.scope not in _LOOSE or fault.since > self._known[key].since:
            self.report.eased[place(key)] = self._now_ms

    def _as_intermittent(self, fault: Fault) -> Fault:
        """Return a silence that soon follows another one as an intermittent fault."""
        is_again = place(fault.key) in self.report.eased and fault.scope in _LOOSE
        return replace(fault, kind=INTERMITTENT) if is_again else fault

    def _is_over(self, intermittent: Key, is_out: bool, fault: Fault) -> bool:
        """Whether an intermittent fault is over: heard, or silent, for long enough.

        In the latter case it is silent from then on.
        """
        name, lasting_ms = place(intermittent), thresholds.INTERMITTENT_MS
        if is_out and not self._is_held:
            self.report.eased[name] = self._now_ms
        since = fault.since if is_out else self._known[intermittent].detected_at
        is_long = self._now_ms - since >= lasting_ms and not (is_out and self._is_held)
        is_over = is_long and (is_out or name not in self.report.eased)
        if is_over:
            self.report.over.append(intermittent)
            self.report.eased.pop(name, None)
        return is_over

    def _is_explained(self, fault: Fault, district: Optional[str]) -> bool:
        """Whether a broader area is out, or was until recently."""
        broader = [Key(FLEET, CITY, SILENT)]
        if district is not None and fault.scope != DISTRICT:
            broader.append(Key(DISTRICT, district, SILENT))
        if fault.scope == SENSOR:
            broader.append(Key(SEGMENT, str(fault.segment_id), SILENT))
        return fault.scope != FLEET and any(
            key in self._out or place(key) in self._eased for key in broader
        )


def place(key: Key) -> str:
    """Return the key of a place in `Memory.eased`."""
    return f"{key.scope}:{key.subject}"


def sensor_fault(
    reports: SensorReports, sensor: Sensor, kind: str, now_ms: int
) -> Fault:
    """Return a fault of a sensor, since it was last heard."""
    road = reports.scanned.stored.road
    return Fault(
        SENSOR,
        sensor_subject(reports.segment_id, sensor.sensor_id),
        kind,
        sensor.heard_at,
        now_ms,
        segment_id=reports.segment_id,
        sensor_id=sensor.sensor_id,
        name=road.name,
        district=road.district,
    )


def _by_district(city: Iterable[ActiveSegment]) -> dict[str, list[ActiveSegment]]:
    districts: dict[str, list[ActiveSegment]] = defaultdict(list)
    for segment in city:
        if segment.district is not None:
            districts[segment.district].append(segment)
    return districts
