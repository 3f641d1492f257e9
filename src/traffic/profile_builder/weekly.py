"""The report of a week, mailed when all its days have been learned: pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Optional

from ..bottlenecks.rank import worst
from ..network.roads import RoadGraph
from ..profiles.day_file import DayFile

WEEK_DAYS = 7
LATEST_DAYS = 9  # after its Sunday: a report of an older week is not sent any more
_SUNDAY = 6


def due_week(
    days: Collection[date], reported: Collection[date], on: date
) -> Optional[date]:
    """Return the Sunday of the week to report on a date, None if there is none."""
    ago = [on - timedelta(days=n) for n in range(1, LATEST_DAYS + 1)]
    sundays = [one for one in ago if one.weekday() == _SUNDAY]
    whole = [one for one in sundays if set(week_of(one)) <= set(days)]
    return whole[0] if whole and whole[0] not in reported else None


def week_of(sunday: date) -> Sequence[date]:
    """Return the dates from Monday to that Sunday."""
    return [sunday - timedelta(days=ago) for ago in range(WEEK_DAYS - 1, -1, -1)]


def report_of(
    sunday: date, days: Sequence[DayFile], graph: RoadGraph
) -> Optional[dict[str, Any]]:
    """Return the detail of the event, None for a week without a bottleneck."""
    measured = [day for day in days if day.records]
    places = worst([day.jams for day in measured])
    if not places:
        return None
    return {
        "week": f"{week_of(sunday)[0].isoformat()} to {sunday.isoformat()}",
        "days": len(measured),
        "places": [
            {**place._asdict(), "place": graph.road(place.head).name or place.head}
            for place in places
        ],
    }
