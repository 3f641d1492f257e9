"""When a reading was made, and whose clock to believe."""

from __future__ import annotations

import pytest

from traffic.policy import MAX_AGE_MS, MAX_CLOCK_LEAD_MS
from traffic.timestamps import day_text, hour_text, minute_text, ms_of, second_text

from .builders import MINUTE, START, message, ms, reading, say

DAY_S = MAX_AGE_MS / 1000
LEAD_S = MAX_CLOCK_LEAD_MS / 1000


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-15T08:00:00Z",
        "2027-01-15T08:00:00.000Z",
        "2027-01-15T08:00:00+00:00",
        "2027-01-15t08:00:00z",
        "2027-01-15 08:00:00Z",
        "2027-01-15T00:00:00-08:00",
        "2027-01-15T13:30:00+05:30",
    ],
)
def test_rfc_3339_and_milliseconds_name_the_same_instant(text: str) -> None:
    told = say(message(reading(timestamp=text)))

    assert told.live["observed_at"] == START
    assert say(message(reading())).stored.packed == told.stored.packed


def test_an_instant_in_rfc_3339_keeps_its_milliseconds() -> None:
    assert ms_of("2027-01-15T08:00:00.0014Z") == START + 1
    assert ms_of("2027-01-15T08:00:00.999Z") == START + 999


def test_two_spellings_of_an_instant_are_one_reading() -> None:
    again = reading(timestamp="2027-01-15T08:00:00Z")

    told = say(message(reading(), again))

    assert told.stored.counts.accepted == 1
    assert told.stored.counts.duplicate == 1


@pytest.mark.parametrize("seconds", [-DAY_S, 0, LEAD_S])
def test_a_clock_may_be_a_day_late_or_a_minute_early(seconds: float) -> None:
    told = say(message(reading(seconds=seconds), received=0))

    assert told.stored.counts.accepted == 1
    assert told.live["observed_at"] == ms(seconds)


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-DAY_S - 0.001, "too_old"),
        (-START / 1000, "too_old"),
        (LEAD_S + 0.001, "in_future"),
        (10 * 365 * DAY_S, "in_future"),
    ],
)
def test_a_wrong_clock_costs_only_its_own_reading(seconds: float, reason: str) -> None:
    bad = reading("wrong", seconds=seconds)

    told = say(message(reading("before"), bad, reading("after"), received=0))

    assert told.reasons == [reason]
    assert told.stored.counts.accepted == 2
    assert told.live["observed_at"] == START


def test_a_wrong_clock_is_told_by_how_much() -> None:
    told = say(message(reading(seconds=90), received=0))

    ((_, _, fault),) = told.rejected.values()
    assert fault.path == "timestamp"
    assert fault.expected == "at most 60 s ahead"
    assert fault.actual == "2027-01-15T08:01:30Z, +90 s from receipt"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START // 1000, "at most 24 h before receipt, in ms: this looks like seconds"),
        (START - 30 * 3_600_000, "at most 24 h before receipt"),
    ],
)
def test_seconds_in_place_of_milliseconds_are_named(at: int, expected: str) -> None:
    told = say(message(reading(seconds=(at - START) / 1000), received=0))

    ((_, _, fault),) = told.rejected.values()
    assert (fault.reason, fault.expected) == ("too_old", expected)


def test_a_record_that_waited_in_the_stream_is_judged_by_its_receipt() -> None:
    """A day's outage behind the stream makes no reading too old."""
    received = -DAY_S + 3_600

    told = say(message(reading(seconds=received - 7_200), received=received))

    assert told.stored.counts.accepted == 1


def test_texts_of_instants_are_utc() -> None:
    assert second_text(START + 5_999) == "2027-01-15T08:00:05Z"
    assert minute_text(MINUTE) == "2027-01-15T08:00Z"
    assert hour_text(MINUTE + 59) == "2027-01-15T08Z"
    assert day_text(START) == "2027-01-15"
