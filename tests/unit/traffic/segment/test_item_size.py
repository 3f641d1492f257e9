"""A write of a segment costs one unit: its item stays under 1 KB."""

from __future__ import annotations

from typing import Any

from bench.segments import LINE, item_bytes
from traffic.aws import dynamodb, segment_items
from traffic.model import StoredSegment

from .builders import ROAD, Told, message, reading, records, tell, tell_all

WRITE_UNIT = 1024
SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
STATIC = {
    "name": "San Diego Freeway northbound at Wilshire",
    "district": "West Los Angeles",
    "latitude": 34.05214,
    "longitude": -118.44782,
    "line": LINE,
    "lanes": 5,
    "length_m": 812.5,
    "free_flow_speed": 104.6,
}


def said(seconds: float, sensors: int, speed: float, interval: int = 30) -> bytes:
    """All sensors of a segment at once, with every field and all its digits."""
    return message(
        *(
            reading(
                f"717{i:03}-lane-{i % 5}",
                seconds,
                count=23 + i,
                speed=speed + i / 9,
                occupancy=0.123 + i / 101,
                interval=interval,
            )
            for i in range(sensors)
        ),
        received=seconds + 2,
    )


def day_with_a_jam(sensors: int) -> Told:
    """A day of readings every 5 minutes, its last quarter of an hour a severe jam."""
    free = [said(s, sensors, 98.7, interval=300) for s in range(0, 86_400, 300)]
    jam = [said(86_400 + s, sensors, 7.6) for s in range(0, 900, 30)]
    segment = StoredSegment("US-101-northbound:717462", road=ROAD)
    stream = records(*free, *jam, first=SEQUENCE)
    for one in stream:
        one["kinesis"]["partitionKey"] = "s"
    return tell_all([[one] for one in stream], Told(stored=segment))


def item_of(told: Told) -> dict[str, Any]:
    """The item as it stands once its events are sent."""
    present, _ = segment_items.changes(told.last)
    present.pop("outbox", None)
    key = {"segment_id": told.stored.segment_id}
    return dynamodb.attributes({**key, **STATIC, **present})


def test_a_segment_of_ten_sensors_in_a_jam_fits_in_one_write_unit() -> None:
    told = day_with_a_jam(sensors=10)

    assert told.live["alert_level"] == "severe"
    assert told.live["sensors_reporting"] == 1.0
    assert item_bytes(item_of(told)) <= WRITE_UNIT


def test_a_reading_more_does_not_make_the_item_grow() -> None:
    told = day_with_a_jam(sensors=10)
    later = tell(told, records(said(87_300, 10, 7.6), first=SEQUENCE + 10_000))

    grown = item_bytes(item_of(later)) - item_bytes(item_of(told))
    assert grown <= 8  # a digit more here, a new minute's sums shorter there


def test_sizes_are_counted_as_dynamodb_counts_them() -> None:
    """Names and texts in UTF-8 bytes; a number has a byte for two digits, and one."""
    assert item_bytes({"a": {"S": "é"}}) == 1 + 2
    assert item_bytes({"ab": {"B": b"123"}}) == 2 + 3
    assert item_bytes({"n": {"N": "0"}}) == 1 + 2
    assert item_bytes({"n": {"N": "1200"}}) == 1 + 2
    assert item_bytes({"n": {"N": "34.05214"}}) == 1 + 5
    assert item_bytes({"n": {"N": "-118.44782"}}) == 1 + 6
