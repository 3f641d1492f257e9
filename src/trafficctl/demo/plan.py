"""How a recorded morning of Los Angeles becomes the present of a city; pure.

The recorded Thursday is moved by whole hours, so that it is between 8:50 and 9:50 there
now. The city has a time zone where that is so: its clock shows the recorded time.
The devices first send what they buffered, as after an outage, and then go on at true
speed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec

from traffic.model import Reading
from traffic.policy import HOUR_MS
from trafficctl.metr_la import LOS_ANGELES, ROW_S, WEEK_BEGIN, Week, replay_rows
from trafficctl.publishing.devices import unit_name
from trafficctl.publishing.mqtt_connection import MqttMessage
from trafficctl.publishing.publisher import (
    SentReading,
    TimedMessage,
    payload,
    unit_of,
)
from trafficctl.replay.command import messages, sent
from trafficctl.replay.rows import ReplayRow

# From then until 9:50, some jams are unusual and others are not.
MORNING = WEEK_BEGIN + timedelta(hours=8, minutes=50)
DAYS_BEFORE = (1, 4, 5, 6)  # the other working days of the week, which begins with it
BUFFERED = timedelta(minutes=90)
STEP_S = 5  # between the live readings of a detector
FIELDS = (
    "vehicle_count",
    "average_speed",
    "congestion_score",
    "occupancy",
    "interval",
)


@dataclass(frozen=True)
class DemoSchedule:
    """The recording, moved by *shift_ms*; published from *began_ms* on (wall, ms)."""

    shift_ms: int
    began_ms: int

    @property
    def midnight_ms(self) -> int:
        """When the city's day began."""
        return _ms(WEEK_BEGIN) + self.shift_ms

    @property
    def zone(self) -> str:
        """The time zone in which the clock shows what was recorded."""
        return f"Etc/GMT{-self._offset_h:+d}"

    @property
    def alike(self) -> list[date]:
        """The city's dates of the days before and of the one that is played.

        They were working days, whatever day it is now.
        """
        zone = timezone(timedelta(hours=self._offset_h))
        today = datetime.fromtimestamp(self.midnight_ms / 1000, zone).date()
        return [today - timedelta(days=ago) for ago in range(len(DAYS_BEFORE), -1, -1)]

    @property
    def _offset_h(self) -> int:
        ahead_h = _utc_offset_ms() // HOUR_MS - self.shift_ms // HOUR_MS
        return (ahead_h + 12) % 24 - 12

    def due_s(self, event_ms: int) -> float:
        """Seconds into the run when a reading of the recording is published."""
        return (self.published_time_of(event_ms) - self.began_ms) / 1000

    def published_time_of(self, event_ms: int) -> int:
        """Its timestamp in the city."""
        return event_ms + self.shift_ms

    def street_time(self, at_ms: int) -> datetime:
        """The time of the recording at an instant of the city."""
        return datetime.fromtimestamp((at_ms - self.shift_ms) / 1000, LOS_ANGELES)

    def recording(self) -> dict[str, int]:
        """What the live map adds (ms) to a timestamp for the recording's local time."""
        return {"shift": _utc_offset_ms() - self.shift_ms}


def schedule_at(now_ms: int) -> DemoSchedule:
    """The schedule of a demo that begins now."""
    return DemoSchedule((now_ms - _ms(MORNING)) // HOUR_MS * HOUR_MS, now_ms)


def buffered_rows(week: Week, played: DemoSchedule) -> Iterator[ReplayRow]:
    """What was measured before the demo begins, as recorded: every five minutes."""
    begin = _step_of(played, ROW_S) - BUFFERED
    return rows_of(replay_rows(week, begin, BUFFERED / timedelta(hours=1), ROW_S))


def live_rows(week: Week, played: DemoSchedule) -> Iterator[ReplayRow]:
    """What is measured from then on; speeds between two recorded are interpolated."""
    begin = _step_of(played, STEP_S)
    return rows_of(
        replay_rows(week, begin, (week.end - begin) / timedelta(hours=1), STEP_S)
    )


def first_live_ms(played: DemoSchedule) -> int:
    """The first timestamp of the live readings."""
    return played.published_time_of(_ms(_step_of(played, STEP_S))) + STEP_S * 1000


def live(week: Week, played: DemoSchedule) -> Iterator[TimedMessage]:
    """Each reading when it is due."""
    return messages(live_rows(week, played), played, batch=1, units=1)


def buffered(week: Week, played: DemoSchedule) -> Iterator[TimedMessage]:
    """One message of each device, at once."""
    by_device: dict[str, list[SentReading]] = {}
    for row in buffered_rows(week, played):
        device = unit_name(row.segment_id, unit_of(row.reading.sensor_id, 1))
        reading = sent(row, played.published_time_of(row.event_ms))
        by_device.setdefault(device, []).append(reading)
    for device, readings in by_device.items():
        yield TimedMessage(0.0, device, MqttMessage(payload(readings), len(readings)))


def rows_of(cells: Iterable[tuple[Any, ...]]) -> Iterator[ReplayRow]:
    """Rows of `metr_la.replay_rows` as rows of a replay file."""
    for moment, segment_id, sensor_id, *measured in cells:
        event_ms = _ms(datetime.fromisoformat(moment))
        values = dict(zip(FIELDS, measured, strict=True))
        values |= {"sensor_id": sensor_id, "timestamp": event_ms}
        yield ReplayRow(event_ms, segment_id, msgspec.convert(values, Reading))


def _step_of(played: DemoSchedule, step_s: int) -> datetime:
    """The last whole step of the recording before publishing begins."""
    begin = played.street_time(played.began_ms)
    return begin - (begin - WEEK_BEGIN) % timedelta(seconds=step_s)


def _ms(moment: datetime) -> int:
    epoch = datetime.fromtimestamp(0, moment.tzinfo)
    return (moment - epoch) // timedelta(milliseconds=1)


def _utc_offset_ms() -> int:
    return LOS_ANGELES.utcoffset(None) // timedelta(milliseconds=1)
