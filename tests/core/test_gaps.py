"""A segment of which nothing came for a while misses what was sent meanwhile."""

from __future__ import annotations

import msgspec

from traffic.model import Tallies
from traffic.state import pack, unpack

from .builders import MINUTE, reading, record, records
from .outages import Segment
from .test_put_back import after_an_outage, counts, lost, put_back, readings_of, said


def test_the_minutes_at_both_edges_of_an_outage_take_back_what_fell_into_it() -> None:
    """Nothing of the segment was accepted between 0 and 240 s: so neither was this."""
    segment = after_an_outage()

    put_back(segment, lost(0.5, 30), lost(239), lost(30, sensor="b"))
    put_back(segment, lost(30), lost(239.5), first=200)

    assert readings_of(segment) == {0: 5, 3: 2}
    assert counts(segment) == (11, 5, 1)


def test_an_edge_of_an_outage_is_no_part_of_it() -> None:
    segment = after_an_outage()

    put_back(segment, lost(0, 240), lost(0, 240, sensor="b"))

    assert readings_of(segment) == {0: 2}
    assert counts(segment) == (6, 0, 4)


def test_an_ordinary_late_reading_narrows_the_gap_that_it_falls_into() -> None:
    """Up to it, more may have come the same way."""
    segment = after_an_outage()
    put_back(segment, lost(60))
    late = said(reading("c", 65), received=302)
    segment.take([record(150, late, arrived=302)])

    put_back(segment, lost(62), lost(70), lost(60), first=200)

    assert readings_of(segment)[1] == 3
    assert segment.rows[MINUTE + 1].given == {"a": {0, 10_000}}
    assert counts(segment) == (9, 3, 2)


def test_a_message_that_ends_an_outage_and_fills_a_part_of_it_is_not_taken_twice() -> (
    None
):
    """Its readings turn from minute to minute, and back."""
    segment = Segment()
    mixed = (reading("b", 150), reading("a", 42), reading("a", 150))
    segment.take(records(said(reading("a", 2)), said(*mixed)))

    put_back(segment, said(*mixed, redriven=True), lost(41), lost(43))

    assert counts(segment) == (5, 2, 4)
    assert readings_of(segment) == {0: 3}


def test_the_last_two_outages_are_remembered() -> None:
    segment = Segment()
    segment.take(records(*(said(reading("a", s)) for s in (0, 100, 200, 300))))

    decision = put_back(segment, lost(10), lost(110), lost(210))

    assert decision.counted == Tallies(accepted=2, late=2, duplicate=1)


def test_an_outage_is_longer_than_the_sensors_are_silent_anyway() -> None:
    """Than one and a half intervals of the one that ends it, and than 15 s."""
    found = []
    for interval, seconds in ((60, 89), (60, 91), (1, 14), (1, 16)):
        segment = Segment()
        times = (50, 50 + seconds)
        live = [said(reading("a", s, interval=interval)) for s in times]
        segment.take(records(*live))
        put_back(segment, lost(55))
        found.append(counts(segment)[0] == 3)

    assert found == [False, True, False, True]


def test_a_state_that_was_stored_before_gaps_were_kept_is_read_all_the_same() -> None:
    segment = Segment()
    segment.take(records(said(reading("a", 0)), said(reading("a", 30))))
    state = unpack(segment.stored.packed)
    former = msgspec.msgpack.encode(msgspec.msgpack.decode(pack(state))[:-1])

    assert unpack(former) == state
