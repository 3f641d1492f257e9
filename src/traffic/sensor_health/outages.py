"""Which silence is one outage, and which is many broken sensors: pure.

The broadest area that is out has the fault. Nothing within it is raised while it lasts,
nor until its sensors have had time to come back; what was raised before stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from . import thresholds
from .faults import CITY, Fault, Key, sensor_subject
from .last_heard import Heard, Sensor
from .thresholds import DISTRICT, FLEET, INTERMITTENT, SEGMENT, SENSOR, SILENT

Known = Mapping[Key, Fault]
_LOOSE = (SEGMENT, SENSOR)  # what can come and go


@dataclass(frozen=True)
class Members:
    """A segment with those of its sensors that are on the street."""

    heard: Heard
    sensors: Sequence[Sensor]

    @property
    def segment_id(self) -> str:
        """The segment's id."""
        return self.heard.segment_id

    @property
    def district(self) -> Optional[str]:
        """The segment's district, if the road file names one."""
        return self.heard.seen.stored.road.district

    def silent(self) -> list[Sensor]:
        """Return the sensors that are silent."""
        return [one for one in self.sensors if one.is_silent]

    def is_silent(self) -> bool:
        """Whether it has sensors, and all of them are silent."""
        return bool(self.sensors) and all(one.is_silent for one in self.sensors)


