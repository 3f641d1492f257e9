"""The values that cross boundaries: readings, roads, segments, rejections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple, Optional, Union

import msgspec
from msgspec import Meta

from . import policy

Count = Annotated[int, Meta(ge=0, le=policy.MAX_VEHICLE_COUNT)]
Speed = Annotated[float, Meta(ge=0, le=policy.MAX_SPEED_KMH)]
Score = Annotated[float, Meta(ge=0, le=policy.MAX_SCORE)]
Share = Annotated[float, Meta(ge=0, le=100)]  # over 1: percent, see `Slot.percent_at`
Instant = Annotated[int, Meta(ge=0, le=policy.LAST_INSTANT_MS)]
Interval = Annotated[float, Meta(gt=0, le=policy.MAX_INTERVAL_S)]


class Reading(msgspec.Struct, gc=False):
    """What one sensor measured in one interval (docs/reference/wire-format.md)."""

    sensor_id: str
    timestamp: Union[Instant, str]
    vehicle_count: Optional[Count] = None
    average_speed: Optional[Speed] = None
    congestion_score: Optional[Score] = None
    occupancy: Optional[Share] = None
    interval: Optional[Interval] = None


class Message(msgspec.Struct, gc=False):
    """A record of the stream: a list of readings, or one bare reading.

    The fields of a bare reading have the same names as in `Reading`, so that a bare
    message is read in its place; a list has no `sensor_id`.
    """

    readings: Optional[list[Reading]] = None
    received_at: Optional[int] = None
    device_id: Optional[str] = None
    sensor_id: str = ""
    timestamp: Union[Instant, str] = -1
    vehicle_count: Optional[Count] = None
    average_speed: Optional[Speed] = None
    congestion_score: Optional[Score] = None
    occupancy: Optional[Share] = None
    interval: Optional[Interval] = None


class Rejection(NamedTuple):
    """Something that broke a rule and is set aside with its reason.

    *place* is the position in the message, None for the message as a whole;
    *readings* says how many readings are set aside with it.
    """

    reason: str
    path: str
    expected: str
    actual: str
    readings: int = 1
    place: Optional[int] = None
    raw: Any = None


class Parcel(msgspec.Struct, frozen=True, gc=False):
    """One decoded record: its readings with where and when they came from.

    *reference_ms* is the receipt time that clocks are judged against; *positions*
    tells the place of each reading in its message when some were set aside.
    """

    sequence_number: str
    reference_ms: int
    readings: Sequence[Any]
    device_id: Optional[str] = None
    positions: Optional[Sequence[int]] = None


SetAside = tuple[str, Parcel, Rejection]  # the segment, the message, what is wrong


@dataclass(frozen=True)
class Road:
    """What does not change of a segment; units as in `road_segments`.

    *free_flow_speed* (km/h) is None where it is not known: there is then no score and
    no alert from speed. *effective_length_m* is the mean length of a vehicle and the
    detector, by which speed is estimated where a sensor measures none.
    """

    name: Optional[str] = None
    district: Optional[str] = None
    latitude: Optional[float] = None
    longitude: Optional[float] = None
    lanes: int = policy.UNKNOWN_LANES
    length_m: float = policy.UNKNOWN_LENGTH_M
    free_flow_speed: Optional[float] = None
    effective_length_m: float = policy.EFFECTIVE_LENGTH_M
    known: bool = False


@dataclass(frozen=True)
class Tallies:
    """Published readings by fate, each counted once however often it is delivered.

    *late* ones are among the accepted. A *duplicate* was accepted before; the place of
    a *stale* one is closed, and it may never have been accepted.
    """

    accepted: int = 0
    late: int = 0
    duplicate: int = 0
    stale: int = 0

    def plus(self, other: Tallies) -> Tallies:
        """Return the sum of both."""
        return Tallies(
            self.accepted + other.accepted,
            self.late + other.late,
            self.duplicate + other.duplicate,
            self.stale + other.stale,
        )


@dataclass(frozen=True)
class StoredSegment:
    """A segment as the table holds it; version 0 means it has never been written.

    *suspects* are the sensors that sensor health found unfit: their readings are
    counted, but are left out of the segment's figures.
    """

    segment_id: str
    version: int = 0
    road: Road = field(default_factory=Road)
    tallies: Tallies = field(default_factory=Tallies)
    packed: Optional[bytes] = None
    outbox: tuple[dict[str, Any], ...] = ()
    suspects: frozenset[str] = frozenset()
