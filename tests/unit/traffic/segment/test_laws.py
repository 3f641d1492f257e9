"""Laws that hold for every stream of readings, however it is delivered."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from traffic.policy import Policy
from traffic.processor.aws import lines
from traffic.processor.records import decode_batch
from traffic.segment.alerts import HIGH, NONE, SEVERE, AlertState, Thresholds, advance
from traffic.segment.fold import fold
from traffic.segment.live import live_measures
from traffic.segment.state import WorkingState
from traffic.segment.state_codec import pack, unpack
from traffic.segment.windows import Sums, Window, merge_windows

from .builders import (
    POLICY,
    ROAD,
    START,
    Told,
    message,
    reading,
    record,
    records,
    tell,
    tell_all,
)
from .streams import anything, cuts, deliveries, published, streams

by_law = settings(
    max_examples=60,
    derandomize=True,  # the same examples on every machine
)
POLICIES = st.builds(
    lambda hold, clear: replace(POLICY, hold_s=hold, clear_hold_s=clear),
    st.sampled_from([0, 20, 60]),
    st.sampled_from([20, 120]),
)


def remembered(told: Told) -> tuple[Any, ...]:
    """What is stored of a segment, but for how often and by which record."""
    state = unpack(told.stored.packed)
    state.last_sequence = state.last_position = 0  # rejections alone are not written
    return state, told.stored.counts, told.stored.outbox


def assert_same(one: Told, other: Told) -> None:
    """The same state, counts, minutes, events and rejections."""
    assert remembered(one) == remembered(other)
    assert one.changes == other.changes
    assert one.rejected.keys() == other.rejected.keys()
    assert one.minutes == other.minutes


@by_law
@given(st.data(), streams(), POLICIES)
def test_how_a_stream_is_cut_into_batches_changes_nothing(
    data: Any, stream: list[Any], policy: Policy
) -> None:
    at_once = tell(Told(), stream, policy)
    in_parts = tell_all(data.draw(cuts(stream)), policy=policy)

    assert_same(in_parts, at_once)
    assert in_parts.live == at_once.live
    assert in_parts.redelivered == 0


@by_law
@given(st.data(), streams(), POLICIES)
def test_what_comes_again_changes_nothing_but_the_count_of_what_came_again(
    data: Any, stream: list[Any], policy: Policy
) -> None:
    undisturbed = tell(Told(), stream, policy)
    batches = data.draw(deliveries(stream))

    told = tell_all(batches, policy=policy)

    assert_same(told, undisturbed)
    counts = told.stored.counts
    settled = counts.accepted + counts.duplicate + counts.stale + told.redelivered
    refused = sum(
        sum(int(key[0]) in _numbers(batch) for key in told.rejected)
        for batch in batches
    )
    assert settled + refused == sum(published(batch) for batch in batches)


def _numbers(batch: Any) -> set[int]:
    return {int(one["kinesis"]["sequenceNumber"]) for one in batch}


@by_law
@given(streams())
def test_every_reading_is_accepted_known_or_rejected(
    stream: list[Any],
) -> None:
    told = tell(Told(), stream)

    counts = told.stored.counts
    rejected = sum(fault.readings for _, _, fault in told.rejected.values())
    known = counts.duplicate + counts.stale
    assert counts.accepted + known + rejected == published(stream)
    assert counts.late <= counts.accepted


@by_law
@given(streams())
def test_every_accepted_reading_is_in_exactly_one_minute(stream: list[Any]) -> None:
    told = tell(Told(), stream)

    still_open = unpack(told.stored.packed).windows.values()
    counted = sum(w.readings for w in (*told.minutes.values(), *still_open))
    assert counted == told.stored.counts.accepted
    late = sum(window.late for window in told.minutes.values())
    assert late == told.stored.counts.late


@by_law
@given(streams())
def test_being_stored_in_between_changes_nothing(stream: list[Any]) -> None:
    state = WorkingState()
    fold(state, decode_batch(stream, START)["s"].messages, ROAD, POLICY)

    again = unpack(pack(state))
    assert pack(again) == pack(state)
    assert live_measures(again, ROAD) == live_measures(state, ROAD)


numbers = st.integers(0, 10**9)
windows = st.builds(
    Window,
    readings=numbers,
    late=numbers,
    sums=st.builds(Sums, *[numbers] * len(Sums.__struct_fields__)),
)


@by_law
@given(windows, windows, windows)
def test_minutes_may_be_merged_in_any_order(a: Window, b: Window, c: Window) -> None:
    assert merge_windows(a, b) == merge_windows(b, a)
    assert merge_windows(merge_windows(a, b), c) == merge_windows(
        a, merge_windows(b, c)
    )


@by_law
@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 1000)), max_size=60),
    POLICIES,
)
def test_at_most_one_alert_is_open_and_its_levels_follow_each_other(
    scores: list[tuple[int, int]], policy: Policy
) -> None:
    alert, at, level, opened_at = AlertState(), START, NONE, None
    steps = {
        (NONE, HIGH): "opened",
        (NONE, SEVERE): "opened",
        (HIGH, SEVERE): "escalated",
        (SEVERE, HIGH): "eased",
        (HIGH, NONE): "cleared",
        (SEVERE, NONE): "cleared",
    }
    for wait_s, score in scores:
        at += wait_s * 1000
        turn = advance(alert, score, at, Thresholds.of(policy))
        if turn is None:
            assert alert.level == level
            continue
        assert turn.kind == steps[level, turn.level]
        assert turn.previous == level
        assert (turn.at, turn.opened_at) == (at, at if level == NONE else opened_at)
        assert turn.peak >= score
        assert turn.peak_level >= max(turn.level, turn.previous)
        level, opened_at = turn.level, turn.opened_at


@by_law
@given(streams(), POLICIES)
def test_events_have_ids_of_their_own_and_are_told_once(
    stream: list[Any], policy: Policy
) -> None:
    told = tell(Told(), stream, policy)

    ids = [event["event_id"] for event in told.stored.outbox]
    assert len(set(ids)) == len(ids) == len(told.changes)


@settings(by_law, max_examples=300)
@given(st.one_of(st.binary(), anything.map(lambda one: json.dumps(one).encode())))
def test_no_message_whatever_stops_the_batch(data: bytes) -> None:
    taken = decode_batch([record(1, data)], START)["s"]
    told = tell(Told(), [record(1, data)])

    counts = told.stored.counts
    assert len(lines(told.rejected.values())) == len(told.rejected)
    rejected = sum(fault.readings for _, _, fault in told.rejected.values())
    known = counts.duplicate + counts.stale
    assert counts.accepted + known + rejected == taken.readings


TWO_JAMS = records(
    *(
        message(reading(seconds=60 * minute, congestion_score=score))
        for minute, score in enumerate([90] * 4 + [0] * 5 + [90] * 4)
    )
)


@by_law
@given(streams(), POLICIES)
@example(TWO_JAMS, POLICY)
def test_event_time_orders_the_transitions_of_an_alert(
    stream: list[Any], policy: Policy
) -> None:
    """A reader of events that come in any order compares `observed_at`, then levels."""
    events = tell(Told(), stream, policy).stored.outbox

    for earlier, later in itertools.pairwise(events):
        assert earlier["observed_at"] <= later["observed_at"]
        if earlier["alert_id"] == later["alert_id"]:
            assert later["previous_level"] == earlier["level"] != "none"
        else:
            assert (earlier["transition"], later["transition"]) == ("cleared", "opened")
            assert earlier["opened_at"] < later["opened_at"]
