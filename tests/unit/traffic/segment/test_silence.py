"""A segment that falls silent is put to rest, and loses nothing by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bench.segments import item_bytes
from traffic.policy import Policy
from traffic.segment.rows import alert_rows
from traffic.segment.silence import close_silent_segment
from traffic.segment.state_codec import unpack
from traffic.segment.windows import Window, merge_windows

from .builders import (
    MINUTE,
    POLICY,
    Told,
    applied,
    message,
    ms,
    reading,
    records,
    say,
    tell,
)
from .streams import cuts, streams
from .test_item_size import SEQUENCE, WRITE_UNIT, day_with_a_jam, item_of, said
from .test_laws import POLICIES, by_law


def rest(told: Told, seconds: float = 600, policy: Policy = POLICY) -> Told:
    """What becomes of a segment that a sweep finds silent at that second."""
    decision = close_silent_segment(told.stored, ms(seconds), policy)
    if decision is None:
        return told
    return replace(applied(told, decision), stored=decision.segment)


def jam(seconds: float, speed: float = 10.0) -> bytes:
    return message(reading(seconds=seconds, count=12, speed=speed))


def test_an_open_alert_is_closed_at_the_time_of_the_sweep() -> None:
    told = rest(say(jam(0), jam(60)), 600)

    assert told.transitions == [("opened", "severe", 60), ("cleared", "none", 600)]
    event = told.stored.outbox[-1]
    assert (event["transition"], event["reason"]) == ("cleared", "silence")
    assert event["event_id"] == f"s@{ms(60)}/cleared@{ms(600)}"
    assert (event["level"], event["previous_level"]) == ("none", "severe")
    assert event["duration_s"] == 540
    assert event["traffic"] == "no sensor reports, last 10 of 100 km/h"
    assert (event["congestion_score"], event["level_of_service"]) == (90.0, "F")


def test_its_row_says_what_closed_it() -> None:
    told = rest(say(jam(0), jam(60)), 600)

    (row,) = alert_rows(told.last, 30).values()
    assert (row["alert_status"], row["cleared_by"]) == ("cleared", "silence")
    assert (row["cleared_at"], row["duration_s"]) == (ms(600), 540)
    assert row["open_flag"] is None


def test_an_alert_that_traffic_ended_says_so() -> None:
    told = say(jam(0), jam(60), *(jam(s, 100) for s in (120, 180, 240, 300)))

    (row,) = alert_rows(told.last, 30).values()
    assert row["cleared_by"] == "traffic"
    assert told.stored.outbox[-1]["reason"] == "traffic"


def test_nothing_speaks_for_a_silent_segment() -> None:
    told = rest(say(jam(0), message(reading("b", 60, count=9, speed=12))))

    assert told.last.live == {
        "flow": None,
        "flow_per_lane": None,
        "speed": None,
        "density": None,
        "occupancy": None,
        "speed_ratio": None,
        "travel_time_index": None,
        "level_of_service": None,
        "congestion_score": None,
        "speed_estimated": None,
        "sensors": 2,
        "sensors_reporting": 0,
        "alert_level": "none",
        "alert_id": None,
        "alert_since": None,
    }


def test_its_last_two_minutes_become_rows() -> None:
    told = rest(say(jam(0), jam(65), jam(70)))

    assert {m - MINUTE: w.readings for m, w in told.minutes.items()} == {0: 1, 1: 2}


def test_a_segment_at_rest_is_left_alone() -> None:
    told = rest(say(jam(0), jam(60)))

    assert close_silent_segment(told.stored, ms(900), POLICY) is None


def test_a_segment_never_heard_has_nothing_to_put_to_rest() -> None:
    assert close_silent_segment(Told().stored, ms(900), POLICY) is None


def test_a_reading_of_a_minute_put_to_rest_is_late_and_joins_its_row() -> None:
    told = rest(say(jam(0), jam(65)))

    told = tell(told, records(message(reading("b", 61), received=700), first=9))

    assert (told.stored.counts.accepted, told.stored.counts.late) == (3, 1)
    assert (told.minutes[MINUTE + 1].readings, told.minutes[MINUTE + 1].late) == (2, 1)


def test_a_minute_without_a_reading_never_becomes_a_row() -> None:
    told = rest(say(jam(0)))

    told = tell(told, records(jam(900), jam(1200), first=9))

    assert {m - MINUTE for m in told.minutes} == {0, 15}


def test_a_jam_that_is_still_there_when_a_sensor_returns_is_a_new_alert() -> None:
    told = rest(say(jam(0), jam(60)), 600)

    told = tell(told, records(jam(700), jam(760), first=9))

    assert told.transitions[2:] == [("opened", "severe", 760)]
    ids = [event["event_id"] for event in told.stored.outbox]
    assert len(set(ids)) == 3


def test_no_alert_opens_again_in_the_instant_it_had_opened() -> None:
    """With no hold time a neighbour's reading of that very instant would do it."""
    policy = replace(POLICY, hold_s=0)
    told = rest(tell(Told(), records(jam(60)), policy), 600, policy)

    neighbour = message(reading("b", 60, count=12, speed=10), received=601)
    told = tell(told, records(neighbour, first=9), policy)
    later = tell(told, records(jam(61), first=19), policy)

    assert [turn[0] for turn in told.transitions] == ["opened", "cleared"]
    assert [turn[0] for turn in later.transitions] == ["opened", "cleared", "opened"]
    assert {e["alert_id"] for e in later.stored.outbox} == {
        f"s@{ms(60)}",
        f"s@{ms(61)}",
    }


def test_a_hold_time_is_not_served_by_silence() -> None:
    told = rest(say(jam(0), jam(30)), 400)

    told = tell(told, records(jam(500), first=9))

    assert told.transitions == []


def test_a_silent_item_still_fits_in_one_write_unit() -> None:
    told = rest(day_with_a_jam(sensors=10), 90_000)
    back = tell(told, records(said(90_060, 10, 7.6), first=SEQUENCE + 10_000))

    assert item_bytes(item_of(told)) <= WRITE_UNIT
    assert item_bytes(item_of(back)) <= WRITE_UNIT


def history(told: Told) -> dict[int, Window]:
    """All that was ever counted, by minute, in rows or still open."""
    found = dict(told.minutes)
    for minute, window in unpack(told.stored.packed).windows.items():
        found[minute] = merge_windows(found.get(minute, Window()), window)
    return {m: Window(w.readings, 0, w.sums) for m, w in found.items() if w.readings}


@by_law
@given(st.data(), streams(), POLICIES)
def test_whenever_a_segment_is_put_to_rest_no_reading_is_lost_or_counted_twice(
    data: Any, stream: list[Any], policy: Policy
) -> None:
    undisturbed = tell(Told(), stream, policy)
    told, seconds = Told(), 0
    for batch in data.draw(cuts(stream)):
        told = tell(told, batch, policy)
        if data.draw(st.booleans()):
            seconds += 600
            told = rest(told, 200_000 + seconds, policy)
            assert all(window.readings for window in told.minutes.values())

    counts, expected = told.stored.counts, undisturbed.stored.counts
    assert (counts.accepted, counts.duplicate) == (
        expected.accepted,
        expected.duplicate,
    )
    assert sum(row.readings for row in history(told).values()) == counts.accepted
    assert history(told) == history(undisturbed)
    ids = [event["event_id"] for event in told.stored.outbox]
    assert len(ids) == len(set(ids)) == len(told.changes)
    opened = [
        c.transition.opened_at for c in told.changes if c.transition.kind == "opened"
    ]
    assert len(opened) == len(set(opened))
