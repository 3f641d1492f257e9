"""The result of a fold, and the context of a fold in progress."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional

import msgspec

from ..model import DecodedMessage, ReadingCounts, Rejection, Road
from .alerts import Thresholds, Transition
from .fast_path import low_speed
from .live import highest_score, is_free_flowing
from .measures import Measures
from .state import WorkingState
from .windows import Summand, Window


class AlertChange(NamedTuple):
    """An alert's transition, the receipt time (ms) of the message that caused it, and
    the traffic of that moment: its measures, and whether vehicles pass."""

    transition: Transition
    received_at: int
    measures: Measures
    is_passing: bool = False


class FoldResult(msgspec.Struct, gc=False):
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
    rejected: list[tuple[DecodedMessage, Rejection]] = []
    closed: list[tuple[int, Window]] = []
    late: dict[int, Window] = {}
    changes: list[AlertChange] = []

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
        self.low_kmh = low_speed(self.road, self.limits.high)
        self.is_busy = not self.is_calm()

    def is_calm(self) -> bool:
        """Whether no alert is open or pending, and free traffic cannot change that."""
        state = self.state
        return (
            state.alert.is_calm()
            and is_free_flowing(state.live, self.low_kmh)
            and highest_score(state) < self.limits.high
        )
