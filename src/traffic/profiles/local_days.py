"""Days and half hours of the city's clock.

A slot is one of the 48 half hours of a clock face. On the day that clocks go forward,
some slots have no time; on the day they go back, some have it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

SLOTS = 48
SLOT_MIN = 30
BIN_MS = 300_000
TEN_MS = 600_000
WORKING, SATURDAY, SUNDAY = 0, 1, 2
KINDS = ("working day", "Saturday", "Sunday or holiday")


@dataclass(frozen=True)
class LocalDay:
    """A date of the city, from its first instant to that of the next date, ms."""

    date: date
    begin_ms: int
    end_ms: int
    zone: tzinfo

    def bins(self) -> int:
        """Return the number of its five-minute bins: 288, or 276 or 300."""
        return (self.end_ms - self.begin_ms) // BIN_MS

    def slots(self) -> Sequence[int]:
        """Return the slot of each of its ten minutes, in order."""
        begins = range(self.begin_ms, self.end_ms, TEN_MS)
        return [minute_of(at_ms, self.zone) // SLOT_MIN for at_ms in begins]


def local_day(day: date, zone: tzinfo) -> LocalDay:
    """Return the day of *zone* with that date."""
    begin, end = (_midnight_ms(one, zone) for one in (day, day + timedelta(days=1)))
    return LocalDay(day, begin, end, zone)


def _midnight_ms(day: date, zone: tzinfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def date_of(at_ms: int, zone: tzinfo) -> date:
    """Return the date at that instant."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def minute_of(at_ms: int, zone: tzinfo) -> int:
    """Return the minute of the day that the clock shows."""
    local = datetime.fromtimestamp(at_ms / 1000, zone)
    return 60 * local.hour + local.minute


def kind_of(day: date, holidays: Collection[date]) -> int:
    """Return the kind of a day, an index of KINDS; a holiday counts as a Sunday."""
    return SUNDAY if day in holidays else max(WORKING, day.weekday() - 4)


def holidays_of(text: str) -> tuple[frozenset[date], tuple[str, ...]]:
    """Return the dates of a list such as `2026-12-25,2027-01-01`, and the rest."""
    dates, unreadable = set(), []
    for one in filter(None, (part.strip() for part in text.split(","))):
        try:
            dates.add(date.fromisoformat(one))
        except ValueError:
            unreadable.append(one)
    return frozenset(dates), tuple(unreadable)
