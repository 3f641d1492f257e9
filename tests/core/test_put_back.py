"""What redrive puts back counts once, and fills what is known to be missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.intake import intake
from traffic.model import Tallies
from traffic.policy import FORGET_AFTER_MS, MAX_PUT_BACK_PER_MINUTE
from traffic.restore import pack, unpack

from .builders import MINUTE, POLICY, START, message, ms, reading, record, records
from .outages import HOUR_S, Segment, Story, deliveries, published, stories
from .test_laws import by_law

NEAR = [0, 1, 20, 60, 61, 200]
FAR = [1, 60, HOUR_S, 20 * HOUR_S, 49 * HOUR_S]


def told(data: Any, story: Story) -> Segment:
    segment = Segment()
    for batch in data.draw(deliveries(story.records)):
        segment.take(batch)
    return segment


@settings(by_law, max_examples=600)
@given(st.data(), stories(NEAR) | stories(FAR))
def test_each_reading_is_in_its_minute_at_most_once(data: Any, story: Story) -> None:
    found = told(data, story).found()

    assert set(found.values()) <= {1}
    assert all(story.minute_of(number) == minute for minute, number in found)


@settings(by_law, max_examples=600)
@given(st.data(), stories(NEAR) | stories(FAR))
def test_each_reading_of_a_minute_that_only_redrive_wrote_is_in_it_once(
    data: Any, story: Story
) -> None:
    found = told(data, story).found()

    assert story.untouched() <= {number for _, number in found}


@settings(by_law, max_examples=600)
@given(st.data(), stories(NEAR) | stories(FAR))
def test_every_copy_that_was_put_is_counted_once(data: Any, story: Story) -> None:
    segment = told(data, story)

    counts = segment.stored.tallies
    rejected = sum(segment.rejected.values())
    assert counts.accepted + counts.duplicate + rejected == published(story.records)
    assert counts.accepted == sum(segment.found().values())
    assert counts.late == sum(row.window.late for row in segment.rows.values())


# Rules by example. The outage: minutes 1 to 3 were lost, then the sensors went on.


def said(*readings: Any, redriven: bool = False, **more: Any) -> bytes:
    mark = {"redriven": True} if redriven else {}
    return message(*readings, **mark, **more)


def after_an_outage() -> Segment:
    segment = Segment()
    live = [said(reading("a", s), reading("b", s)) for s in (0, 240, 300)]
    segment.take(records(*live))
    return segment


def put_back(segment: Segment, *messages: bytes, first: int = 100) -> Any:
    """Put messages back while the present is at minute 5."""
    batch = [record(first + n, data, arrived=301) for n, data in enumerate(messages)]
    return segment.take(batch)


def lost(*instants: float, sensor: str = "a") -> bytes:
    readings = [reading(sensor, second) for second in instants]
    return said(*readings, redriven=True)


def readings_of(segment: Segment) -> dict[int, int]:
    return {m - MINUTE: row.window.readings for m, row in segment.rows.items()}


def counts(segment: Segment) -> tuple[int, int, int]:
    found = segment.stored.tallies
    return found.accepted, found.late, found.duplicate


def test_a_hole_is_filled_though_the_sensors_went_on() -> None:
    segment = after_an_outage()

    put_back(segment, lost(60, 120, 180))

    assert readings_of(segment) == {0: 2, 1: 1, 2: 1, 3: 1}
    assert counts(segment) == (9, 3, 0)


def test_what_is_put_back_twice_is_a_duplicate() -> None:
    segment = after_an_outage()

    put_back(segment, lost(60, 61), lost(61, 60))
    put_back(segment, lost(61), lost(62), lost(60), first=200)
    put_back(segment, lost(60), first=300)

    assert readings_of(segment) == {0: 2, 1: 3}
    assert counts(segment) == (9, 3, 5)


def test_a_minute_with_readings_of_the_ordinary_way_takes_nothing_else_back() -> None:
    segment = after_an_outage()

    put_back(segment, lost(270))  # a minute without readings is no outage for these

    assert readings_of(segment) == {0: 2}
    assert counts(segment) == (6, 0, 1)


def test_what_is_newer_than_its_sensors_last_is_taken_in_any_minute() -> None:
    segment = after_an_outage()

    put_back(segment, lost(30, sensor="c"), lost(301, sensor="c"))

    assert readings_of(segment) == {0: 3, 5: 1}
    assert counts(segment) == (8, 2, 0)


def test_a_minute_still_open_is_written_at_once_and_joined_when_it_closes() -> None:
    segment = after_an_outage()
    put_back(segment, lost(301))
    assert readings_of(segment) == {0: 2, 5: 1}

    later = said(reading("b", 301), reading("b", 420), received=420)
    segment.take([record(150, later, arrived=420)])

    assert readings_of(segment) == {0: 2, 4: 2, 5: 4}
    assert [row.window.late for _, row in sorted(segment.rows.items())] == [0, 0, 1]


def test_the_present_does_not_follow_what_is_put_back() -> None:
    segment = after_an_outage()
    jam = [reading("a", s, congestion_score=95) for s in (60, 120, 180)]

    decision = put_back(segment, said(*jam, redriven=True))

    assert decision.changes == []
    assert decision.live["congestion_score"] == 0.0
    assert decision.live["observed_at"] == ms(300)
    assert "received_at" not in decision.live  # what is stored stays


def test_a_segment_known_by_redrive_alone_says_when_it_was_received() -> None:
    decision = put_back(Segment(), said(reading(), redriven=True))

    assert decision.live["received_at"] == START


def test_minutes_whose_rows_may_have_expired_are_not_filled() -> None:
    """Whether their readings were ever applied, nobody can tell any more."""
    policy = replace(POLICY, retention_days=1)
    segment = Segment(policy)
    segment.take(records(*(said(reading("a", s)) for s in (0, 240, 300))))
    (letter,) = [record(100, lost(60, 180), arrived=301)]

    decision = segment.take([letter], now_ms=ms(23 * 3_600 + 120))

    assert decision.counted == Tallies(accepted=1, late=1, duplicate=1)
    assert readings_of(segment) == {0: 1, 3: 1}


def test_a_sensor_that_was_forgotten_is_not_taken_for_a_new_one() -> None:
    segment = after_an_outage()
    days = FORGET_AFTER_MS / 1000 + 400
    other = said(reading("c", days), reading("c", days + 120), received=days + 120)
    segment.take([record(50, other)])
    again = said(reading("a", 300), reading("a", 60), redriven=True, received=300)

    decision = segment.take([record(100, again, arrived=days + 130)])

    assert decision.counted == Tallies(accepted=1, late=1, duplicate=1)
    assert decision.live["sensors"] == 1


def test_a_full_minute_takes_no_more() -> None:
    segment = after_an_outage()
    many = range(MAX_PUT_BACK_PER_MINUTE + 2)
    at = [reading("a", 60 + n / 1000) for n in many]
    parts = [said(*at[n : n + 500], redriven=True) for n in range(0, len(at), 500)]

    put_back(segment, *parts)

    row = segment.rows[MINUTE + 1]
    assert row.window.readings == row.put_back() == MAX_PUT_BACK_PER_MINUTE
    assert counts(segment)[2] == 2
    assert len(pack(row.given) or b"") < 40_000


def test_a_full_minute_still_takes_news_and_is_closed_by_it() -> None:
    segment = after_an_outage()
    at = [reading("a", 60 + n / 1000) for n in range(MAX_PUT_BACK_PER_MINUTE)]
    parts = [said(*at[n : n + 500], redriven=True) for n in range(0, len(at), 500)]

    put_back(segment, *parts, lost(65, sensor="new"), lost(66))

    assert segment.rows[MINUTE + 1].holds_others()
    assert counts(segment)[2] == 1


def test_a_device_that_marks_its_messages_itself_can_fill_its_own_empty_minutes() -> (
    None
):
    segment = Segment()
    batch = [said(reading("a", s), redriven=True) for s in (0, 60, 60, 0, 120)]

    segment.take(records(*batch))

    assert readings_of(segment) == {0: 1, 1: 1, 2: 1}
    assert counts(segment) == (3, 3, 2)


@pytest.mark.parametrize("mark", [False, None, 1, "true", [True]])
def test_any_other_mark_says_nothing(mark: Any) -> None:
    told = intake(records(message(reading(), redriven=mark)), START)["s"]

    (parcel,) = told.parcels
    assert (parcel.redriven, told.redriven, told.rejected) == (False, False, [])


def test_the_receipt_of_what_was_put_back_is_believed_for_a_year() -> None:
    """As long as dead letters are kept; of others for a week, as the stream does."""
    days = [6, 8, 365, 367]
    found = []
    for n, redriven in enumerate((False, True)):
        for day in days:
            data = said(reading(), redriven=redriven)
            (parcel,) = intake([record(n, data, arrived=day * 24 * HOUR_S)], START)[
                "s"
            ].parcels
            found.append(parcel.reference_ms == START)

    assert found == [True, False, False, False, True, True, True, False]


def test_a_message_cut_in_parts_stays_marked() -> None:
    """One that fits in no transaction is taken in parts."""
    data = said(reading("a", 60), reading("a", count=-1), redriven=True)
    (parcel,) = intake(records(data), START)["s"].parcels

    assert parcel.redriven
    assert list(parcel.positions or ()) == [0]


def test_rows_can_be_read_back_as_they_were_written() -> None:
    said_of = {"b": {59_999, 0}, "a": {5}}

    assert unpack(pack(said_of)) == said_of
    assert (pack({}), unpack(None)) == (None, {})
