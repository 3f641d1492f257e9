"""Which reading is published when: a Monday in Los Angeles, sped up; pure.

Event times are moved as a whole so that the first lies `LAG` before the demo begins.
Sped up, they gain on the clock; once they have caught up, the demo goes on in real
time, since a reading from the future is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from traffic.model import Reading
from trafficctl.metr_la import LOS_ANGELES
from trafficctl.replay import Replay
from trafficctl.replay_file import Row

BEGIN = datetime(2012, 3, 5, 5, 30, tzinfo=LOS_ANGELES)  # a Monday
SPEEDUP = 180.0
STEP_S = 300  # as measured: nothing is interpolated
STEP_MS = STEP_S * 1000
LAG_MS = 23 * 3_600_000  # within the 24 hours that a reading may be old
FIELDS = (
    "vehicle_count",
    "average_speed",
    "congestion_score",
    "occupancy",
    "interval",
)


@dataclass(frozen=True)
class Plan(Replay):
    """A replay that slows down to real time when it has caught up with the clock."""

    def due_s(self, event_ms: int) -> float:
        """Seconds into the run when a reading is published: never before its time."""
        own_time = self.published_time_of(event_ms) - self.began_ms
        return max(super().due_s(event_ms), own_time / 1000)

    def street_time(self, published_ms: int) -> datetime:
        """The time of day in Los Angeles when that was measured."""
        event_s = (published_ms - self.shift_ms) / 1000
        return datetime.fromtimestamp(event_s, LOS_ANGELES)


def plan(began_ms: int) -> Plan:
    """The demo that begins now (wall, ms); its steps fall on whole steps of time."""
    begin_ms = _ms(BEGIN)
    zero_ms = (began_ms - LAG_MS) // STEP_MS * STEP_MS
    return Plan(begin_ms, began_ms, SPEEDUP, shift_ms=zero_ms - begin_ms)


def first_published_ms(replay: Plan) -> int:
    """The timestamp of the first readings, at the end of their step."""
    return replay.published_time_of(replay.first_ms + STEP_MS)


def rows_of(cells: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    """Rows as `metr_la.replay_rows` makes them, as rows of a replay file."""
    for moment, segment_id, sensor_id, *measured in cells:
        event_ms = _ms(datetime.fromisoformat(moment))
        values = dict(zip(FIELDS, measured, strict=True))
        values |= {"sensor_id": sensor_id, "timestamp": event_ms}
        yield Row(event_ms, segment_id, msgspec.convert(values, Reading))


def _ms(moment: datetime) -> int:
    epoch = datetime.fromtimestamp(0, moment.tzinfo)
    return (moment - epoch) // timedelta(milliseconds=1)
