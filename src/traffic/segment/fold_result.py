"""What comes of folding readings, and a fold under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ..model import DecodedMessage, ReadingCounts, Rejection, Road
from .alerts import Thresholds, Transition
from .live import is_low
from .measures import Measures
from .state import WorkingState, highest_score
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
    rejected: list[tuple[DecodedMessage, Rejection]] = field(default_factory=list)
    closed: list[tuple[int, Window]] = field(default_factory=list)
    late: dict[int, Window] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def counts(self) -> ReadingCounts:
        """Return the readings counted for the first time, by fate."""
        return ReadingCounts(self.accepted, self.late_count, self.duplicate, self.stale)


@dataclass
class Work:
    """A fold under way.

    *rows* are readings of *instant* (ms) that are not yet summed into *window*, which
    is that of *minute*, nor into the present; *is_new* says that readings came since
    the alert was judged, and *vehicles* how many they show. Where the segment is not
    *is_busy*, its alert is calm and no reading so far could change that: all of known
    speed had *low_kmh* or more.
    """

    state: WorkingState
    road: Road
    limits: Thresholds
    default_interval_ms: int
    folded: Folded
    suspects: frozenset[str]
    window: Window = field(default_factory=Window)
    rows: list[Summand] = field(default_factory=list)
    minute: int = -1
    message: Optional[DecodedMessage] = None
    instant: int = -1
    is_new: bool = False
    vehicles: int = 0
    is_busy: bool = False
    low_kmh: float = 0.0

    def __post_init__(self) -> None:
        free_flow = self.road.free_flow_speed
        if free_flow is not None:  # a little more, so that rounding does no harm
            self.low_kmh = 1.001 * free_flow * (1 - self.limits.high / 1000)
        self.is_busy = not self.is_calm()

    def is_calm(self) -> bool:
        """Whether no alert is open or in the making, nor can be by free traffic."""
        state = self.state
        return is_low(state, self.low_kmh) and highest_score(state) < self.limits.high