@dataclass
class Count:
    """Sensors of an area that should report, those silent, in how many segments, and
    when the last of these was heard (ms)."""

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
class Silence:
    """What silence amounts to: faults to raise, keys of those that are over, and how
    many of each scope are silent, whatever explains them.

    *eased* says when each place was last found silent, or its silence ended (ms).
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
    """One look at the silence of a city, from the fleet down to its sensors.

    With *is_held* nothing is raised: silence proves nothing now. What stands ends by
    sensors that are heard, as ever.
    """

    def __init__(
        self,
        known: Known,
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
        self.found = Silence(eased=lately)

    def look(self, city: Sequence[Members]) -> Silence:
        """Return what the silence of *city* amounts to."""
        self.found.is_fleet_out = self._area(FLEET, CITY, city)
        districts = _by_district(city)
        self._districts_gone(districts)
        for district, members in districts.items():
            self.found.districts += self._area(DISTRICT, district, members)
        for one in city:
            self._segment(one)
            self._sensors(one)
        return self.found

    def _districts_gone(self, districts: Collection[str]) -> None:
        """End the outages of districts that no road file names any more."""
        for key in self._known:
            if key.scope == DISTRICT and key.subject not in districts:
                self.found.over.append(key)

    def _area(self, scope: str, subject: str, members: Sequence[Members]) -> bool:
        key = Key(scope, subject, SILENT)
        fault = self._known.get(key)
        reference = fault.detected_at if fault else self._now_ms
        count = self._count(members, scope, reference)
        is_out = count.is_out(fault is not None)
        self.found.affected[key] = count.silent
        district = subject if scope == DISTRICT else None
        made = Fault(scope, subject, SILENT, count.since, self._now_ms, count.silent)
        self._settle(key, is_out, made, district)
        return is_out

    def _count(self, members: Sequence[Members], scope: str, reference: int) -> Count:
        count, longest = Count(), reference - thresholds.LONG_BROKEN_MS
        for one in members:
            silent = [s for s in one.silent() if s.is_sure]
            silent_now = [
                s for s in silent if not self._was_broken(one, s, scope, longest)
            ]
            count.sensors += len(one.sensors) - len(silent) + len(silent_now)
            count.silent += len(silent_now)
            count.segments += bool(silent_now)
            count.since = max([count.since, *(s.heard_at for s in silent_now)])
        return count

    def _was_broken(
        self, one: Members, sensor: Sensor, scope: str, longest: int
    ) -> bool:
        """Whether the sensor was listed as silent long before: it should not report."""
        subject = sensor_subject(one.segment_id, sensor.sensor_id)
        keys = [
            Key(scope, name, kind)
            for scope, name in ((SENSOR, subject), (SEGMENT, one.segment_id))
            for kind in thresholds.ABSENT_KINDS
        ]
        if scope == FLEET and one.district:
            keys.append(Key(DISTRICT, one.district, SILENT))
        faults = (self._known.get(key) for key in keys)
        return any(fault and fault.detected_at < longest for fault in faults)

    def _segment(self, one: Members) -> None:
        silent = one.silent()
        self.found.sensors += len(silent)
        is_out = one.is_silent()
        self.found.segments += is_out
        key = Key(SEGMENT, one.segment_id, SILENT)
        if not one.sensors:
            return
        road, newest = one.heard.seen.stored.road, max(s.heard_at for s in one.sensors)
        self.found.affected[key] = len(silent)
        made = Fault(
            SEGMENT,
            one.segment_id,
            SILENT,
            newest,
            self._now_ms,
            len(silent),
            segment_id=one.segment_id,
            name=road.name,
            district=road.district,
        )
        is_sure = all(sensor.is_sure for sensor in one.sensors)
        self._settle(key, is_out, made, road.district, is_sure)

    def _sensors(self, one: Members) -> None:
        for sensor in one.sensors:
            subject = sensor_subject(one.segment_id, sensor.sensor_id)
            key = Key(SENSOR, subject, SILENT)
            loose = key._replace(kind=INTERMITTENT)
            if sensor.is_silent or key in self._known or loose in self._known:
                made = sensor_fault(one.heard, sensor, SILENT, self._now_ms)
                is_out, is_sure = sensor.is_silent, sensor.is_sure
                self._settle(key, is_out, made, one.district, is_sure)

    def _settle(
        self,
        key: Key,
        is_out: bool,
        made: Fault,
        district: Optional[str],
        is_sure: bool = True,
    ) -> None:
        loose = key._replace(kind=INTERMITTENT)
        if loose in self._known and not self._is_over(loose, is_out, made):
            self._out |= {key} if is_out else set()
            return
        is_known = key in self._known
        if is_known and not is_out:
            self.found.over.append(key)
            self._ease(key, made)
        is_new = is_out and is_sure and not is_known and not self._is_held
        if is_new and not self._is_explained(made, district):
            self.found.raised.append(self._named(made))
            is_known = True
        if is_out and is_known:
            self._out.add(key)

    def _ease(self, key: Key, made: Fault) -> None:
        """Remember that a silence ended; of what can come and go, if it was heard."""
        self._eased.add(place(key))
        if key.scope not in _LOOSE or made.since > self._known[key].since:
            self.found.eased[place(key)] = self._now_ms

    def _named(self, made: Fault) -> Fault:
        """Call a silence that soon follows another one by its name."""
        is_again = place(made.key) in self.found.eased and made.scope in _LOOSE
        return replace(made, kind=INTERMITTENT) if is_again else made

    def _is_over(self, loose: Key, is_out: bool, made: Fault) -> bool:
        """Whether what came and went is there for good, or gone for good.

        Gone, it is silent from then on, as one that was never heard to come and go.
        """
        name, lasting_ms = place(loose), thresholds.INTERMITTENT_MS
        if is_out and not self._is_held:
            self.found.eased[name] = self._now_ms
        since = made.since if is_out else self._known[loose].detected_at
        is_long = self._now_ms - since >= lasting_ms and not (is_out and self._is_held)
        is_over = is_long and (is_out or name not in self.found.eased)
        if is_over:
            self.found.over.append(loose)
            self.found.eased.pop(name, None)
        return is_over

    def _is_explained(self, fault: Fault, district: Optional[str]) -> bool:
        """Whether a broader area is out, or was until just now."""
        broader = [Key(FLEET, CITY, SILENT)]
        if district is not None and fault.scope != DISTRICT:
            broader.append(Key(DISTRICT, district, SILENT))
        if fault.scope == SENSOR:
            broader.append(Key(SEGMENT, str(fault.segment_id), SILENT))
        return fault.scope != FLEET and any(
            key in self._out or place(key) in self._eased for key in broader
        )


def place(key: Key) -> str:
    """Return the name by which the end of an area's outage is remembered."""
    return f"{key.scope}:{key.subject}"


def sensor_fault(heard: Heard, sensor: Sensor, kind: str, now_ms: int) -> Fault:
    """Return a fault of a sensor, since it was last heard."""
    road = heard.seen.stored.road
    return Fault(
        SENSOR,
        sensor_subject(heard.segment_id, sensor.sensor_id),
        kind,
        sensor.heard_at,
        now_ms,
        segment_id=heard.segment_id,
        sensor_id=sensor.sensor_id,
        name=road.name,
        district=road.district,
    )


def _by_district(city: Iterable[Members]) -> dict[str, list[Members]]:
    districts: dict[str, list[Members]] = defaultdict(list)
    for one in city:
        if one.district is not None:
            districts[one.district].append(one)
    return districts
