"""State that an earlier version stored is read on, and forgets nothing it can keep."""

from __future__ import annotations

from typing import Any

import msgspec

from traffic.segment.alerts import HIGH, AlertState
from traffic.segment.state_codec import pack, unpack

from .builders import MINUTE, START

CLOCK = START + 30_000
ALERT = AlertState(level=HIGH, opened_at=START, level_since=START, peak_level=HIGH)
# name, age in ms, interval in ms, vehicles, tenths of km/h, thousandths, score
FRESH = ["a", 0, 60_000, 10, 905, 120, 105]
STALE = ["b", 120_000, 60_000, 0, None, None, None]
# readings, vehicles, exposure in ms, pace, occupied and observed ms, score, -, late
WINDOW = [1, 10, 60_000, 0.5, 7_200, 60_000, 105, 0, 0]


def layout_1(*slots: list[Any]) -> bytes:
    """The state of a segment as the first layout had it."""
    sequence = (7).to_bytes(1, "big")
    windows = [[MINUTE, WINDOW]]
    stored = [1, CLOCK, sequence, slots, windows, msgspec.to_builtins(ALERT), 3]
    return msgspec.msgpack.encode(stored)


def test_clock_place_minutes_and_alert_are_kept() -> None:
    state = unpack(layout_1(FRESH, STALE))

    assert (state.clock, state.minute) == (CLOCK, MINUTE)
    assert (state.last_sequence, state.last_position) == (7, 3)
    assert state.windows[MINUTE].readings == 1
    assert state.windows[MINUTE].sums.vehicles == 10
    assert state.alert == ALERT


def test_a_sensor_that_spoke_for_the_present_still_does() -> None:
    state = unpack(layout_1(FRESH, STALE))
    fresh, stale = state.sensors["a"], state.sensors["b"]

    assert (fresh.timestamp, fresh.speed, fresh.occupancy) == (CLOCK, 90.5, 0.12)
    assert (fresh.is_fresh, fresh.has_counted) == (True, True)
    assert (stale.timestamp, stale.speed) == (CLOCK - 120_000, None)
    assert (stale.is_fresh, stale.has_counted) == (False, False)
    assert state.fresh == 1
    assert state.moved_at == CLOCK


def test_a_segment_where_nobody_spoke_has_no_movement() -> None:
    state = unpack(layout_1(STALE))

    assert (state.fresh, state.moved_at) == (0, 0)


def test_nothing_before_the_newest_reading_is_missing() -> None:
    state = unpack(layout_1(FRESH))

    assert not state.sensors["a"].is_missing(CLOCK - 60_000)


def test_it_is_stored_in_the_present_layout_from_then_on() -> None:
    state = unpack(layout_1(FRESH, STALE))

    assert pack(unpack(pack(state))) == pack(state)
