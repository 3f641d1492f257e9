"""Days of made-up speeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from traffic.profiles.bins import DayBins, empty_bins
from traffic.profiles.day_file import DayFile, day_file
from traffic.profiles.local_days import BIN_MS, local_day, minute_of

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 2)


def bins(day: date, by_hour: Mapping[int, float], usual: float = 60) -> DayBins:
    """Ten vehicles in each five minutes, at the speed of the hour; 0 stands."""
    local = local_day(day, BERLIN)
    filled = empty_bins(local)
    for place in range(local.bins()):
        minute = minute_of(local.begin_ms + place * BIN_MS, BERLIN)
        speed = by_hour.get(minute // 60, usual)
        filled.add(place, 10 if speed else 0, speed, 120)
    return filled


def finished(day: date, by_hour: Mapping[int, float], usual: float = 60) -> DayFile:
    """The file of a day with one segment, A."""
    return day_file(local_day(day, BERLIN), {"A": bins(day, by_hour, usual)}, [])
