"""The METR-LA week as finished days, learned from without looking ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from traffic.profiles.bins import DayBins, empty_bins
from traffic.profiles.day_records import record_of
from traffic.profiles.local_days import LocalDay, kind_of, local_day
from traffic.profiles.usual_speeds import of_kind, profile_of
from trafficctl.metr_la import (
    LANES,
    LOS_ANGELES,
    ROW_S,
    WEEK_BEGIN,
    Detector,
    Week,
    flow_per_lane,
    free_flow_kmh,
)

DAY_ROWS = 86_400 // ROW_S
FIRST_TEST_DAY = 4  # Monday: Thursday to Sunday are learned from
TEST_DAYS = (4, 5, 6)
FEWEST_DAYS = 2  # the week has two working days before the first that is tested


@dataclass(frozen=True)
class Learned:
    """A detector's week: records of its days, and speeds in rows of five minutes."""

    detector: Detector
    speeds: Sequence[float]
    free_flow: float
    records: Sequence[bytes]

    def profile(self, day: int) -> bytes:
        """The profile of all days before *day*."""
        days = [(kind_of(date_of(n), ()), self.records[n]) for n in range(day)]
        return profile_of(days, FEWEST_DAYS)

    def usual(self, day: int) -> bytes:
        """The part of that profile for the kind of day that *day* is."""
        return of_kind(self.profile(day), kind_of(date_of(day), ()))


def date_of(day: int) -> date:
    """The date of the week's day *day*, 0 is its Thursday."""
    return (WEEK_BEGIN + timedelta(days=day)).date()


def day_of(day: int) -> LocalDay:
    """The same as a day of the city."""
    return local_day(date_of(day), LOS_ANGELES)


def rows_of(speeds: Sequence[float], day: int) -> Sequence[float]:
    """The speeds of one day."""
    return speeds[day * DAY_ROWS : (day + 1) * DAY_ROWS]


def flow_of(speed: float, free_flow: float) -> float:
    """The flow of the carriageway, veh/h."""
    return LANES * flow_per_lane(speed, free_flow)


def bins_of(speeds: Sequence[float], free_flow: float, day: int) -> DayBins:
    """One day in five-minute bins."""
    bins = empty_bins(day_of(day))
    for place, speed in enumerate(rows_of(speeds, day)):
        flow = flow_of(speed, free_flow)
        bins.add(place, flow * ROW_S / 3600, speed, flow)
    return bins


def learn(week: Week) -> list[Learned]:
    """All detectors with the records of all days."""
    days = len(next(iter(week.speeds.values()))) // DAY_ROWS
    learned = []
    for detector in week.detectors:
        speeds = week.speeds[detector.detector]
        free = free_flow_kmh(speeds)
        records = [
            record_of(bins_of(speeds, free, day), day_of(day)) for day in range(days)
        ]
        learned.append(Learned(detector, speeds, free, records))
    return learned
