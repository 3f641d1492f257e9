"""When each reading of a recorded week of Los Angeles is published; pure.

A reading is stamped with the time it is published, so ages and alerts are those of a
live city. The recording has its own clock, `DemoSchedule.street_time`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import msgspec
from msgspec.structs import replace

from traffic.model import Reading
from trafficctl.metr_la import LOS_ANGELES, WEEK_BEGIN, Week, replay_rows
from trafficctl.replay.rows import ReplayRow

BEGIN = datetime(2012, 3, 1, 8, 30, tzinfo=LOS_ANGELES)  # a Thursday
SPEEDUP = 180
STEP_S = 300  # as measured: nothing is interpolated
STEP_MS = STEP_S * 1000
SHORT_S = round(STEP_S / SPEEDUP, 3)  # from one published reading to the next
WEEK = timedelta(days=7)
WEEK_MS = WEEK // timedelta(milliseconds=1)
FIELDS = (
    "vehicle_count",
    "average_speed",
    "congestion_score",
    "occupancy",
    "interval",
)


@dataclass(frozen=True)
class DemoSchedule:
    """The schedule of a demo that starts at *began_ms* of the wall clock."""

    began_ms: int

    def due_s(self, event_ms: int) -> float:
        """Seconds into the run when a reading of the recording is published."""
        return (event_ms - _ms(BEGIN)) / 1000 / SPEEDUP

    def published_time_of(self, event_ms: int) -> int:
        """The timestamp under which it is published: the time when it is due."""
        return self.began_ms + round(self.due_s(event_ms) * 1000)

    def street_time(self, published_ms: int) -> datetime:
        """The time of the recording at a published timestamp, to its step."""
        steps = round((published_ms - self.began_ms) * SPEEDUP / STEP_MS)
        recorded = BEGIN + timedelta(seconds=steps * STEP_S)
        return WEEK_BEGIN + (recorded - WEEK_BEGIN) % WEEK

    def recording(self) -> dict[str, int]:
        """What the live map needs to show the recording's clock.

        Published timestamp *began_at* is *begins_at* of the recording, which repeats
        after *lasts*; all in ms, those of the recording in its local time.
        """
        offset_ms = BEGIN.utcoffset() // timedelta(milliseconds=1)  # type: ignore[operator]
        return {
            "began_at": self.began_ms,
            "begins_at": _ms(BEGIN) + offset_ms,
            "starts_at": _ms(WEEK_BEGIN) + offset_ms,
            "lasts": WEEK_MS,
            "step": STEP_MS,
            "speedup": SPEEDUP,
        }


def endless_rows(week: Week) -> Iterator[ReplayRow]:
    """Rows from `BEGIN` on, repeating the week without end.

    Event times keep rising by a week per lap. A reading covers the time to the next as
    published, so flows stay those of the recording.
    """
    carried: dict[str, float] = {}
    for lap in count():
        begin = WEEK_BEGIN if lap else BEGIN
        hours = (week.end - begin) / timedelta(hours=1)
        for row in rows_of(replay_rows(week, begin, hours, STEP_S)):
            reading = shortened(row.reading, carried)
            yield row._replace(event_ms=row.event_ms + lap * WEEK_MS, reading=reading)


def shortened(reading: Reading, carried: dict[str, float]) -> Reading:
    """Return a reading of five minutes as one of `SHORT_S`.

    The fraction of a vehicle is *carried* to the sensor's next reading.
    """
    vehicles = (reading.vehicle_count or 0) / SPEEDUP
    vehicles += carried.get(reading.sensor_id, 0.5)
    count = int(vehicles)
    carried[reading.sensor_id] = vehicles - count
    return replace(reading, vehicle_count=count, interval=SHORT_S)


def rows_of(cells: Iterable[tuple[Any, ...]]) -> Iterator[ReplayRow]:
    """Rows of `metr_la.replay_rows` as rows of a replay file."""
    for moment, segment_id, sensor_id, *measured in cells:
        event_ms = _ms(datetime.fromisoformat(moment))
        values = dict(zip(FIELDS, measured, strict=True))
        values |= {"sensor_id": sensor_id, "timestamp": event_ms}
        yield ReplayRow(event_ms, segment_id, msgspec.convert(values, Reading))


def _ms(moment: datetime) -> int:
    epoch = datetime.fromtimestamp(0, moment.tzinfo)
    return (moment - epoch) // timedelta(milliseconds=1)
