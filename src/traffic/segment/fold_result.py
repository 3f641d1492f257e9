"""The result of a fold, and the context of a fold in progress."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ..model import DecodedMessage, ReadingCounts, Rejection, Road
from .alerts import Thresholds, Transition
from .live import is_free_flowing
from .measures import Measures
from .state import WorkingState, highest_score
from .windows import Summand, Window


class AlertChange(NamedTuple):
    """An alert's transition, the receipt time (ms) of the message that caused it, and
    the traffic of that moment."""

    transition: Transition
    received_at: int
    measures: Measures


@dataclass
class FoldResult:
    """The result of a fold: counts, rejections, minutes and alert transitions.

    *received_at* (ms) is the receipt time of the newest reading, None if no reading is
    newer than all before; *late* holds windows of readings older than both open ones.
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
    changes: list[AlertChange] = field(default_factory=list)

    def counts(self) -> ReadingCounts:
        """Return the readings counted for the first time, by outcome."""
        return ReadingCounts(self.accepted, self.late_count, self.duplicate, self.stale)


@dataclass
class FoldContext:
    """A fold in progress.

    *pending* are readings of *instant* (ms) not yet added to *window*, that of
    *minute*, nor to the live sums; *has_new_readings* means readings since the last
    update of the alert, and *vehicles* the vehicles they counted. While the segment is
    not *is_busy*, its alert is calm and no reading so far could change that: all known
    speeds were *low_kmh* or higher.
    """

    state: WorkingState
    road: Road
    limits: Thresholds
    default_interval_ms: int
    result: FoldResult
    suspects: frozenset[str]
    window: Window = field(default_factory=Window)
    pending: list[Summand] = field(default_factory=list)
    minute: int = -1
    message: Optional[DecodedMessage] = None
    instant: int = -1
    has_new_readings: bool = False
    vehicles: int = 0
    is_busy: bool = False
    low_kmh: float = 0.0

    def __post_init__(self) -> None:
        free_flow = self.road.free_flow_speed
        if free_flow is not None:  # a margin for rounding
            self.low_kmh = 1.001 * free_flow * (1 - self.limits.high / 1000)
        self.is_busy = not self.is_calm()

    def is_calm(self) -> bool:
        """Whether no alert is open or pending, and free traffic cannot change that."""
        state = self.state
        return (
            is_free_flowing(state, self.low_kmh)
            and highest_score(state) < self.limits.high
        )
