"""A fault of a sensor, a segment, a district or the fleet, and its events: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Optional

from ..timestamps import local_minute_text
from .thresholds import (
    ABSENT_KINDS,
    CHATTER,
    CLOCK,
    DISTRICT,
    EFFECTIVE_LENGTH,
    FLEET,
    IMPOSSIBLE,
    IMPOSSIBLE_FLOW,
    INTERMITTENT,
    LANE_BLOCKED,
    LANE_SHARE,
    LOCKED_ON,
    NO_FIGURES,
    NO_HITS,
    SEGMENT,
    SENSOR,
    SILENT,
    STUCK,
    STUCK_SPEED,
    UNIT,
)

CITY = "city"  # the subject of a fault of the whole fleet

# The status of a row in the index `open_faults`; a closed row is not in it.
OPEN = "open"
CLOSING = "closing"  # over, its event not yet accepted by the bus
DISMISSED = "dismissed"  # removed from service, until it is back (`judge`)
STANDINGS = (OPEN, CLOSING, DISMISSED)

OPENED, REMINDED, CLOSED = "opened", "reminded", "closed"

_FIRST_STEPS = {
    (SILENT, FLEET): (
        "Look at the alarms of IoT Core, stream and processor before any sensor."
    ),
    (SILENT, DISTRICT): "Check the district's network and power before any sensor.",
    (SILENT, SEGMENT): "Check the power and the uplink of the roadside unit.",
    (SILENT, SENSOR): "Check the sensor's power and cable; its neighbours report.",
    (INTERMITTENT, SEGMENT): "Look for a loose uplink or supply; it comes and goes.",
    (INTERMITTENT, SENSOR): "Look for a loose cable or a weak signal.",
    (STUCK, SENSOR): "Restart the detector card; it repeats one reading.",
    (STUCK_SPEED, SENSOR): "Restart the detector card; it counts, at one speed.",
    (LOCKED_ON, SENSOR): "Reset the loop; look for a vehicle parked on it.",
    (IMPOSSIBLE, SENSOR): "Check wiring and settings: its values contradict.",
    (IMPOSSIBLE_FLOW, SENSOR): (
        "See that it sends vehicles per interval, no running total, of one lane."
    ),
    (CHATTER, SENSOR): "Lower the sensitivity and look for crosstalk or a bad splice.",
    (NO_HITS, SENSOR): "Dismiss it if the lane is closed; else check loop and card.",
    (EFFECTIVE_LENGTH, SENSOR): (
        "Adjust its sensitivity: its count does not fit its occupancy and speed."
    ),
    (LANE_SHARE, SENSOR): (
        "Dismiss it if the lane is used differently now; else check its count."
    ),
    (CLOCK, SENSOR): "Set its clock and time zone; it must send UTC.",
    (UNIT, SENSOR): "Set occupancy to a share 0-1, the congestion score to 0-100.",
    (LANE_BLOCKED, SENSOR): (
        "Look at the lane: a blocked lane, or a detector that is locked on."
    ),
    (NO_FIGURES, SEGMENT): "Repair one of its sensors; the segment has no figures.",
}
_RECOVERED = "Nothing to do; what stays silent is listed by itself after a while."


class Key(NamedTuple):
    """Identifies a fault: there is one open fault per key."""

    scope: str
    subject: str
    kind: str


@dataclass(frozen=True)
class Fault:
    """A fault: since when it lasts, and the sweep that detected it (wall clock, ms).

    *sensors* is the number affected at its last event, at *told_at*; *detail* describes
    what was observed; *outbox* holds the unsent events.
    """

    scope: str
    subject: str
    kind: str
    since: int
    detected_at: int
    sensors: int = 1
    segment_id: Optional[str] = None
    sensor_id: Optional[str] = None
    name: Optional[str] = None
    district: Optional[str] = None
    detail: Optional[str] = None
    standing: Optional[str] = OPEN
    told_at: int = 0
    closed_at: Optional[int] = None
    dismissed_at: Optional[int] = None
    outbox: tuple[dict[str, Any], ...] = ()

    @property
    def fault_id(self) -> str:
        """The id: scope, subject, kind and start of the fault."""
        return f"{self.scope}:{self.subject}/{self.kind}@{self.since}"

    @property
    def key(self) -> Key:
        """The key of the fault."""
        return Key(self.scope, self.subject, self.kind)

    @property
    def duration_s(self) -> Optional[int]:
        """Seconds that it lasted, None while it is open."""
        return None if self.closed_at is None else (self.closed_at - self.since) // 1000


def sensor_subject(segment_id: str, sensor_id: str) -> str:
    """Return the subject of a sensor; ids contain no slash."""
    return f"{segment_id}/{sensor_id}"


def opened(fault: Fault) -> Fault:
    """Return a new fault with its event."""
    updated = replace(fault, told_at=fault.detected_at)
    return _with_event(
        updated, OPENED, f"opened@{fault.detected_at}", fault.detected_at
    )


def reminded(fault: Fault, sensors: int, now_ms: int) -> Fault:
    """Return a fault with a reminder event."""
    updated = replace(fault, told_at=now_ms, sensors=sensors)
    return _with_event(updated, REMINDED, f"reminded@{now_ms}", now_ms)


def closed(fault: Fault, now_ms: int) -> Fault:
    """Return a closed fault; one that was dismissed has sent its event already."""
    if fault.standing == DISMISSED:
        return replace(fault, standing=None)
    updated = replace(fault, closed_at=max(now_ms, fault.since), standing=CLOSING)
    return _with_event(updated, CLOSED, f"closed@{updated.closed_at}", now_ms)


def dismissed(fault: Fault, now_ms: int) -> Fault:
    """Return a fault whose subject an operator removed from service."""
    gone = replace(closed(fault, now_ms), standing=DISMISSED)
    return replace(gone, dismissed_at=now_ms)


def _with_event(fault: Fault, transition: str, mark: str, now_ms: int) -> Fault:
    event = event_of(fault, transition, mark, now_ms)
    return replace(fault, outbox=(*fault.outbox, event))


def event_of(fault: Fault, transition: str, mark: str, now_ms: int) -> dict[str, Any]:
    """Return the detail of a `Sensor Health` event (docs/reference/wire-format.md)."""
    is_over = transition == CLOSED
    until = fault.closed_at if fault.closed_at is not None else now_ms
    return {
        "event_id": f"{fault.fault_id}/{mark}",
        "fault_id": fault.fault_id,
        "transition": transition,
        "kind": fault.kind,
        "scope": fault.scope,
        "subject": fault.subject,
        "segment_id": fault.segment_id,
        "sensor_id": fault.sensor_id,
        "name": fault.name,
        "district": fault.district,
        "place": place_of(fault),
        "since": fault.since,
        "detected_at": fault.detected_at,
        "closed_at": fault.closed_at,
        "duration_s": max(0, until - fault.since) // 1000,
        "sensors": fault.sensors,
        "affected": f"{fault.sensors:,} sensor{'s' * (fault.sensors != 1)}",
        "detail": fault.detail,
        "first": _RECOVERED if is_over else first_of(fault.kind, fault.scope),
        "more": "",
    }


def with_local_time(event: dict[str, Any], zone: str) -> dict[str, Any]:
    """Return an event with the start of its fault as people of the city say it."""
    return {**event, "began": local_minute_text(event["since"], zone)}


def first_of(kind: str, scope: str) -> str:
    """Return the first thing to do about a fault, in one sentence."""
    return _FIRST_STEPS[kind, scope]


def place_of(fault: Fault) -> str:
    """Return the place of a fault."""
    if fault.scope == FLEET:
        return "the whole city"
    if fault.scope == DISTRICT:
        return fault.subject
    sensor = f"sensor {fault.sensor_id}" if fault.sensor_id else None
    parts = (sensor, fault.name or fault.segment_id, fault.district)
    return ", ".join(part for part in parts if part)


def explains(broad: Fault, narrow: Fault) -> bool:
    """Whether *narrow* is a part of *broad*, and so is not listed separately."""
    if broad.kind not in ABSENT_KINDS or narrow.kind not in ABSENT_KINDS:
        return False
    if broad.scope == FLEET:
        return narrow.scope != FLEET
    if broad.scope == DISTRICT:
        return narrow.scope in (SEGMENT, SENSOR) and narrow.district == broad.subject
    return (
        broad.scope == SEGMENT
        and narrow.scope == SENSOR
        and narrow.segment_id == broad.segment_id
    )
