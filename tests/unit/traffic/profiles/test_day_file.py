"""A finished day becomes 144 bytes a segment, the same each time."""

from __future__ import annotations

from datetime import date

import pytest

from traffic.profiles.bins import DayBins
from traffic.profiles.day_file import ActiveBottleneck, DayFile, day_file, pack, unpack
from traffic.profiles.day_records import (
    RECORD_BYTES,
    UNKNOWN,
    lows_of,
    medians_of,
    quiet_of,
    record_of,
)
from traffic.profiles.local_days import local_day

from .builders import BERLIN, MONDAY, bins

DAY = local_day(MONDAY, BERLIN)


def test_the_mean_of_ten_minutes_weighs_each_vehicle_by_its_time() -> None:
    two = DayBins(2)
    two.add(0, 30, 60.0, 1800.0)
    two.add(1, 10, 20.0, 600.0)

    assert two.speeds() == [pytest.approx(60), pytest.approx(20)]
    assert two.speeds(each=2) == [pytest.approx(40)]
    assert two.flows() == [1800, 600]


def test_an_empty_road_has_no_speed_and_a_standing_queue_the_speed_0() -> None:
    three = DayBins(3)
    three.add(0, 0, None, 0.0)
    three.add(1, 0, 0.0, 0.0)
    three.add(2, 0, 0.0, 0.0)
    three.add(2, 4, 12.0, 240.0)

    assert three.speeds() == [None, 0.0, pytest.approx(12)]
    assert three.flows() == [0, 0, 120]


def test_a_speed_without_a_count_is_a_vehicle() -> None:
    one = DayBins(1)
    one.add(0, 0, 50.0, None)

    assert one.speeds() == [pytest.approx(50)]
    assert one.flows() == [None]


def test_a_record_has_medians_lows_and_quiet_hours() -> None:
    record = record_of(bins(MONDAY, {8: 20, 22: 70}), DAY)

    assert len(record) == RECORD_BYTES == 144
    assert medians_of(record) == bytes(
        [60] * 16 + [20] * 2 + [60] * 26 + [70] * 2 + [60] * 2
    )
    assert lows_of(record)[16] == 20
    assert sorted(quiet_of(record)) == [60] * 42 + [70] * 6


def test_the_low_is_the_lowest_ten_minutes_of_the_half_hour() -> None:
    filled = bins(MONDAY, {})
    filled.add(8 * 12 + 2, 90, 10.0, None)  # in 8:10 to 8:20

    record = record_of(filled, DAY)

    assert medians_of(record)[16] == 60
    assert lows_of(record)[16] == 12
    assert lows_of(record)[17] == 60


def test_a_day_of_23_hours_leaves_two_half_hours_unknown() -> None:
    spring = date(2026, 3, 29)

    record = record_of(bins(spring, {}), local_day(spring, BERLIN))

    assert [n for n, mid in enumerate(medians_of(record)) if mid == UNKNOWN] == [4, 5]
    assert len(record) == RECORD_BYTES


def test_a_day_of_25_hours_fits_as_well() -> None:
    autumn = date(2026, 10, 25)

    assert len(record_of(bins(autumn, {}), local_day(autumn, BERLIN))) == RECORD_BYTES


def test_the_order_of_segments_and_bottlenecks_does_not_change_a_byte() -> None:
    jams = [
        ActiveBottleneck("A", "morning", 60, 90.0, 12.5),
        ActiveBottleneck("B", "morning", 30, 9.0, 2.5),
    ]
    both = {"A": bins(MONDAY, {}), "B": bins(MONDAY, {7: 30})}
    swapped = dict(reversed(both.items()))

    packed = pack(day_file(DAY, both, jams))

    assert packed == pack(day_file(DAY, swapped, jams[::-1]))
    assert unpack(packed).jams == jams
    assert unpack(packed).day == MONDAY


@pytest.mark.parametrize("packed", [b"", b"\xc0", b"\x92\x01\xc0"])
def test_what_is_no_day_file_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="day file"):
        unpack(packed)


def test_a_day_file_of_another_layout_or_length_is_refused() -> None:
    packed = pack(day_file(DAY, {"A": bins(MONDAY, {})}, []))

    with pytest.raises(ValueError, match="day file: Invalid value 2"):
        unpack(packed.replace(b"\x94\x01", b"\x94\x02", 1))
    for length, fault in ((143, ">= 144"), (145, "<= 144")):
        with pytest.raises(ValueError, match=f"`bytes` of length {fault}"):
            unpack(pack(DayFile(MONDAY, {"A": bytes(length)}, [])))
