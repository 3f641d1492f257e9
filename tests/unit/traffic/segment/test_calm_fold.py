"""Calm traffic is folded into the packed state, with the result of the other fold."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace as with_fields

from traffic.model import Road
from traffic.policy import STALE_AFTER_INTERVALS, STALE_AFTER_MS
from traffic.processor.records import decode_batch
from traffic.segment.calm_pack import fold_if_calm
from traffic.segment.fold import fold
from traffic.segment.fold_result import FoldResult
from traffic.segment.packed_state import PackedState, encode
from traffic.segment.state_codec import load, pack, unpack

from .builders import POLICY, ROAD, START, message, reading, records

HOUR = 3_600
STEP = 10
SENSORS = ("a", "b", "c")
NO_FREE_FLOW = with_fields(ROAD, free_flow_speed=None)


def said(seconds: float, *sensors: str, device: str = "u", **more: Any) -> bytes:
    """A message in which each sensor reports free traffic."""
    fields = {"interval": STEP, "count": 5, **more}
    readings = [reading(name, seconds, **fields) for name in sensors or SENSORS]
    return message(*readings, device_id=device)


def folded(
    *messages: bytes, packed: bytes | None = None, road: Road = ROAD, first: int = 1
) -> bytes:
    """The state after *messages*, by the fold for any traffic."""
    state = unpack(packed)
    fold(state, decoded(*messages, first=first), road, POLICY)
    return pack(state)


def decoded(*messages: bytes, first: int = 1) -> Any:
    return decode_batch(records(*messages, first=first), START)["s"].messages


CALM = folded(*(said(s) for s in range(0, 40, STEP)))
SCORED = folded(*(said(s, congestion_score=12.3) for s in range(0, 40, STEP)))
COVERED = folded(*(said(s, occupancy=0.05) for s in range(0, 40, STEP)))


def by_calm_fold(
    packed: bytes | None, *messages: bytes, road: Road = ROAD, first: int = 9
) -> tuple[FoldResult, PackedState] | None:
    """What the calm fold makes of *messages*, checked against the other fold."""
    stored = load(packed)
    parts = decoded(*messages, first=first)
    result = fold_if_calm(stored, parts, road, POLICY)
    if result is None:
        return None
    state = unpack(packed)
    assert result == fold(state, parts, road, POLICY)
    assert unpack(encode(stored)) == unpack(pack(state))
    as_written = msgspec.msgpack.decode(encode(stored))
    assert as_written[4:] == msgspec.msgpack.decode(pack(state))[4:]
    return result, stored


def accepted(found: tuple[FoldResult, PackedState] | None) -> int | None:
    return found and found[0].accepted


@pytest.mark.parametrize("stored", [CALM, SCORED, COVERED])
def test_what_follows_without_a_gap_needs_no_working_state(stored: bytes) -> None:
    more = {SCORED: {"congestion_score": 3.25}, COVERED: {"occupancy": 0.1}}
    batch = [said(s, **more.get(stored, {})) for s in range(40, 160, STEP)]

    assert accepted(by_calm_fold(stored, *batch)) == 36


def test_an_empty_road_is_calm() -> None:
    empty = [said(40, count=0, speed=None), said(50, count=0, speed=0)]

    assert accepted(by_calm_fold(CALM, *empty)) == 6


def test_a_sensor_that_lags_behind_is_calm_even_in_the_minute_before() -> None:
    behind = [said(50, "a", "b"), said(60, "a", "b"), said(50, "c")]

    assert accepted(by_calm_fold(CALM, said(40), *behind)) == 8


def test_a_sensor_that_lags_behind_may_be_the_first_of_the_minute_before() -> None:
    assert accepted(by_calm_fold(CALM, said(120, "b"), said(60, "a"))) == 2


def test_lost_readings_are_remembered_as_missing() -> None:
    """Also if the next reading comes in a later batch."""
    found = by_calm_fold(CALM, said(50), said(60, "a"), said(80, "a"))
    assert found is not None
    later = by_calm_fold(encode(found[1]), said(90, "a"))

    assert later is not None
    sensor = unpack(encode(later[1])).sensors["a"]
    instants = range(START, START + 90_001, STEP * 1000)
    missing = [(at - START) // 1000 for at in instants if sensor.is_missing(at)]
    assert missing == [40, 70]


def test_what_a_sensor_repeats_is_only_counted() -> None:
    found = by_calm_fold(
        CALM, said(30), said(40), said(40, count=6), said(30, "a", speed=90), said(50)
    )

    assert found is None  # of an instant before the newest
    found = by_calm_fold(CALM, said(30), said(40), said(40, count=6), said(50))
    assert found is not None
    assert (found[0].duplicate, found[0].stale) == (3, 3)


def test_what_was_delivered_again_is_only_counted() -> None:
    found = by_calm_fold(CALM, said(30), first=4)

    assert found is not None
    assert (found[0].redelivered, found[0].accepted) == (3, 0)
    assert encode(found[1]) == CALM


def test_impossible_readings_are_rejected_and_leave_the_others_calm() -> None:
    found = by_calm_fold(CALM, said(40), said(50, "b", count=5_000), said(50, "a"))

    assert found is not None
    ((_, fault),) = found[0].rejected
    assert (fault.reason, found[0].accepted) == ("impossible_flow", 4)


def test_a_part_of_the_sensors_may_report() -> None:
    assert (
        accepted(by_calm_fold(CALM, said(40, "b"), said(50, "c", occupancy=0.1))) == 2
    )


def test_sensors_that_fell_silent_long_ago_stay_as_they_are() -> None:
    """Other traffic is folded reading by reading; then the segment is calm again."""
    stored = folded(*(said(s, "a", "b") for s in range(40, 200, STEP)), packed=CALM)

    assert accepted(by_calm_fold(stored, said(200, "a", "b"), said(250, "a"))) == 3
    assert by_calm_fold(stored, said(200, "c")) is None


@pytest.mark.parametrize(
    "other",
    [
        said(40, "new"),
        said(40, device="another"),
        said(40, interval=20),
        said(40, speed=20.0),
        said(40, speed=None),
        said(40, count=None, speed=90),
        said(40, congestion_score=1),
        said(40, occupancy=0.3),
        said(20),
        said(200),
        said(40, timestamp="2027-01-15T08:00:40Z"),
        said(40, timestamp="2027-01-15T08:00:40Z", count=5_000),
        message(reading("a", 40, count=5, interval=STEP), device_id="u", received=-30),
        said(HOUR),
    ],
)
def test_anything_else_needs_a_working_state(other: bytes) -> None:
    assert by_calm_fold(CALM, other) is None


def test_a_device_beside_the_first_needs_a_working_state() -> None:
    assert by_calm_fold(CALM, said(40), said(50, device="another")) is None


def test_an_instant_may_be_too_old_for_the_next_message() -> None:
    late = message(reading("b", 40, interval=STEP), device_id="u", received=25 * HOUR)

    assert by_calm_fold(CALM, said(40, "a"), late) is None


def test_a_score_near_the_threshold_needs_a_working_state() -> None:
    high = folded(said(0, congestion_score=60), packed=None)

    assert by_calm_fold(SCORED, said(40, congestion_score=50)) is None
    assert by_calm_fold(SCORED, said(40)) is None
    assert by_calm_fold(high, said(10, congestion_score=5)) is None


def test_sensors_of_which_only_some_report_a_score_need_a_working_state() -> None:
    mixed = folded(said(40, "a", congestion_score=7), packed=CALM)

    assert by_calm_fold(mixed, said(50, "a", congestion_score=7)) is None


def test_a_segment_without_sensors_or_with_a_jam_needs_a_working_state() -> None:
    jam = folded(*(said(s, speed=9.0) for s in range(40, 80, STEP)), packed=CALM)

    assert by_calm_fold(None, said(0)) is None
    assert by_calm_fold(jam, said(80)) is None


def test_a_sensor_that_lags_too_far_behind_needs_a_working_state() -> None:
    ahead = [said(110, "b"), said(170, "b")]

    assert by_calm_fold(CALM, said(120, "b"), said(40, "a")) is None  # a late minute
    assert accepted(by_calm_fold(CALM, *ahead, said(80, "a"))) == 3
    assert by_calm_fold(CALM, *ahead, said(70, "a")) is None  # stale at once


def test_what_is_repeated_after_a_day_needs_a_working_state() -> None:
    again = message(reading("a", 30, interval=STEP), device_id="u", received=25 * HOUR)

    assert by_calm_fold(CALM, again) is None


def test_an_impossible_reading_of_another_interval_needs_a_working_state() -> None:
    assert by_calm_fold(CALM, said(40), said(50, count=5_000, interval=20)) is None


def test_what_repeats_a_reading_of_the_same_batch_is_compared_with_it() -> None:
    found = by_calm_fold(CALM, said(40, count=7), said(40, count=7))

    assert found is not None
    assert (found[0].duplicate, found[0].stale) == (3, 0)


def test_a_minute_that_opens_with_a_longer_interval_needs_a_working_state() -> None:
    """Live sums then decay more slowly."""
    longer = folded(said(40, interval=300), packed=CALM)

    assert accepted(by_calm_fold(longer, said(50, interval=300))) == 3
    assert by_calm_fold(longer, said(60, interval=300)) is None


def test_covered_detectors_need_a_working_state_even_in_free_traffic() -> None:
    """A queue may stand on them, once no vehicle passes."""
    covered = folded(*(said(s, occupancy=0.5) for s in range(0, 40, STEP)))

    assert by_calm_fold(covered, said(40, occupancy=0.1)) is None


def test_a_reading_as_old_as_one_can_be_is_calm_and_an_older_one_is_not() -> None:
    latest = max(STALE_AFTER_MS, STALE_AFTER_INTERVALS * STEP * 1000) // 1000
    others = [said(s, "b", "c") for s in range(40, 30 + latest, STEP)]

    assert accepted(by_calm_fold(CALM, *others, said(30 + latest, "a"))) is not None
    assert by_calm_fold(CALM, *others, said(30.5 + latest, "a")) is None


def test_a_minute_that_makes_a_sensor_stale_needs_a_working_state() -> None:
    batch = [said(s, "a") for s in range(40, 190, STEP)]

    assert by_calm_fold(CALM, *batch) is None


def test_without_a_free_flow_speed_no_speed_is_low() -> None:
    stored = folded(said(0), said(10), road=NO_FREE_FLOW)

    assert accepted(by_calm_fold(stored, said(20, speed=20.0), road=NO_FREE_FLOW)) == 3
