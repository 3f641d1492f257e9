"""Values shared by several packages: readings, roads, segments, rejections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, Optional, Union

import msgspec
from msgspec import Meta

from . import policy

Count = Annotated[int, Meta(ge=0, le=policy.MAX_VEHICLE_COUNT)]
Speed = Annotated[float, Meta(ge=0, le=policy.MAX_SPEED_KMH)]
Score = Annotated[float, Meta(ge=0, le=policy.MAX_SCORE)]
Share = Annotated[
    float, Meta(ge=0, le=100)
]  # over 1: percent, see `SensorState.percent_at`
Instant = Annotated[int, Meta(ge=0, le=policy.LAST_INSTANT_MS)]
Interval = Annotated[float, Meta(ge=policy.MIN_INTERVAL_S, le=policy.MAX_INTERVAL_S)]


class Reading(msgspec.Struct, gc=False):
    """What one sensor measured in one interval (docs/reference/wire-format.md)."""

    sensor_id: str
    timestamp: Union[Instant, str]
    vehicle_count: Optional[Count] = None
    average_speed: Optional[Speed] = None
    congestion_score: Optional[Score] = None
    occupancy: Optional[Share] = None
    interval: Optional[Interval] = None


class WireMessage(msgspec.Struct, gc=False):
    """A record of the stream as sent: a list of readings, or one bare reading.

    A bare reading has the fields of `Reading`, so the message itself serves as its
    reading. A message with a list has no `sensor_id`.
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
    """A reading or message that breaks a rule of the wire format, with the reason.

    *position* is that of the reading in its message, None for the whole message;
    *readings* is the number of readings rejected with it.
    """

    reason: str
    path: str
    expected: str
    actual: str
    readings: int = 1
    position: Optional[int] = None
    raw: Any = None


class DecodedMessage(msgspec.Struct, frozen=True, gc=False):
    """The readings of one record, with their origin and receipt time.

    *reference_ms* is the receipt time, which timestamps are checked against;
    *positions* are those of the readings in the message, if some were rejected.
    """

    sequence_number: str
    reference_ms: int
    readings: Sequence[Any]
    device_id: Optional[str] = None
    positions: Optional[Sequence[int]] = None


QuarantineEntry = tuple[str, DecodedMessage, Rejection]  # with its segment and message


class Road(msgspec.Struct, frozen=True, gc=False):
    """The static attributes of a segment; units as in `road_segments`.

    *free_flow_speed* (km/h) is None if unknown: speed then gives no score and no alert.
    *effective_length_m* is the mean length of vehicle plus detector, used to estimate
    speed where a sensor does not measure it.
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


class ReadingCounts(msgspec.Struct, frozen=True, gc=False):
    """Published readings by outcome, each counted once however often it is delivered.

    *late* readings are also *accepted*. A *duplicate* was accepted before. A *stale*
    one is too late to know whether it was.
    """

    accepted: int = 0
    late: int = 0
    duplicate: int = 0
    stale: int = 0

    def plus(self, other: ReadingCounts) -> ReadingCounts:
        """Return the sum of both."""
        return ReadingCounts(
            self.accepted + other.accepted,
            self.late + other.late,
            self.duplicate + other.duplicate,
            self.stale + other.stale,
        )


class StoredSegment(msgspec.Struct, frozen=True, gc=False):
    """A segment as stored in the table; version 0 means that it was never written.

    *suspects* are sensors that sensor health found faulty: their readings are counted,
    but left out of the segment's figures.
    """

    segment_id: str
    version: int = 0
    road: Road = msgspec.field(default_factory=Road)
    counts: ReadingCounts = msgspec.field(default_factory=ReadingCounts)
    packed: Optional[bytes] = None
    outbox: tuple[dict[str, Any], ...] = ()
    suspects: frozenset[str] = frozenset()
