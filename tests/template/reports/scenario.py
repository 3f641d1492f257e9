"""One day of five roads, made so that every figure can be told beforehand.

It is Sunday, 2026-11-22, 18:32:30 UTC: 10:32 in Los Angeles.

- `A` jams since 18:20: two sensors, 20 vehicles a minute each, 20 of 100 km/h.
- `B` flows at 90 of 90 km/h with 10 vehicles a minute; its second sensor was last heard
  at 18:10. From 05:00 to 05:10 it jammed at 9 km/h: Saturday evening at the place.
- `C` has two sensors, both silent since 16:00.
- `D` has no sensor. `E` is in no road file, and jammed 40 days ago.

Of its incidents, that of `A` is open; `B` is the head of the one of Saturday evening.
On Friday morning one at `D` was unusual, and took in another at `C`; on Thursday
traffic at `D` was slow without an alert, unusually; at `C` no more than a little.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Protocol

from traffic.incidents.incident import Incident, Queue
from traffic.model import Reading
from traffic.policy import MINUTE_MS
from traffic.segment.alert_events import alert_id_of
from traffic.segment.alerts import HIGH, NONE, SEVERE
from trafficctl.roads.network import RoadSegment

from .city import City

NOW = datetime(2026, 11, 22, 18, 32, 30, tzinfo=timezone.utc)
OCCUPANCY = 0.2
NOW_MINUTE = int(NOW.timestamp()) // 60

ROADS = [
    RoadSegment("A", 34.1, -118.1, "x", "I-405 N", "Harbor", 2, 1000, 100),
    RoadSegment("B", 34.2, -118.2, None, "US-101 S", "Valley", 1, 2000, 90),
    RoadSegment("C", 34.3, -118.3, None, "I-10 W", "Valley", 3, 500, 100),
    RoadSegment("D", 34.4, -118.4, None, "SR-2", "Harbor", 2, 800, 80),
]


class Place(Protocol):
    """Where the scenario is played: in memory, or in the local city."""

    def load(self, road: RoadSegment) -> None:
        """Take a road as the operator's tool writes it."""

    def report(self, segment_id: str, minute: int, readings: list[Reading]) -> None:
        """Take one message, received two seconds after the end of its minute."""

    def group(self) -> None:
        """Group the open alerts into incidents."""

    def incident(self, one: Incident) -> None:
        """Take an incident of earlier days."""


def city() -> City:
    """Return the city as it is now."""
    made = City()
    play(made)
    return made


def play(made: Place) -> None:
    """Let *made* live through the day."""
    for road in ROADS:
        made.load(road)
    drive(made, "E", ago("10-13T12:00"), 10, 10, 5.0, 1)
    drive(made, "B", ago("11-22T05:00"), 10, 10, 9.0, 2)
    drive(made, "B", ago("11-22T05:10"), 20, 10, 90.0, 2)
    drive(made, "C", ago("11-22T15:50"), 10, 12, 100.0, 2)
    drive(made, "A", ago("11-22T18:00"), 20, 30, 100.0, 2)
    drive(made, "A", ago("11-22T18:20"), 12, 20, 20.0, 2)
    drive(made, "B", ago("11-22T18:00"), 10, 10, 90.0, 2)
    drive(made, "B", ago("11-22T18:10"), 22, 10, 90.0, 1)
    made.group()
    for one in past_incidents():
        made.incident(one)


def past_incidents() -> list[Incident]:
    """Return the incidents that are over."""
    friday = over("D", "11-20T16:10", 120, HIGH, 80.25, unusual=True)
    return [
        over("B", "11-22T05:02", 45, SEVERE, 12.5, unusual=False),
        friday,
        over("C", "11-20T16:20", 30, HIGH, 20.0, part_of=friday.incident_id),
        over("D", "11-19T23:00", 60, NONE, 10.0, unusual=True),
        over("C", "11-19T20:00", 10, NONE, 1.0, unusual=False),
        over("E", "10-13T12:02", 25, SEVERE, 5.0),
    ]


def over(
    head: str,
    opened: str,
    minutes: int,
    peak_level: int,
    delay: float,
    unusual: bool | None = None,
    part_of: str | None = None,
) -> Incident:
    """Return an incident of 1.5 km that ended after some minutes."""
    opened_at = ago(opened) * MINUTE_MS
    ended_at = opened_at + minutes * MINUTE_MS
    road = next((one.name for one in ROADS if one.segment_id == head), None)
    return Incident(
        incident_id=alert_id_of(head, opened_at),
        opened_at=opened_at,
        peak_level=peak_level,
        peak_length_km=1.5,
        queue=Queue(head, head, road, road and f"{road} at {head}"),
        delay=delay,
        measured_at=ended_at,
        unusual=unusual,
        ended_at=ended_at,
        part_of=part_of,
        version=1,
    )


def ago(text: str) -> int:
    """Return the minute of month, day and time in the year of now."""
    moment = datetime.strptime(f"2026-{text}+0000", "%Y-%m-%dT%H:%M%z")
    return int(moment.timestamp()) // 60


def drive(
    city: Place,
    segment_id: str,
    start: int,
    minutes: int,
    count: int,
    speed: float,
    sensors: int,
) -> None:
    """Report the same traffic by each sensor, at the end of each minute from start."""
    for minute in range(start + 1, start + minutes + 1):
        readings = [
            Reading(
                f"{segment_id}-{n}", minute * MINUTE_MS, count, speed, None, OCCUPANCY
            )
            for n in range(sensors)
        ]
        city.report(segment_id, minute, readings)
