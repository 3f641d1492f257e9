"""What comes of folding readings, and a fold under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from .alerts import Thresholds, Transition
from .enrich import Measures
from .model import Parcel, Rejection, Road, Tallies
from .state import WorkingState
from .windows import Summand, Window


class Change(NamedTuple):
    """An alert's transition, the receipt time (ms) of the message that caused it, and
    the traffic of that moment."""

    transition: Transition
    received_at: int
    measures: Measures


@dataclass
class Folded:
    """What came of folding: counts, set-aside readings, minutes and transitions.

    *received_at* (ms) is when the newest reading came, None if none is newer than all
    before; *late* holds sums per minute for readings older than both open windows.
    """

    received_at: Optional[int] = None
    accepted: int = 0
    late_count: int = 0
    duplicate: int = 0
    stale: int = 0
    redelivered: int = 0
    rejected: list[tuple[Parcel, Rejection]] = field(default_factory=list)
    closed: list[tuple[int, Window]] = field(default_factory=list)
    late: dict[int, Window] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def tallies(self) -> Tallies:
        """Return the readings counted for the first time, by fate."""
        return Tallies(self.accepted, self.late_count, self.duplicate, self.stale)


@dataclass
class Work:
    """A fold under way.

    *rows* are readings of one *instant* (ms) that are not yet summed into *window*,
    nor, by their *weight*, into the present; *vehicles* were seen since the alert was
    judged, and *is_news* says that readings were.
    """

    state: WorkingState
    road: Road
    limits: Thresholds
    default_interval_ms: int
    folded: Folded
    suspects: frozenset[str]
    window: Window = field(default_factory=Window)
    rows: list[Summand] = field(default_factory=list)
    instant: int = -1
    weight: int = 0
    vehicles: int = 0
    is_news: bool = False
    newest_minute: int = -1

    def __post_init__(self) -> None:
        self.newest_minute = max(self.state.windows, default=-1)
