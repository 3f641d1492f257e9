"""The tables of a city on this machine, and the read units that its reads would take.

Read units are calculated from the sizes of the items by DynamoDB's published rules: a
page of a scan is at most 1 MB, rounded up to 4 KB, half a unit for each since the read
is eventually consistent; what is projected does not matter.
"""

from __future__ import annotations

import math
import random
from threading import Lock
from typing import Any

from botocore.config import Config

from bench.handler import SHAPES
from bench.segments import Item, item_bytes, stored_items
from bench.wire import Wire
from traffic.aws import dynamodb as aws_dynamodb
from traffic.live_map.aws import PARALLEL_SCANS
from traffic.model import Road, StoredSegment
from traffic.segment.rows import history_row
from traffic.segment.windows import Window, sum_readings

NOW_MS = 1_795_372_320_000
PAST_ROAD = Road(district="West Los Angeles", lanes=5, free_flow_speed=105.0)
PAST_MINUTE = 29_922_752  # two hours before the viewer's present
PAGE_BYTES = 1_048_576
UNIT_BYTES = 4_096
LINE_POINTS = 56


class CannedTable:
    """The answers of a table of these items.

    *past* are rows of history, of one minute. Counts the units of all calls.
    """

    def __init__(self, stored: list[Item], past: list[Item]) -> None:
        self.stored = stored
        self.past = past
        self.units = 0.0
        self._lock = Lock()
        self.wire = Wire(self._answer, Config(parameter_validation=False))

    def _answer(self, _operation: str, asked: Any) -> Any:
        first, step = asked.get("Segment", 0), PARALLEL_SCANS
        hour = asked.get("ExpressionAttributeValues", {}).get(":hour")
        part = self.stored[first::step] if "Segment" in asked else []
        if hour is not None:
            part = [row for row in self.past if row["hour"] == hour]
        cost = max(0.5, units([item_bytes(item) for item in part]))
        names = asked["ExpressionAttributeNames"].values()
        items = [{n: item[n] for n in names if n in item} for item in part]
        with self._lock:
            self.units += cost
        return {"Items": items}


def units(sizes: list[int]) -> float:
    """Read units of a scan over items of these sizes (bytes)."""
    pages, page = 0.0, 0
    for size in sizes:
        page += size
        if page >= PAGE_BYTES:
            pages += math.ceil(page / UNIT_BYTES)
            page = 0
    return (pages + math.ceil(page / UNIT_BYTES)) / 2


def city(segments: int) -> list[Item]:
    """The items of segments of ten sensors each, as the processor stores them."""
    some = list(stored_items(SHAPES["messages of 1"]).values())
    chance = random.Random(segments)  # noqa: S311 - traffic, no secret
    items = [{**some[n % len(some)], **_road(n, chance)} for n in range(segments)]
    change(items, NOW_MS, chance)
    return items


def change(stored: list[Item], now_ms: int, chance: random.Random) -> None:
    """Let other traffic flow on these segments, with the digits that are stored."""
    for item in stored:
        ratio = min(1.1, max(0.02, chance.gauss(0.8, 0.25)))
        updated_ms = now_ms - chance.randrange(2_000)
        values = {
            "speed": round(105 * ratio, 1),
            "flow": chance.randrange(9_000),
            "congestion_score": round(max(0.0, 100 * (1 - ratio)), 1),
            "speed_ratio": round(ratio, 3),
            "travel_time_index": round(1 / ratio, 2),
            "level_of_service": chance.choice("ABCDEF"),
            "updated_at": updated_ms,
            "observed_at": updated_ms - chance.randrange(1_500),
        }
        item.update(aws_dynamodb.attributes(values))


def _road(number: int, chance: random.Random) -> Item:
    """What differs from road to road, so that nothing is zipped too well."""
    line = "".join(chr(63 + chance.randrange(61)) for _ in range(LINE_POINTS))
    return aws_dynamodb.attributes(
        {
            "segment_id": segment_id(number),
            "name": f"San Diego Freeway, northbound at exit {number}",
            "latitude": round(34 + chance.random(), 5),
            "longitude": round(-118 - chance.random(), 5),
            "line": line,
        }
    )


def segment_id(number: int) -> str:
    """The id of a segment, in the order of numbers."""
    return f"I-405-N.{number:05}"


def history(stored: list[Item]) -> list[Item]:
    """The rows of these segments in one minute, as the processor stores them."""
    rows = []
    for number, item in enumerate(stored):
        speed = 20.0 + number % 97
        readings = [(12, speed + n / 7, 0.1, 10_000, 300, 0.0) for n in range(60)]
        window = Window(len(readings), sums=sum_readings(readings))
        one = StoredSegment(item["segment_id"]["S"], road=PAST_ROAD)
        rows.append(aws_dynamodb.attributes(history_row(one, PAST_MINUTE, window, 90)))
    return rows
