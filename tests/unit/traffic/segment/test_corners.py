"""Suspect sensors, forgotten spans, small platoons: what other tests rarely meet."""

from __future__ import annotations

from typing import Any

from traffic.model import Reading
from traffic.policy import FORGET_AFTER_MS, PLATOON_VEHICLES
from traffic.segment.left_out import reasons_of
from traffic.segment.spans import HOUR_MS, MissingSpans, pruned
from traffic.segment.state import (
    UNKNOWN,
    SensorState,
    WorkingState,
    exclude_suspects,
    flush,
    mark_fresh,
    mark_stale,
)
from traffic.segment.validation import is_impossible

from .builders import START


def state_of(**more: Any) -> WorkingState:
    """A segment with one sensor that speaks for the present."""
    slot = SensorState(
        START, 60_000, MissingSpans(), (10, 90.0, 0.1, 60_000, 250, 0.0), **more
    )
    state = WorkingState(sensors={"a": slot})
    mark_fresh(state, slot)
    return state


def test_a_suspect_no_longer_counts_as_speaking() -> None:
    state = state_of()
    assert state.fresh == 1

    exclude_suspects(state, frozenset({"a", "unknown"}))

    slot = state.sensors["a"]
    assert (state.fresh, slot.is_suspect, slot.is_fresh) == (0, True, True)
    assert slot.fast_key == UNKNOWN
    assert slot.score == 250


def test_a_suspect_is_not_taken_off_the_count_twice() -> None:
    state = state_of()
    exclude_suspects(state, frozenset({"a"}))
    exclude_suspects(state, frozenset({"a"}))
    assert state.fresh == 0

    mark_stale(state, state.sensors["a"])

    assert (state.fresh, state.sensors["a"].is_fresh) == (0, False)
    exclude_suspects(state, frozenset({"a"}))
    assert (state.fresh, state.sensors["a"].is_fresh) == (0, False)


def test_a_sensor_that_reported_percent_still_does() -> None:
    assert state_of(percent_at=START).sensors["a"].reports_percent
    assert not state_of().sensors["a"].reports_percent


def test_a_segment_without_minutes_has_none_to_close() -> None:
    state = state_of()

    assert flush(state) == []
    assert (state.fresh, state.moved_at) == (0, 0)


def test_what_is_left_out_is_told_by_sensor() -> None:
    assert reasons_of(None) == {}
    assert reasons_of('{"a": ["stuck", 7]}') == {"a": {"kind": "stuck", "since": 7}}


def test_the_span_before_the_first_reading_is_forgotten_once_it_is_old() -> None:
    begin, end = 5 * HOUR_MS, 7 * HOUR_MS + 1
    later = (8 * HOUR_MS, 9 * HOUR_MS)
    past = MissingSpans(((begin, end), later), begin)

    assert pruned(past, end + FORGET_AFTER_MS) == past
    assert pruned(past, end + FORGET_AFTER_MS + 1) == MissingSpans(
        (later,), 8 * HOUR_MS
    )


def test_a_platoon_may_pass_at_any_speed_in_a_short_interval() -> None:
    slow = Reading("a", START, vehicle_count=PLATOON_VEHICLES, average_speed=1.0)
    more = Reading("a", START, vehicle_count=PLATOON_VEHICLES + 1, average_speed=1.0)

    assert not is_impossible(slow, 1)
    assert is_impossible(more, 1)
