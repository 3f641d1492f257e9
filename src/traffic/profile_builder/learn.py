"""One run of the builder: which days are missing, and what is made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from typing import Any, Callable, NamedTuple, Optional, Protocol

from ..bottlenecks.find import jams_of
from ..network.roads import RoadGraph
from ..policy import HOUR_MS, MINUTE_MS
from ..profiles.bins import DayBins, empty_bins
from ..profiles.day_file import DayFile, day_file
from ..profiles.local_days import (
    BIN_MS,
    LocalDay,
    date_of,
    holidays_of,
    local_day,
    minute_of,
)
from ..profiles.profile_file import (
    PROFILE_DAYS,
    Profiles,
    build,
    missing_days,
    newest_measured,
)
from . import weekly
from .roads import CityRoads, learned_changes

SETTLES_MS = 3 * HOUR_MS  # after a day, until most late readings have arrived
MINUTES_PER_HOUR = 60


class MinuteRow(NamedTuple):
    """A row of `segment_history`; *minute* counts from the epoch."""

    segment_id: str
    minute: int
    vehicles: float
    speed: Optional[float]
    flow: Optional[float]


class MinuteHistory(Protocol):
    """The rows of `segment_history`."""

    def hour(self, minute: int) -> Iterable[MinuteRow]:
        """Return all rows of the UTC hour that begins with *minute*."""


class Roads(Protocol):
    """The rows of `road_segments`."""

    def all(self) -> CityRoads:
        """Return all segments."""

    def learn(self, speeds: Mapping[str, int]) -> None:
        """Write the learned free-flow speeds."""


class Files(Protocol):
    """The files of days and profiles, those of one time zone."""

    def days(self) -> Collection[date]:
        """Return the dates that have a file."""

    def day(self, day: date) -> Optional[DayFile]:
        """Return the file of a date, None if it is unreadable."""

    def add_day(self, file: DayFile) -> None:
        """Write the file of a day."""

    def profiles(self) -> Optional[Profiles]:
        """Return the profiles, None if there are none, or they are unreadable."""

    def replace_profiles(self, profiles: Profiles) -> None:
        """Write the profiles."""

    def reports(self) -> Collection[date]:
        """Return the Sundays of the weeks that were reported."""

    def add_report(self, sunday: date, report: Mapping[str, Any]) -> None:
        """Write the report of a week."""


@dataclass(frozen=True)
class BuilderPorts:
    """What a run reads and writes; *left_ms* is the time until Lambda ends it."""

    history: MinuteHistory
    roads: Roads
    files: Files
    zone: tzinfo
    zone_name: str
    holidays: str
    send: Callable[[Mapping[str, Any]], None]
    clock: Callable[[], int]
    left_ms: Callable[[], int]


@dataclass
class RunReport:
    """What a run did. *age_days* is the age of the newest day with measurements.

    *silent* says how many more days of a kind the profiles need.
    """

    built: list[date] = field(default_factory=list)
    learned: int = 0
    age_days: Optional[int] = None
    unreadable_holidays: Sequence[str] = ()
    silent: Mapping[str, int] = field(default_factory=dict)
    reported: Optional[date] = None


def run(ports: BuilderPorts) -> RunReport:
    """Build the missing days, then the profiles if anything changed."""
    now_ms = ports.clock()
    holidays, unreadable = holidays_of(ports.holidays)
    report = RunReport(unreadable_holidays=unreadable)
    known = set(ports.files.days())
    roads = ports.roads.all()
    for day in _in_time(ports, due_days(known, now_ms, ports.zone)):
        ports.files.add_day(built_day(ports.history, day, roads.graph))
        report.built.append(day.date)
        known.add(day.date)
    if known:
        profiles = _profiles(ports, known, holidays)
        report.age_days = _age_days(profiles, known, date_of(now_ms, ports.zone))
        report.silent = missing_days(profiles)
        changes = learned_changes(roads.learned, profiles.free_flow)
        ports.roads.learn(changes)
        report.learned = len(changes)
        report.reported = _report_week(ports, known, roads.graph, now_ms)
    return report


def _age_days(profiles: Profiles, known: Collection[date], on: date) -> int:
    """Return how long ago the newest day with measurements was.

    Without any, days count from the first run, which built those of five weeks before.
    """
    newest = newest_measured(profiles)
    if newest is None:
        return max(1, (on - min(known)).days - PROFILE_DAYS + 1)
    return (on - newest).days


def _report_week(
    ports: BuilderPorts, known: Collection[date], graph: RoadGraph, now_ms: int
) -> Optional[date]:
    """Send the report of the last week, once, and return its Sunday.

    It is written after it was sent: if that fails, the next run sends it again.
    """
    on = date_of(now_ms, ports.zone)
    sunday = weekly.due_week(known, ports.files.reports(), on)
    if sunday is None:
        return None
    week = weekly.week_of(sunday)
    files = [one for day in week if (one := ports.files.day(day)) is not None]
    report = weekly.report_of(sunday, files, graph)
    if report is not None:
        ports.send(report)
    ports.files.add_report(sunday, report or {})
    return sunday


def due_days(known: Collection[date], now_ms: int, zone: tzinfo) -> Sequence[LocalDay]:
    """Return the days that are over and have no file, the newest first."""
    here = date_of(now_ms, zone)
    dates = [here - timedelta(days=ago) for ago in range(1, PROFILE_DAYS + 1)]
    days = [local_day(one, zone) for one in dates if one not in known]
    return [day for day in days if day.end_ms + SETTLES_MS <= now_ms]


def _in_time(ports: BuilderPorts, days: Sequence[LocalDay]) -> Iterator[LocalDay]:
    """Yield days while there is time for two as long as the longest so far.

    The first is always yielded: the next run continues.
    """
    longest_ms, began = 0, ports.left_ms()
    for day in days:
        left_ms = ports.left_ms()
        longest_ms, began = max(longest_ms, began - left_ms), left_ms
        if left_ms < 2 * longest_ms:
            return
        yield day


def built_day(history: MinuteHistory, day: LocalDay, graph: RoadGraph) -> DayFile:
    """Return the file of a day, from its history."""
    bins: dict[str, DayBins] = {}
    places = {
        day.begin_ms // MINUTE_MS + minute: minute * MINUTE_MS // BIN_MS
        for minute in range((day.end_ms - day.begin_ms) // MINUTE_MS)
    }
    for row in _rows(history, day):
        if row.minute not in places:  # of an hour that begins or ends on another day
            continue
        if row.segment_id not in bins:
            bins[row.segment_id] = empty_bins(day)
        bins[row.segment_id].add(places[row.minute], row.vehicles, row.speed, row.flow)
    speeds = {segment: some.speeds() for segment, some in bins.items()}
    flows = {segment: some.flows() for segment, some in bins.items()}
    begins = range(day.begin_ms, day.end_ms, BIN_MS)
    hours = [minute_of(at_ms, day.zone) // MINUTES_PER_HOUR for at_ms in begins]
    return day_file(day, bins, jams_of(graph, speeds, flows, hours))


def _rows(history: MinuteHistory, day: LocalDay) -> Iterator[MinuteRow]:
    first, last = day.begin_ms // HOUR_MS, (day.end_ms - 1) // HOUR_MS
    for hour in range(first, last + 1):
        yield from history.hour(hour * MINUTES_PER_HOUR)


def _profiles(
    ports: BuilderPorts, known: Collection[date], holidays: Collection[date]
) -> Profiles:
    """Return the stored profiles, built again if they are not those of these days."""
    wanted = sorted(known)[-PROFILE_DAYS:]
    stored = ports.files.profiles()
    if stored is not None and _is_of(stored, ports.zone_name, wanted, holidays):
        return stored
    files = [one for day in wanted if (one := ports.files.day(day)) is not None]
    profiles = build(files, ports.zone_name, holidays)
    ports.files.replace_profiles(profiles)
    return profiles


def _is_of(
    profiles: Profiles, zone: str, days: Sequence[date], holidays: Collection[date]
) -> bool:
    return (profiles.zone, list(profiles.days), profiles.holidays) == (
        zone,
        list(days),
        sorted(holidays),
    )
