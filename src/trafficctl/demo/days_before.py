"""What the days before teach: the profile builder, run on recorded days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from traffic.policy import MINUTE_MS
from traffic.profile_builder.aws import DynamoRoads, S3Files
from traffic.profile_builder.function import TIMEOUT_MS
from traffic.profile_builder.learn import (
    MINUTES_PER_HOUR,
    BuilderPorts,
    Files,
    MinuteHistory,
    MinuteRow,
    Roads,
    RunReport,
    run,
)
from trafficctl.aws import session as aws
from trafficctl.demo.plan import DAYS_BEFORE, DemoSchedule
from trafficctl.metr_la import LANES, ROW_S, Week, flow_per_lane, free_flow_kmh

ROW_MIN = ROW_S // 60
DAY_MIN = 24 * MINUTES_PER_HOUR


class RecordedDays:
    """The days before as `segment_history`, with a row every five minutes."""

    def __init__(self, week: Week, played: DemoSchedule) -> None:
        self._midnight = played.midnight_ms // MINUTE_MS
        self._roads = [
            (one.segment_id, speeds, free_flow_kmh(speeds))
            for one in week.detectors
            for speeds in [week.speeds[one.detector]]
        ]

    def hour(self, minute: int) -> Iterator[MinuteRow]:
        """Yield all rows of the hour that begins with *minute*."""
        day, of_day = divmod(minute - self._midnight, DAY_MIN)
        if not -len(DAYS_BEFORE) <= day < 0:
            return
        first = DAYS_BEFORE[day] * DAY_MIN + of_day  # of the week
        for segment_id, speeds, free_flow in self._roads:
            for passed in range(0, MINUTES_PER_HOUR, ROW_MIN):
                speed = speeds[(first + passed) // ROW_MIN]
                flow = LANES * flow_per_lane(speed, free_flow)
                vehicles = flow * ROW_MIN / MINUTES_PER_HOUR
                yield MinuteRow(segment_id, minute + passed, vehicles, speed, flow)


def learn(
    session: Any, outputs: Mapping[str, str], week: Week, played: DemoSchedule
) -> RunReport:
    """Build the days and profiles of a city before its first sweep of incidents."""
    roads = DynamoRoads(aws.client(session, "dynamodb"), outputs["RoadSegmentsTable"])
    bucket = outputs["ProfilesBucket"]
    files = S3Files(aws.client(session, "s3"), bucket, played.zone)
    return build(RecordedDays(week, played), roads, files, played)


def build(
    history: MinuteHistory, roads: Roads, files: Files, played: DemoSchedule
) -> RunReport:
    """Run the profile builder as the city does at night."""
    ports = BuilderPorts(
        history=history,
        roads=roads,
        files=files,
        zone=ZoneInfo(played.zone),
        zone_name=played.zone,
        holidays=holidays(played),
        send=lambda _report: None,  # four days are no week to report on
        clock=lambda: played.began_ms,
        left_ms=lambda: TIMEOUT_MS,
    )
    return run(ports)


def holidays(played: DemoSchedule) -> str:
    """The parameter `Holidays` that makes the days before and today one kind of day.

    On a weekend the recorded working days would be of several kinds otherwise.
    """
    return ",".join(day.isoformat() for day in played.alike)
