"""What a reading may say at most, and in how many ways it may say it."""

from __future__ import annotations

import pytest

from ..segment.builders import START, message, reading, say
from .test_bad_input import among_neighbours, field


def test_a_rejection_shows_the_value_that_it_met() -> None:
    told = among_neighbours(field("vehicle_count", '"five"'))

    ((_, _, fault),) = told.rejected.values()
    assert (fault.expected, fault.actual) == ("a whole number or null", "'five'")


@pytest.mark.parametrize(
    ("count", "interval", "is_taken"),
    [
        (1850, 3600, True),  # a lane's hour
        (1243, 900, True),  # a carriageway's quarter of an hour
        (250, 60, True),
        (251, 60, False),
        (255, 60, False),  # what some devices send for "no data"
        (12, 1, True),  # a platoon side by side
        (13, 1, False),
        (15_000, 3600, True),
    ],
)
def test_flow_is_limited_and_not_the_count(
    count: int, interval: float, is_taken: bool
) -> None:
    told = say(message(reading(count=count, interval=interval)))

    assert told.reasons == ([] if is_taken else ["impossible_flow"])
    assert told.stored.counts.accepted == is_taken


def test_more_vehicles_than_fit_on_the_road_at_their_speed_are_impossible() -> None:
    """255 in 5 min are 3,060 an hour: at walking pace, 3,060 to the km."""
    told = say(message(reading(count=255, speed=0, interval=300)))

    ((_, _, fault),) = told.rejected.values()
    assert fault.expected == "at most 1,200 vehicles an hour at 0 km/h"
    assert fault.actual == "255 in 300 s, 3,060 an hour"


def test_a_reading_that_measures_nothing_is_set_aside() -> None:
    told = say(message(reading(count=None, speed=None)))

    ((_, _, fault),) = told.rejected.values()
    assert (fault.reason, fault.path) == ("missing_field", "vehicle_count")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("vehicle_count", "5.0"),
        ("vehicle_count", "null"),
        ("timestamp", f"{START}.0"),
        ("timestamp", '"2027-01-15T08:00Z"'),
        ("timestamp", '"2027-01-15T09:00+01:00"'),
        ("sensor_id", "7"),
        ("average_speed", "null"),
        ("occupancy", "40"),
    ],
)
def test_what_can_only_mean_one_thing_is_taken(name: str, text: str) -> None:
    told = among_neighbours(field(name, text))

    assert told.rejected == {}
    assert told.stored.counts.accepted == 3
