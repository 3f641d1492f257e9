"""An incident, and the alerts that it consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

from ..policy import MINUTE_MS
from ..segment.alert_events import alert_id_of

# A segment stays with its incident for this long after its alert cleared, and an
# incident is over once it has had no open alert for as long. Stop-and-go traffic does
# not become one incident a wave (docs/explanation/incidents.md has the measurement).
HOLD_MS = 20 * MINUTE_MS

OPEN, CLOSING = "open", "closing"  # CLOSING: over, but an event is still unsent


class OpenAlert(NamedTuple):
    """An open alert of a segment; *level* as in `segment.alerts`, *opened_at* ms.

    Level 0 is no alert: the segment is unusual only.
    """

    segment_id: str
    opened_at: int
    level: int = 1

    @property
    def alert_id(self) -> str:
        """Its id."""
        return alert_id_of(self.segment_id, self.opened_at)


class Member(NamedTuple):
    """The last alert of a segment in an incident, and since when it is gone (ms)."""

    opened_at: int
    gone_at: Optional[int] = None


def has_left(member: Member, now_ms: int) -> bool:
    """Whether the alert of a segment cleared so long ago that it is free."""
    return member.gone_at is not None and now_ms - member.gone_at >= HOLD_MS


@dataclass(frozen=True)
class Queue:
    """Where the traffic of an incident stands, from its *head* back to its *tail*.

    The head is the bottleneck: nothing downstream of it is congested. *speed* and
    *usual_speed*, of the same segments, in km/h, *delay_rate* in vehicle-hours per
    hour; None where unknown.
    """

    head: Optional[str] = None
    tail: Optional[str] = None
    road: Optional[str] = None  # of the head, in words
    place: Optional[str] = None
    length_km: float = 0.0
    speed: Optional[float] = None
    delay_rate: float = 0.0
    usual_speed: Optional[float] = None


@dataclass(frozen=True)
class Reported:
    """What the events said: the time (ms), the open segments and the level.

    *unusual* is whether one said that the incident is.
    """

    at: int = 0
    segments: int = 0
    level: int = 0
    unusual: bool = False


@dataclass(frozen=True)
class Incident:
    """A jam: its segments, by id, with their last alert; times in ms.

    It has the id of its first alert. *alerts* is the number of alerts it ever had;
    *measured_at* is when *queue* and *delay* (vehicle-hours) were calculated;
    *unusual* is whether it is or was, None if nothing is known to be usual there;
    *part_of* is the older incident that it merged into. Version 0 was never written.
    """

    incident_id: str
    opened_at: int
    members: Mapping[str, Member] = field(default_factory=dict)
    alerts: int = 0
    level: int = 0
    peak_level: int = 0
    peak_segments: int = 0
    peak_length_km: float = 0.0
    queue: Queue = Queue()
    delay: float = 0.0
    measured_at: Optional[int] = None
    unusual: Optional[bool] = None
    reported: Reported = Reported()
    ended_at: Optional[int] = None
    part_of: Optional[str] = None
    version: int = 0
    outbox: tuple[dict[str, Any], ...] = ()

    @property
    def age(self) -> tuple[int, str]:
        """Orders incidents from the oldest to the newest."""
        return self.opened_at, self.incident_id

    @property
    def is_over(self) -> bool:
        """Whether it has ended or merged into another."""
        return self.ended_at is not None

    def segments(self) -> list[str]:
        """Return the segments that are congested now."""
        return [name for name, one in self.members.items() if one.gone_at is None]

    @property
    def standing(self) -> Optional[str]:
        """Whether it is still listed: open, closing, or None for neither."""
        if not self.is_over:
            return OPEN
        return CLOSING if self.outbox else None
