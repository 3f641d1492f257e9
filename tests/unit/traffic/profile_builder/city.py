"""A city in memory: history, roads and files, and a clock that is set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from traffic.errors import PublishError
from traffic.model import Road
from traffic.network.roads import RoadGraph
from traffic.policy import MINUTE_MS
from traffic.profile_builder.learn import BuilderPorts, MinuteRow, RunReport, run
from traffic.profile_builder.roads import CityRoads
from traffic.profiles import day_file, profile_file
from traffic.profiles.day_file import DayFile
from traffic.profiles.local_days import local_day
from traffic.profiles.profile_file import Profiles

BERLIN = ZoneInfo("Europe/Berlin")
RUN_MS = 900_000


class FakeRoad(NamedTuple):
    """A row of `road_segments`."""

    road: Road
    downstream: Sequence[str]
    learned: float | None


@dataclass
class FakeCity:
    """The ports of the builder; *asked* are the hours that were read."""

    now: datetime
    holidays: str = ""
    zone: str = "Europe/Berlin"
    rows: dict[int, list[MinuteRow]] = field(default_factory=dict)
    roads: dict[str, FakeRoad] = field(default_factory=dict)
    packed: dict[date, bytes] = field(default_factory=dict)
    stored: bytes | None = None
    writes: list[str] = field(default_factory=list)
    weeks: dict[date, Mapping[str, Any]] = field(default_factory=dict)
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    is_bus_down: bool = False
    hour_takes_ms: int = 0
    spent_ms: int = 0

    def drive(self, day: date, speed: float, segment: str = "A") -> None:
        """Ten vehicles a minute for a whole day."""
        local = local_day(day, ZoneInfo(self.zone))
        for minute in range(local.begin_ms // MINUTE_MS, local.end_ms // MINUTE_MS):
            row = MinuteRow(segment, minute, 10, speed, 600.0)
            self.rows.setdefault(minute // 60 * 60, []).append(row)

    def hour(self, minute: int) -> Iterable[MinuteRow]:
        self.spent_ms += self.hour_takes_ms
        return self.rows.get(minute, [])

    def all(self) -> CityRoads:
        graph = RoadGraph(
            {name: one.road for name, one in self.roads.items()},
            {name: one.downstream for name, one in self.roads.items()},
        )
        return CityRoads(graph, {n: one.learned for n, one in self.roads.items()})

    def learn(self, speeds: Mapping[str, int]) -> None:
        for segment, speed in speeds.items():
            self.writes.append(f"{segment} learns {speed}")
            self.roads[segment] = self.roads[segment]._replace(learned=speed)

    def days(self) -> Collection[date]:
        return list(self.packed)

    def day(self, day: date) -> DayFile | None:
        try:
            return day_file.unpack(self.packed[day])
        except ValueError:
            return None

    def add_day(self, file: DayFile) -> None:
        assert file.day not in self.packed, "a day never changes"
        self.writes.append(f"day {file.day}")
        self.packed[file.day] = day_file.pack(file)

    def profiles(self) -> Profiles | None:
        try:
            return None if self.stored is None else profile_file.unpack(self.stored)
        except ValueError:
            return None

    def replace_profiles(self, profiles: Profiles) -> None:
        self.writes.append("profiles")
        self.stored = profile_file.pack(profiles)

    def reports(self) -> Collection[date]:
        return list(self.weeks)

    def add_report(self, sunday: date, report: Mapping[str, Any]) -> None:
        self.weeks[sunday] = report

    def send(self, report: Mapping[str, Any]) -> None:
        if self.is_bus_down:
            raise PublishError("down")
        self.sent.append(report)

    def run(self) -> RunReport:
        self.writes, self.spent_ms = [], 0
        return run(
            BuilderPorts(
                history=self,
                roads=self,
                files=self,
                zone=ZoneInfo(self.zone),
                zone_name=self.zone,
                holidays=self.holidays,
                send=self.send,
                clock=lambda: round(self.now.timestamp() * 1000),
                left_ms=lambda: RUN_MS - self.spent_ms,
            )
        )

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


def road(
    free_flow: float | None = 100, downstream: str = "", learned: float | None = None
) -> FakeRoad:
    """A road of a kilometre."""
    row = Road(length_m=1000, free_flow_speed=free_flow, known=True)
    return FakeRoad(row, downstream.split(), learned)
