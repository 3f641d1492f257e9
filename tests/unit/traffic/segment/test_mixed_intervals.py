"""Sensors of one segment that report at different times, and at different intervals."""

from __future__ import annotations

import pytest

from traffic.model import StoredSegment

from .builders import ROAD, Told, message, reading, records, tell
from .test_order import Street

JAM = {"count": 12, "speed": 10.0}
JAM_S = 600


def jam_beside(empty: list[dict[str, object]], **jam: object) -> Told:
    """A jam that lane `a` reports each minute, beside readings of an empty lane."""
    said = [reading("a", s, **{**JAM, **jam}) for s in range(0, JAM_S, 60)]
    said += empty
    said.sort(key=lambda one: one["timestamp"])
    return tell(Told(), records(*map(message, said)))


@pytest.mark.parametrize("later_s", [0, 30, 47, 49, 55])
def test_a_jam_is_seen_whenever_in_a_minute_the_empty_lane_reports(
    later_s: int,
) -> None:
    times = range(later_s, JAM_S, 60)

    told = jam_beside([reading("b", s, count=0, speed=None) for s in times])

    assert told.transitions == [("opened", "severe", 60)]
    assert told.live["congestion_score"] == 90.0


def test_a_jam_is_seen_beside_an_empty_lane_that_reports_each_second() -> None:
    told = jam_beside(
        [reading("b", s, count=0, speed=None, interval=1) for s in range(1, JAM_S)]
    )

    assert told.transitions == [("opened", "severe", 60)]
    assert told.live["congestion_score"] == 90.0


def test_a_jam_of_probes_is_seen_beside_an_empty_lane() -> None:
    times = range(49, JAM_S, 60)

    told = jam_beside([reading("b", s, count=0, speed=None) for s in times], count=None)

    assert told.transitions == [("opened", "severe", 60)]


def test_a_clock_that_is_fast_does_not_hide_a_jam() -> None:
    times = range(55, JAM_S, 60)
    empty = [message(reading("b", s, count=0), received=s - 55) for s in times]
    jam = [message(reading("a", s, **JAM), received=s) for s in range(0, JAM_S, 60)]
    stored = StoredSegment("s", road=ROAD, suspects=frozenset({"b"}))

    told = tell(
        Told(stored=stored),
        records(*(one for pair in zip(jam, empty, strict=True) for one in pair)),
    )

    assert [kind for kind, _, _ in told.transitions] == ["opened"]
    assert told.live["speed"] == 10.0


def test_vehicles_pass_no_longer_once_their_sensor_counts_none() -> None:
    told = jam_beside(
        [reading("a", JAM_S, count=0, speed=None, occupancy=1.0)], occupancy=0.9
    )

    assert told.live["speed"] == 0.0


@pytest.mark.parametrize("start_s", range(0, 70, 10))
def test_a_red_light_is_no_jam_wherever_in_it_the_first_reading_comes(
    start_s: int,
) -> None:
    """A loop at the stop line: covered for 70 of 120 s, then a vehicle each 2 s."""
    said = []
    for second in range(start_s, start_s + 900):
        is_red = second % 120 < 70
        count = 0 if is_red or second % 2 else 1
        said.append(
            reading(
                seconds=second,
                count=count,
                speed=60.0 if count else None,
                occupancy=1.0 if is_red else 0.4,
                interval=1,
            )
        )

    told = tell(Told(), records(*map(message, said)))

    assert told.transitions == []


def test_a_queue_that_stands_from_the_first_minute_is_a_jam() -> None:
    said = [
        reading(seconds=s, count=0, speed=None, occupancy=1.0) for s in (0, 60, 120)
    ]

    told = tell(Told(), records(*map(message, said)))

    assert told.transitions == [("opened", "severe", 60)]


def test_an_empty_road_is_free_from_its_first_reading() -> None:
    told = tell(Told(), records(message(reading(count=0, speed=None, interval=1))))

    assert told.live["congestion_score"] == 0.0


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_a_buffer_is_counted_though_its_sensor_reports_more_rarely_now(
    is_newest_first: bool,
) -> None:
    """Each minute, then an hour of outage, then each quarter of an hour."""
    street = Street()
    street.deliver(0)
    street.deliver_all([60, 75], interval=900)
    buffer = sorted(range(1, 60), reverse=is_newest_first)

    assert street.deliver_all(buffer, received=75) == ["accepted"] * 59
    assert street.deliver_all(buffer, received=75) == ["duplicate"] * 59
