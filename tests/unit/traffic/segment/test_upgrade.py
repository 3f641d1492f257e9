"""State that an earlier version stored is read on, and forgets nothing it can keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace as with_fields

from traffic.segment.alerts import HIGH, AlertState
from traffic.segment.packed_state import is_present
from traffic.segment.state_codec import pack, unpack

from .builders import MINUTE, START, Told, message, reading, records, tell

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


def layout_2() -> bytes:
    """The state of a segment as the second layout had it: a list for each sensor."""
    history, spans = [-1, 30_000], [3_600_000, 90_000, 80_000, 40_000]
    sensors = [
        ["a", 0, 60_000, 10, 905, 120, 105, 0b0_011, 0, 0],
        ["b", 20_000, 60_000, None, None, None, None, 0b1_100, 90_000, 1],
    ]
    window = [-2, 1, 0, 60_000, 10]
    alert = [HIGH, HIGH, 700, 30_000, -1, 20_000, None, None, 10_000, 5_000]
    stored = (2, CLOCK, b"\7", 3, sensors, [history, spans], [17, 18])
    rest = ([[MINUTE, window]], [5, 4], 30, 2_000, alert)
    return msgspec.msgpack.encode((*stored, *rest))


def test_layout_2_is_kept_whole() -> None:
    state = unpack(layout_2())

    assert (state.clock, state.minute, state.fresh) == (CLOCK, MINUTE, 1)
    assert (state.last_sequence, state.last_position) == (7, 3)
    assert (state.live.total_ms, state.live.vehicles) == (5, 4)
    assert (state.decay_s, state.moved_at) == (30, CLOCK - 2_000)
    assert state.windows[MINUTE].sums.vehicles == 10
    alert = state.alert
    assert (alert.level, alert.peak_level, alert.peak) == (HIGH, HIGH, 700)
    assert (alert.opened_at, alert.level_since) == (CLOCK - 30_000, 0)
    assert (alert.high_since, alert.clear_since) == (CLOCK - 20_000, CLOCK - 10_000)
    assert alert.vehicle_times == [CLOCK - 5_000]


def test_the_sensors_of_layout_2_are_kept_with_what_they_missed() -> None:
    a, b = unpack(layout_2()).sensors.values()

    assert (a.timestamp, a.interval_ms, a.step_ms) == (CLOCK, 60_000, 60_000)
    assert a.last_reading == (10, 90.5, 0.12, 60_000, 105, 0.0)
    assert (a.is_fresh, a.is_plain, a.device, a.percent_at) == (True, True, 17, 0)
    assert a.missing.known_since == CLOCK - 30_000
    assert (b.is_fresh, b.has_counted, b.estimates_speed) == (False, False, True)
    assert (b.device, b.step_ms, b.percent_at) == (18, 90_000, CLOCK - 3_600_000)
    assert b.missing.spans == ((CLOCK - 80_000, CLOCK - 40_000),)


@pytest.mark.parametrize("stored", [layout_1(FRESH, STALE), layout_2()])
def test_a_former_layout_is_stored_in_the_present_one_from_then_on(
    stored: bytes,
) -> None:
    assert unpack(pack(unpack(stored))) == unpack(stored)
    assert not is_present(stored)


# What the processor of layout 2 stored of `jam`: before the alert opened, and after.
PENDING = (
    "9c02cf000001a3185cc530c4010401929aa16100cd2710045acd0190c00300009aa16200cd2710045a"
    "cd0190c00300019294ffffffcd753094ffce0a4d2d30ce0a4d2d30cd753091cd6a3e9192ce01c9c380"
    "97fe0800ce0001388020ce00056ce0cd7d0094ce0122d520cd1dc8ce050c9378ce007455401e009c00"
    "0000ffffcd7530cd7530c0c0000000"
)
OPEN = (
    "9c02cf000001a3185daf90c4010a01929aa16100cd2710045acd0190c00300009aa16200cd2710045a"
    "cd0190c00300019294ffffffce00015f9094ffce0a4e1790ce0a4e1790ce00015f9091cd6a3e9292ce"
    "01c9c38097fe0c00ce0001d4c030ce00082350cdbb8092ce01c9c38197fe0800ce0001388020ce0005"
    "6ce0cd7d0094ce017cf38fcd2702ce069d19b7ce0098616c1e00990202cd038ecd7530cd7530ce0001"
    "5f90ce00015f90c0c0"
)


def jam() -> list[Any]:
    """Two sensors in a jam of two minutes; then traffic is free again."""

    def both(seconds: int) -> bytes:
        speed, occupancy = (9.0, 0.4) if seconds < 120 else (95.0, 0.05)
        said = {"count": 4, "speed": speed, "occupancy": occupancy, "interval": 10}
        return message(*[reading(name, seconds, **said) for name in ("a", "b")])

    return records(*map(both, range(0, 480, 10)))


@pytest.mark.parametrize(("stored", "number"), [(PENDING, 4), (OPEN, 10)])
def test_a_jam_goes_on_as_if_the_layout_had_not_changed(
    stored: str, number: int
) -> None:
    before, after = jam()[:number], jam()[number:]
    present = tell(Told(), before)
    former = with_fields(present.stored, packed=bytes.fromhex(stored))

    undisturbed = tell(present, after)
    upgraded = tell(replace(present, stored=former), after)

    kinds = [kind for kind, _, _ in undisturbed.transitions]
    assert (kinds[0], kinds[-1]) == ("opened", "cleared")
    assert upgraded == undisturbed


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


def test_a_state_with_fewer_columns_is_read() -> None:
    """As it was stored before the last column was added."""
    packed = unpack(layout_2())
    columns = msgspec.msgpack.decode(pack(packed))

    assert unpack(msgspec.msgpack.encode(columns[:-1])) == packed
